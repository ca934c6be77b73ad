using BenchmarkDotNet.Attributes;
using CrossModal.Kernels;
using CrossModal.Kernels.Cpu;

namespace CrossModal.Benchmarks;

/// <summary>Square products, and the generator's first layer in its three forms.</summary>
public class MatrixProductBenchmarks
{
    private CpuBackend _backend = null!;
    private DeviceArray _a, _b, _c;

    public sealed record Case(string Name, MatrixProductGeometry Geometry) : ICountedWork
    {
        public long Operations => Geometry.Operations;

        public long Bytes =>
            (long)Geometry.Batch * ((long)Geometry.M * Geometry.K + (long)Geometry.K * Geometry.N + (long)Geometry.M * Geometry.N)
            * sizeof(float);

        public override string ToString() => Name;
    }

    [ParamsSource(nameof(Cases))]
    public Case Shape { get; set; } = null!;

    public static IEnumerable<Case> Cases =>
    [
        new("256 cubed", new(1, 256, 256, 256, false, false)),
        new("1024 cubed", new(1, 1024, 1024, 1024, false, false)),
        new("1024 cubed, B transposed", new(1, 1024, 1024, 1024, false, true)),
        new("1024 cubed, A transposed", new(1, 1024, 1024, 1024, true, false)),
        new("64 of 64 cubed", new(64, 64, 64, 64, false, false)),
        new("G0 64x74 to 8192", new(1, 64, 8192, 74, false, true)),
        new("G0 input gradient", new(1, 64, 74, 8192, false, false)),
        new("G0 weight gradient", new(1, 8192, 74, 64, true, false)),
    ];

    /// <summary>Before any time is taken: single elements against sums in float64.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var g = Shape.Geometry;
        _backend = new CpuBackend();
        var arrays = new BenchmarkArrays(_backend);
        (_a, _b, _c) = (arrays.Make((long)g.Batch * g.M * g.K), arrays.Make((long)g.Batch * g.K * g.N),
            arrays.Make((long)g.Batch * g.M * g.N));
        Product();
        var random = new CountedRandom(1);
        for (var i = 0; i < 200; i++)
        {
            int batch = random.NextInt(g.Batch), m = random.NextInt(g.M), n = random.NextInt(g.N);
            var sum = 0.0;
            for (var k = 0; k < g.K; k++)
            {
                var a = _a.Span<float>()[batch * g.M * g.K + (g.TransposeA ? k * g.M + m : m * g.K + k)];
                var b = _b.Span<float>()[batch * g.K * g.N + (g.TransposeB ? n * g.K + k : k * g.N + n)];
                sum += (double)a * b;
            }

            if (Math.Abs(sum - _c.Span<float>()[(batch * g.M + m) * g.N + n]) > 1e-5 * g.K)
                throw new InvalidOperationException($"{Shape}: element [{batch}, {m}, {n}] is wrong");
        }
    }

    [GlobalCleanup]
    public void Dispose() => _backend.Dispose();

    [Benchmark]
    public void Product() => _backend.MatrixProduct(Shape.Geometry, _a, _b, _c);
}
