using BenchmarkDotNet.Attributes;
using CrossModal.Benchmarks;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Verification;

namespace CrossModal.Benchmarks;

/// <summary>
/// Every primitive that a sound-to-image step of preset <c>paper</c> is made of, at batch 64: the rows of <c>bench kernels</c>.
/// </summary>
public class StepKernelBenchmarks
{
    private static readonly ModelConfiguration Model = new();

    private Device _device = null!;
    private KernelArrays _arrays = null!;

    /// <param name="Index">Among the kernels of the step.</param>
    public sealed record Case(int Index, KernelCase Kernel) : ICountedWork
    {
        public long Operations => Kernel.Operations;

        public long Bytes => Kernel.Bytes;

        public override string ToString() => $"{Kernel.Family}: {Kernel.Name}";
    }

    [ParamsSource(nameof(Cases))]
    public Case Kernel { get; set; } = null!;

    public static IEnumerable<Case> Cases => StepKernels.Of(Model, KernelBenchmark.PaperBatch).Select((kernel, i) => new Case(i, kernel));

    /// <summary>Before any time is taken the answer is held against the plain loops, as <c>bench kernels</c> does.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _device = Device.Open("cpu");
        using (var measurement = new KernelMeasurement(_device))
        {
            if (measurement.Run(Kernel.Kernel, StepKernels.Of(Model, 1)[Kernel.Index], time: false).Failure is { } failure)
                throw new InvalidOperationException(failure);
        }

        _arrays = new KernelArrays(_device.Backend, Kernel.Kernel, KernelArrays.Draw(_device.Backend, Kernel.Kernel));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _arrays.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void Run() => _arrays.Run();
}
