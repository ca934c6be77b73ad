using BenchmarkDotNet.Attributes;
using CrossModal.Kernels.Cpu;
using CrossModal.Tensors;
using CrossModal.Verification;

namespace CrossModal.Benchmarks;

/// <summary>
/// Every primitive that a sound-to-image step of preset <c>paper</c> is made of, at batch 64: the rows of <c>bench kernels</c>.
/// </summary>
public class StepKernelBenchmarks
{
    private Device _device = null!;
    private RecordedCase _recorded = null!;

    /// <param name="Small">The same at one pair, which the plain loops can check.</param>
    public sealed record Row(OpCase Case, OpCase Small) : ICountedWork
    {
        private readonly Lazy<long> _bytes = new(() =>
        {
            using var device = Device.Open("cpu");
            using var recorded = new RecordedCase(Case, device);
            return recorded.Bytes;
        });

        public long Operations => Case.Operations;

        public long Bytes => _bytes.Value;

        public override string ToString() => Case.ToString();
    }

    [ParamsSource(nameof(Kernels))]
    public Row Kernel { get; set; } = null!;

    public virtual IEnumerable<Row> Kernels =>
        OpCases.OfStep(new StepSizes()).Zip(OpCases.OfStep(new StepSizes { Batch = 1 }), (opCase, small) => new Row(opCase, small));

    /// <summary>Before any time is taken the answer is held against the plain loops, as <c>bench kernels</c> does.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _device = new Device(OpenBackend());
        using (var measurement = new KernelMeasurement(_device))
        {
            if (measurement.Run(Kernel.Case, Kernel.Small, time: false).Failure is { } failure)
                throw new InvalidOperationException(failure);
        }

        _recorded = new RecordedCase(Kernel.Case, _device);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _recorded.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void Run() => _recorded.Run();

    private protected virtual CpuBackend OpenBackend() => new();
}

/// <summary>The convolutions by the direct product, which Winograd's forms are held against.</summary>
public class DirectConvolutionBenchmarks : StepKernelBenchmarks
{
    public override IEnumerable<Row> Kernels => base.Kernels.Where(row => row.Case.Family == "convolution");

    private protected override CpuBackend OpenBackend() => new() { WinogradOutputs = 0 };
}

/// <summary>The 3×3 convolutions of a GAN of residual blocks, at batch 64.</summary>
public class KernelThreeBenchmarks : StepKernelBenchmarks
{
    public override IEnumerable<Row> Kernels =>
        OpCases.OfKernelThree(64).Zip(OpCases.OfKernelThree(1), (opCase, small) => new Row(opCase, small));
}

/// <summary>The same by the direct product.</summary>
public class DirectKernelThreeBenchmarks : KernelThreeBenchmarks
{
    private protected override CpuBackend OpenBackend() => new() { WinogradOutputs = 0 };
}
