using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

/// <summary>
/// Products of float32 and bfloat16 arrays in each role, computed in each way: with one factor of bfloat16 the other is rounded to it too.
/// </summary>
public class MatrixProductBFloat16Tests
{
    private const ElementType Wide = ElementType.Float32, Narrow = ElementType.BFloat16;

    /// <summary>Ways to compute: by pairs whatever the vectors, or by the float32 kernel of each.</summary>
    public static TheoryData<string, string> Ways => new(
        from path in Enum.GetValues<BFloat16Path>()
        from vectors in path == BFloat16Path.Float32 ? Enum.GetValues<VectorPath>() : [VectorPaths.Best]
        select (path.ToString(), vectors.ToString()));

    /// <summary>The types of A, B and C.</summary>
    private static readonly (ElementType A, ElementType B, ElementType C)[] Types =
        [(Narrow, Narrow, Narrow), (Narrow, Wide, Narrow), (Wide, Narrow, Wide), (Wide, Wide, Narrow), (Narrow, Narrow, Wide)];

    /// <summary>Sizes about the edges of tiles and blocks, odd depths, a cut depth, whole and few rows.</summary>
    private static readonly (int Batch, int M, int N, int K)[] Shapes =
    [
        (1, 1, 1, 1), (1, 12, 32, 5), (1, 13, 33, 7), (1, 11, 31, 257), (1, 24, 48, 256), (1, 3, 515, 19), (1, 64, 700, 74),
        (1, 5, 1, 40), (3, 4, 6, 5), (9, 17, 20, 11), (0, 5, 5, 5), (2, 0, 5, 5), (1, 5, 5, 0), (1, 33, 17, 4101), (1, 600, 40, 150),
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public void MatchesTheProductOfTheRoundedOperands(string path, string vectors)
    {
        using var cpu = Open(path, vectors, 2);
        for (var i = 0; i < Shapes.Length; i++)
        {
            var (batch, m, n, k) = Shapes[i];
            for (var form = 0; form < 4; form++)
            {
                var geometry = new MatrixProductGeometry(batch, m, n, k, (form & 1) != 0, (form & 2) != 0);
                var random = new CountedRandom((ulong)(4 * i + form));
                float[] a = Numbers(random, batch * m * k, 115, 128), b = Numbers(random, batch * k * n, 115, 128);
                var wide = Sums(geometry, a, b);
                var rounded = Sums(geometry, Rounded(a), Rounded(b));
                foreach (var types in Types)
                    Compare(cpu, geometry, types, a, b, types.A == Narrow || types.B == Narrow ? rounded : wide);
            }
        }
    }

    /// <summary>Also of denormal numbers, infinities and NaN, and at random shapes.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public void EveryWayGivesTheSameBits(string path, string vectors)
    {
        Assert.SkipUnless(FlushToZero.IsSupported || path == nameof(BFloat16Path.Portable), "denormal numbers cannot be flushed here");
        Assert.SkipWhen(vectors == nameof(VectorPath.Portable) && !Fma.IsSupported && !AdvSimd.IsSupported,
            "products and sums are rounded apart here");
        using var portable = Open(nameof(BFloat16Path.Portable), VectorPaths.Best.ToString(), 1);
        using var cpu = Open(path, vectors, 3);
        var random = new CountedRandom(9);
        for (var i = 0; i < 60; i++)
        {
            var form = random.NextInt(4);
            var depth = 1 + random.NextInt(i % 10 == 0 ? 3000 : 300);
            var g = new MatrixProductGeometry(1, 1 + random.NextInt(70), 1 + random.NextInt(90), depth, (form & 1) != 0, (form & 2) != 0);
            var types = Types[random.NextInt(Types.Length)];
            var (low, end) = (i % 4) switch { 0 => (0, 256), 1 => (40, 80), 2 => (50, 66), _ => (117, 130) };
            float[] a = Numbers(random, g.M * g.K, low, end), b = Numbers(random, g.K * g.N, low, end);
            var expected = Bits(Result(portable, g, types, a, b));
            Assert.Equal(expected, Bits(Result(cpu, g, types, a, b)));
        }
    }

    [Fact]
    public void ResultsDoNotDependOnTheNumberOfThreads()
    {
        MatrixProductGeometry[] geometries =
            [new(1, 250, 130, 301, false, true), new(1, 20, 900, 600, true, false), new(1, 48, 64, 9001, false, false)];
        foreach (var g in geometries)
        {
            var random = new CountedRandom(3);
            float[] a = Numbers(random, g.M * g.K, 117, 130), b = Numbers(random, g.K * g.N, 117, 130);
            int[]? one = null;
            foreach (var threads in new[] { 1, 2, 3 })
            {
                using var cpu = new CpuBackend(threads, Precision.BFloat16);
                var result = Bits(Result(cpu, g, (Narrow, Wide, Narrow), a, b));
                Assert.Equal(one ??= result, result);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void AllocatesNothingOnceWarm(string path, string vectors)
    {
        using var cpu = Open(path, vectors, 2);
        MatrixProductGeometry[] geometries =
            [new(1, 60, 100, 200, false, true), new(1, 32, 32, 2000, true, false), new(8, 30, 30, 30, false, false)];
        foreach (var g in geometries)
        {
            using var arrays = new Arrays(cpu);
            var (a, b, c) = (arrays.Make(new float[g.Batch * g.M * g.K], Narrow), arrays.Make(new float[g.Batch * g.K * g.N], Wide),
                arrays.Make(new float[g.Batch * g.M * g.N], Narrow));
            for (var i = 0; i < 3; i++)
                cpu.MatrixProduct(g, a, b, c);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 3; i++)
                cpu.MatrixProduct(g, a, b, c);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private static CpuBackend Open(string path, string vectors, int threads)
    {
        var (wanted, vectorPath) = (Enum.Parse<BFloat16Path>(path), Enum.Parse<VectorPath>(vectors));
        Assert.SkipUnless(BFloat16Paths.Supports(wanted), "this processor has no vdpbf16ps, or the system lets no code be made");
        Assert.SkipUnless(VectorPaths.Supports(vectorPath), $"this machine has no {vectors}");
        return new CpuBackend(threads, Precision.BFloat16) { BFloat16Path = wanted, VectorPath = vectorPath };
    }

    private static void Compare(CpuBackend cpu, in MatrixProductGeometry g, (ElementType A, ElementType B, ElementType C) types, float[] a,
        float[] b, (double Sum, double Scale)[] expected)
    {
        var result = Result(cpu, g, types, a, b);
        for (var i = 0; i < expected.Length; i++)
        {
            // Sums err by a few 2⁻²⁴ of what was added; a result of bfloat16 by half of 2⁻⁷ of itself more.
            var (sum, scale) = expected[i];
            var error = Math.Abs(result[i] - sum);
            var tolerance = 1e-5 * scale + (types.C == Narrow ? Math.Abs(sum) / 256 : 0);
            Assert.True(error <= tolerance, $"{cpu.BFloat16Path} {cpu.VectorPath} {types} {g}: element {i} errs by {error}, " +
                $"{error / tolerance:0.0} of the tolerance");
        }
    }

    /// <summary>The product in float64, and the sums of its absolute products.</summary>
    private static (double Sum, double Scale)[] Sums(MatrixProductGeometry g, float[] a, float[] b)
    {
        var sums = new (double Sum, double Scale)[g.Batch * g.M * g.N];
        for (var i = 0; i < sums.Length; i++)
        {
            var (batch, row, column) = (i / (g.M * g.N), i / g.N % g.M, i % g.N);
            for (var k = 0; k < g.K; k++)
            {
                var x = a[batch * g.M * g.K + (g.TransposeA ? k * g.M + row : row * g.K + k)];
                var y = b[batch * g.K * g.N + (g.TransposeB ? column * g.K + k : k * g.N + column)];
                sums[i].Sum += (double)x * y;
                sums[i].Scale += Math.Abs((double)x * y);
            }
        }

        return sums;
    }

    internal static float[] Rounded(float[] numbers) => [.. numbers.Select(x => (float)BFloat16.Round(x))];

    private static float[] Result(CpuBackend cpu, in MatrixProductGeometry g, (ElementType A, ElementType B, ElementType C) types,
        float[] a, float[] b)
    {
        using var arrays = new Arrays(cpu);
        var c = arrays.Make([.. Enumerable.Repeat(7f, g.Batch * g.M * g.N)], types.C);
        cpu.MatrixProduct(g, arrays.Make(a, types.A), arrays.Make(b, types.B), c);
        return arrays.Read(c);
    }

    /// <summary>Float32 numbers of random signs, exponents in a range and fractions, of which bfloat16 keeps a part.</summary>
    internal static float[] Numbers(CountedRandom random, int count, int lowestExponent, int endExponent)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
        {
            var exponent = lowestExponent + random.NextInt(endExponent - lowestExponent);
            numbers[i] = BitConverter.Int32BitsToSingle(random.NextInt(2) << 31 | exponent << 23 | random.NextInt(1 << 23));
        }

        return numbers;
    }

    /// <summary>One NaN is as good as another.</summary>
    internal static int[] Bits(float[] numbers) => [.. numbers.Select(x => BitConverter.SingleToInt32Bits(float.IsNaN(x) ? float.NaN : x))];

    /// <summary>Arrays of either type between marks that nothing may read or write.</summary>
    internal sealed class Arrays(CpuBackend cpu) : IDisposable
    {
        private const int Guard = 64;

        private readonly List<(DeviceBuffer Buffer, DeviceArray Whole)> _all = [];

        public DeviceArray Make(float[] numbers, ElementType type)
        {
            var count = numbers.Length + 2 * Guard;
            var buffer = cpu.Memory.Allocate(count * type.Size(), "test");
            var whole = new DeviceArray(buffer.Address, count, type);
            _all.Add((buffer, whole));
            for (var i = 0; i < count; i++)
                Set(whole, i, i < Guard || i >= count - Guard ? float.NaN : numbers[i - Guard]);
            return whole.Slice(Guard, numbers.Length);
        }

        public float[] Read(DeviceArray array) => [.. Enumerable.Range(0, (int)array.Count).Select(i => Get(array, i))];

        public void Dispose()
        {
            foreach (var (buffer, whole) in _all)
            {
                for (var i = 0; i < Guard; i++)
                {
                    Assert.True(float.IsNaN(Get(whole, i)));
                    Assert.True(float.IsNaN(Get(whole, (int)whole.Count - 1 - i)));
                }

                cpu.Memory.Release(buffer);
            }
        }

        private static unsafe float Get(DeviceArray array, int i) => array.Type == Narrow ? array.BFloat16[i] : array.Float32[i];

        private static unsafe void Set(DeviceArray array, int i, float value)
        {
            if (array.Type == Narrow)
                array.BFloat16[i] = BFloat16.Round(value);
            else
                array.Float32[i] = value;
        }
    }
}
