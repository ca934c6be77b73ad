using CrossModal.Kernels.Cpu;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests;

/// <summary>
/// Convolutions by tiles on arrays of bfloat16: points are rounded before they are multiplied, which errs more than rounding pixels and
/// taps; all ways to multiply them give the same bits.
/// </summary>
public class WinogradBFloat16Tests
{
    private const ElementType Wide = ElementType.Float32, Narrow = ElementType.BFloat16;

    private static readonly ConvolutionGeometry[] Geometries =
    [
        WinogradTests.Halving(2, 8, 8, 16, 32),
        WinogradTests.Halving(3, 8, 8, 48, 16),      // a depth that is no whole vector of pairs
        WinogradTests.Halving(2, 12, 20, 16, 64),    // tiles that reach over the edge
        WinogradTests.Halving(7, 2, 4, 64, 16),      // an image smaller than a tile
        WinogradTests.Halving(40, 32, 32, 16, 16),   // several blocks of tiles, several slices of the weight gradient
        WinogradTests.Halving(1, 8, 8, 144, 208),    // more depth than a panel has
        WinogradTests.Three(2, 7, 5, 32, 48),
        WinogradTests.Three(2, 6, 9, 16, 32, padding: 2),
        WinogradTests.Three(1, 56, 44, 16, 32),      // a picture of more tiles than a task takes
        WinogradTests.Three(1, 8, 8, 144, 208),
    ];

    /// <summary>Ways to compute: by pairs, or by the float32 kernel of each vector path that has tiles.</summary>
    public static TheoryData<string, string, int> Ways => new(
        from path in Enum.GetValues<BFloat16Path>()
        from vectors in path == BFloat16Path.Float32 ? [VectorPath.Avx2, VectorPath.Avx512] : new[] { VectorPaths.Best }
        from outputs in new[] { 2, 4 }
        select (path.ToString(), vectors.ToString(), outputs));

