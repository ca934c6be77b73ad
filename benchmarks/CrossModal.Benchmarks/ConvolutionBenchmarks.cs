using BenchmarkDotNet.Attributes;
using CrossModal.Kernels;
using CrossModal.Kernels.Cpu;

namespace CrossModal.Benchmarks;

/// <summary>
/// The convolutions of one sound-to-image step at batch 64, in their three forms. The discriminator sees real, wrong and fake images
/// together.
/// </summary>
public class ConvolutionBenchmarks
{
    private CpuBackend _backend = null!;
    private DeviceArray _input, _weight, _output, _outputResult, _inputResult, _weightResult;

    /// <summary>How: as the sizes decide, or by the direct product that Winograd's forms are held against.</summary>
    public enum Algorithm
    {
        Chosen,
        Direct,
    }

    public sealed record Case(string Name, ConvolutionGeometry Geometry) : ICountedWork
    {
        public long Operations => Geometry.Operations;

        public long Bytes => (Geometry.InputCount + Geometry.WeightCount + Geometry.OutputCount) * sizeof(float);

        public override string ToString() => Name;
    }

    [ParamsSource(nameof(Cases))]
    public Case Shape { get; set; } = null!;

    [ParamsAllValues]
    public Algorithm By { get; set; }

    public static IEnumerable<Case> Cases =>
    [
        new("D1 192x64x64x3 to 64", new(192, 64, 64, 3, 64, 4, 4, 2, 2, 1, 1)),
        new("D2 192x32x32x64 to 128", new(192, 32, 32, 64, 128, 4, 4, 2, 2, 1, 1)),
        new("D3 192x16x16x128 to 256", new(192, 16, 16, 128, 256, 4, 4, 2, 2, 1, 1)),
        new("D4 192x8x8x256 to 512", new(192, 8, 8, 256, 512, 4, 4, 2, 2, 1, 1)),
        new("D5 192x4x4x576 to 512, 1x1", new(192, 4, 4, 576, 512, 1, 1)),
        new("D6 192x4x4x512 to 1, 4x4", new(192, 4, 4, 512, 1, 4, 4)),
        new("G1 64x8x8x256 from 512", new(64, 8, 8, 256, 512, 4, 4, 2, 2, 1, 1)),
        new("G2 64x16x16x128 from 256", new(64, 16, 16, 128, 256, 4, 4, 2, 2, 1, 1)),
        new("G3 64x32x32x64 from 128", new(64, 32, 32, 64, 128, 4, 4, 2, 2, 1, 1)),
        new("G4 64x64x64x3 from 64", new(64, 64, 64, 3, 64, 4, 4, 2, 2, 1, 1)),
        new("classifier 64x32x32x16 to 16, 3x3", new(64, 32, 32, 16, 16, 3, 3, 1, 1, 1, 1)),
        new("classifier 64x32x32x16 to 32, 3x3 by 2", new(64, 32, 32, 16, 32, 3, 3, 2, 2, 1, 1)),
    ];

    /// <summary>
    /// Before any time is taken: the three forms are adjoint, so ⟨x ⋆ w, y⟩ = ⟨x, input gradient⟩ = ⟨w, weight gradient⟩.
    /// </summary>
    [GlobalSetup]
    public void Prepare()
    {
        var g = Shape.Geometry;
        _backend = new CpuBackend { WinogradOutputs = By == Algorithm.Direct ? 0 : null };
        var arrays = new BenchmarkArrays(_backend);
        var weights = (long)g.OutputChannels * g.KernelHeight * g.KernelWidth * g.InputChannels;
        (_input, _weight, _output) = (arrays.Make(g.InputCount), arrays.Make(weights), arrays.Make(g.OutputCount));
        (_inputResult, _weightResult, _outputResult) = (arrays.Make(g.InputCount), arrays.Make(weights), arrays.Make(g.OutputCount));
        Value();
        InputGradient();
        WeightGradient();
        var (value, scale) = BenchmarkArrays.Dot(_outputResult, _output);
        var (input, _) = BenchmarkArrays.Dot(_input, _inputResult);
        var (weight, _) = BenchmarkArrays.Dot(_weight, _weightResult);
        if (Math.Max(Math.Abs(value - input), Math.Abs(value - weight)) > 3e-6 * scale)
            throw new InvalidOperationException($"{Shape}: the three forms disagree: {value}, {input}, {weight}");
    }

    [GlobalCleanup]
    public void Dispose() => _backend.Dispose();

    [Benchmark]
    public void Value() => _backend.Convolution(Shape.Geometry, _input, _weight, _outputResult);

    [Benchmark]
    public void InputGradient() => _backend.ConvolutionInputGradient(Shape.Geometry, _output, _weight, _inputResult);

    [Benchmark]
    public void WeightGradient() => _backend.ConvolutionWeightGradient(Shape.Geometry, _input, _output, _weightResult);
}