    /// <summary>Beside the exact sums of rounded factors, in the root of the mean square.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public void ErrsLittleMoreThanRoundedFactors(string path, string vectors, int outputs)
    {
        using var cpu = Open(path, vectors, outputs, 2);
        using var reference = new WideningBackend(new ReferenceBackend());
        var largest = new Dictionary<(int Kernel, int Form), double>();
        foreach (var geometry in Geometries)
        {
            for (var form = 0; form < 3; form++)
            {
                foreach (var types in TypesOf(form))
                {
                    double error = 0, size = 0;
                    foreach (var (actual, expected) in Result(cpu, geometry, form, types).Zip(Result(reference, geometry, form, types)))
                    {
                        error += ((double)actual - expected) * ((double)actual - expected);
                        size += (double)expected * expected;
                    }

                    largest[(geometry.KernelHeight, form)] =
                        Math.Max(largest.GetValueOrDefault((geometry.KernelHeight, form)), Math.Sqrt(error / size));
                }
            }
        }

        // A factor is rounded by 2⁻⁹ of itself in the mean, and the transforms let that grow: more so, the more points there are.
        double Bound(int kernel) => (outputs, kernel) switch { (2, _) => 0.006, (_, 4) => 0.009, _ => 0.014 };
        Assert.All(largest, found => Assert.True(found.Value < Bound(found.Key.Kernel), $"{path} {vectors} F({outputs}) {found}"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void EveryWayAndAnyNumberOfThreadsGiveTheSameBits(string path, string vectors, int outputs)
    {
        using var one = Open(nameof(BFloat16Path.Portable), VectorPaths.Best.ToString(), outputs, 1);
        using var cpu = Open(path, vectors, outputs, 3);
        foreach (var geometry in Geometries)
        {
            for (var form = 0; form < 3; form++)
            {
                foreach (var types in TypesOf(form))
                    Assert.Equal(Result(one, geometry, form, types), Result(cpu, geometry, form, types));
            }
        }
    }

    /// <summary>The same array may be read rounded and as it is.</summary>
    [Fact]
    public void KeptTapsAreToldApart()
    {
        using var cpu = Open(nameof(BFloat16Path.Float32), VectorPaths.Best.ToString(), 4, 2);
        using var arrays = new NarrowArrays(cpu);
        var g = WinogradTests.Halving(1, 8, 8, 32, 32);
        var random = new CountedRandom(3);
        var weight = arrays.Make(random, g.WeightCount, Wide);
        var (x, narrow) = (arrays.Make(random, g.InputCount, Wide), arrays.Make(random, g.InputCount, Narrow));
        var y = arrays.Make(random, g.OutputCount, Wide);
        float[] Value(DeviceArray input)
        {
            cpu.Convolution(g, input, weight, y);
            return arrays.Read(y);
        }

        var (plain, rounded) = (Value(x), Value(narrow));
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(plain, Value(x));
            Assert.Equal(rounded, Value(narrow));
        }
    }

    private static (ElementType A, ElementType B, ElementType C)[] TypesOf(int form) => form == 2
        ? [(Narrow, Narrow, Wide)] : [(Narrow, Wide, Narrow), (Narrow, Wide, Wide)];

    private static CpuBackend Open(string path, string vectors, int outputs, int threads)
    {
        var (wanted, vectorPath) = (Enum.Parse<BFloat16Path>(path), Enum.Parse<VectorPath>(vectors));
        Assert.SkipUnless(BFloat16Paths.Supports(wanted), "this processor has no vdpbf16ps, or the system lets no code be made");
        Assert.SkipUnless(VectorPaths.Supports(vectorPath) && vectorPath != VectorPath.Portable, $"this machine has no {vectors}");
        return new CpuBackend(threads, Precision.BFloat16) { BFloat16Path = wanted, VectorPath = vectorPath, WinogradOutputs = outputs };
    }

    /// <summary>Of random inputs that depend on the geometry alone.</summary>
    private static float[] Result(Backend backend, in ConvolutionGeometry geometry, int form,
        (ElementType A, ElementType B, ElementType C) types)
    {
        using var arrays = new NarrowArrays(backend);
        var (_, countA, countB, countC, product) = ConvolutionTests.Forms(geometry)[form];
        var random = new CountedRandom((ulong)(countA + 31 * countB));
        var (a, b, c) = (arrays.Make(random, countA, types.A), arrays.Make(random, countB, types.B), arrays.Make(random, countC, types.C));
        product(backend, a, b, c);
        return arrays.Read(c);
    }

    /// <summary>Arrays of random numbers in a backend's own float type, or in bfloat16.</summary>
    private sealed class NarrowArrays(Backend backend) : IDisposable
    {
        private readonly List<DeviceBuffer> _all = [];

        public DeviceArray Make(CountedRandom random, long count, ElementType type)
        {
            var element = type == Narrow ? Narrow : backend.FloatType;
            var buffer = backend.Memory.Allocate(count * element.Size(), "test");
            _all.Add(buffer);
            var array = new DeviceArray(buffer.Address, count, element);
            for (var i = 0; i < count; i++)
                Set(array, i, random.NextUniform(-1, 1));
            return array;
        }

        public float[] Read(DeviceArray array) => [.. Enumerable.Range(0, (int)array.Count).Select(i => Get(array, i))];

        public void Dispose() => _all.ForEach(backend.Memory.Release);

        private static unsafe float Get(DeviceArray array, int i) => array.Type switch
        {
            Narrow => array.BFloat16[i],
            Wide => array.Float32[i],
            _ => (float)array.Float64[i],
        };

        private static unsafe void Set(DeviceArray array, int i, float value)
        {
            switch (array.Type)
            {
                case Narrow:
                    array.BFloat16[i] = BFloat16.Round(value);
                    break;
                case Wide:
                    array.Float32[i] = value;
                    break;
                default:
                    array.Float64[i] = value;
                    break;
            }
        }
    }
}
