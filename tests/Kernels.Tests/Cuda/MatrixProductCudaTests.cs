using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// Every hand-written version on the simulator against the reference, with the operands rounded as the version's precision does.
/// </summary>
public class MatrixProductCudaTests
{
    /// <summary>
    /// Of the sum of absolute products: float32 errs by about √K · 2⁻²⁴ of it where signs are random, and the largest K here is 1000.
    /// Rounding of operands is no part of it: the reference gets them rounded.
    /// </summary>
    private const double Tolerance = 4e-6;

    public static TheoryData<int> Versions => new(Enumerable.Range(0, MatrixProductVersion.All.Count));

    /// <summary>
    /// Sizes on both sides of the vector width, of a step's depth (16, 32 and 64) and, with the tile's size, of the tile.
    /// </summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public void MatchesTheReference(int version)
    {
        using var backend = Open();
        var chosen = MatrixProductVersion.All[version];
        var (rows, columns) = chosen.Rows == 0 ? (16, 16) : (chosen.Rows, chosen.Columns);
        (int Batch, int M, int N, int K)[] shapes =
        [
            (1, 1, 1, 1), (1, 5, 3, 7), (1, 4, 8, 12), (3, 9, 12, 33), (1, 8, 8, 64), (2, 3, 5, 0), (0, 4, 4, 4), (1, 0, 4, 4),
                (1, 4, 0, 4),
            (1, rows + 1, 8, 40), (1, 4, columns + 4, 36), (1, rows + 4, columns + 8, 16), (1, 2, 3, 161),
        ];
        var seed = 0ul;
        foreach (var (batch, m, n, k) in shapes)
        {
            for (var form = 0; form < 4; form++, seed++)
                Compare(backend, version, new MatrixProductGeometry(batch, m, n, k, (form & 1) != 0, (form & 2) != 0), seed);
        }
    }

    /// <summary>
    /// More than a tile each way, and a depth of many steps, so that every stage of the pipeline is used again and again.
    /// </summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public void MatchesTheReferenceOverManySteps(int version)
    {
        using var backend = Open();
        Compare(backend, version, new MatrixProductGeometry(1, 130, 70, 300, version % 2 == 0, version % 3 == 0), 77);
    }

    /// <summary>Rows of tiles enough for several bands, and a last band that is not full.</summary>
    [Fact]
    public void GoesThroughTilesInBands()
    {
        using var backend = Open();
        foreach (var version in new[] { Version("matrix_product_3_32x32"), Version("matrix_product_2") })
        {
            var side = MatrixProductVersion.All[version].Rows;
            Compare(backend, version, new MatrixProductGeometry(2, 18 * side + 3, 3 * side - 1, 9, false, true), 5);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void MatchesTheReferenceOffAlignment(int version)
    {
        using var backend = Open();
        for (var form = 0; form < 4; form++)
        {
            for (var shifted = 1; shifted < 8; shifted++)
            {
                var geometry = new MatrixProductGeometry(1, 8, 12, 40, (form & 1) != 0, (form & 2) != 0);
                Compare(backend, version, geometry, (ulong)shifted, shifts: shifted);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void CutsTheDepth(int version)
    {
        using var backend = Open();
        if (!MatrixProductVersion.All[version].Slices)
            return;
        var seed = 100ul;
        foreach (var (batch, m, n, k, slices) in new[] { (1, 8, 12, 256, 4), (1, 5, 7, 331, 3), (2, 12, 4, 96, 3), (1, 3, 2, 40, 8) })
        {
            for (var form = 0; form < 4; form++, seed++)
                Compare(backend, version, new MatrixProductGeometry(batch, m, n, k, (form & 1) != 0, (form & 2) != 0), seed,
                    slices: slices);
        }
    }

    /// <summary>One side a vector: each way the matrix may lie, lines around a block's 8 and 32, and slices.</summary>
    [Fact]
    public void MultipliesByVectors()
    {
        using var backend = Open(Precision.BFloat16);
        var seed = 200ul;
        foreach (var (batch, lines, k) in new[] { (1, 1, 1), (1, 1, 300), (1, 33, 7), (3, 9, 64), (2, 40, 0), (1, 64, 132), (1, 0, 5),
            (1, 3, 5000) })
        {
            for (var form = 0; form < 8; form++, seed++)
            {
                var (m, n) = (form & 4) != 0 ? (lines, 1) : (1, lines);
                var geometry = new MatrixProductGeometry(batch, m, n, k, (form & 1) != 0, (form & 2) != 0);
                Compare(backend, -1, geometry, seed, shifts: (int)(seed % 2) * 7);
                Compare(backend, -2, geometry, seed, slices: 3);
            }
        }
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.TensorFloat32)]
    [InlineData(Precision.BFloat16)]
    public void ChoosesAVersionOfTheAskedPrecision(Precision precision)
    {
        using var backend = Open(precision);
        foreach (var (m, n, k) in new[] { (1, 1, 1), (64, 128, 8192), (4096, 4096, 4096), (1, 512, 8192), (100000, 64, 16) })
        {
            var version =
                MatrixProductVersion.All[backend.EstimatedMatrixProductVersion(new(1, m, n, k, false, true), precision)];
            Assert.Equal(precision, version.Precision);
        }

        Compare(backend, -1, new MatrixProductGeometry(1, 33, 20, 1000, false, true), 9, precision: precision);
        Compare(backend, -1, new MatrixProductGeometry(3, 12, 20, 36, true, false), 10, precision: precision);
    }

    /// <summary>What the estimate is for: few tiles and a long depth are cut, many tiles are not, and a small C gets small tiles.</summary>
    [Fact]
    public void TheEstimateKeepsMultiprocessorsBusy()
    {
        var device = new GpuProperties("a card", 9, 0, 132, 232448, 1L << 36, 1_700_000, 12040);
        foreach (var version in MatrixProductVersion.All.Where(version => version.Slices))
        {
            Assert.True(version.Estimate(new(1, 64, 128, 8192, false, true), device).Slices > 1, version.Name);
            Assert.Equal(1, version.Estimate(new(1, 8192, 8192, 8192, false, true), device).Slices);
            Assert.Equal(1, version.Estimate(new(1, 64, 64, 64, false, true), device).Slices);
        }

        Assert.False(MatrixProductVersion.All[^1].RunsOn(device with { Major = 7 }));
        Assert.False(MatrixProductVersion.All[Version("matrix_product_tf32_256x128")].RunsOn(device with { SharedBytesPerBlock = 101376 }));
        Assert.True(MatrixProductVersion.All[Version("matrix_product_tf32_128x128")].RunsOn(device with { SharedBytesPerBlock = 101376 }));
    }

    [Fact]
    public void TheSameNumbersGiveTheSameBits()
    {
        var geometry = new MatrixProductGeometry(1, 20, 24, 700, true, true);
        foreach (var version in new[] { Version("matrix_product_3_32x32"), Version("matrix_product_tf32_64x64") })
        {
            float[]? first = null;
            for (var i = 0; i < 2; i++)
            {
                using var backend = Open();
                var (a, b, c) = Numbers(geometry, 3);
                var result = Run(backend, version, geometry, a, b, c, slices: 4, shifts: 0);
                Assert.Equal(first ??= result, result);
            }
        }
    }

    [Fact]
    public void AllocatesNothingOnceWarm()
    {
        using var backend = Open();
        var geometry = new MatrixProductGeometry(1, 8, 8, 512, false, true);
        using var arrays = new Arrays(backend);
        var (a, b, c) = (arrays.Of(new float[8 * 512], 0), arrays.Of(new float[8 * 512], 0), arrays.Of(new float[64], 0));
        Allocations.NoneBy(() => backend.MatrixProduct(geometry, a, b, c));
    }

    private static int Version(string name) =>
        Enumerable.Range(0, MatrixProductVersion.All.Count).Single(version => MatrixProductVersion.All[version].Name == name);

    private static CudaBackend Open(Precision precision = Precision.Float32) =>
        new(new SimulatedDriver(2), new DeviceSettings
        {
            Precision = precision,
            MatrixProducts = KernelProvider.Handwritten,
            Convolutions = KernelProvider.Handwritten,
        });

    private static (float[] A, float[] B, float[] C) Numbers(in MatrixProductGeometry g, ulong seed)
    {
        var random = new CountedRandom(seed + 1);
        return (Numbers(random, (long)g.Batch * g.M * g.K), Numbers(random, (long)g.Batch * g.K * g.N),
            Numbers(random, (long)g.Batch * g.M * g.N));
    }

    private static float[] Numbers(CountedRandom random, long count)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
            numbers[i] = random.NextUniform(-1, 1);
        return numbers;
    }

    /// <param name="version">-1 for the backend's own choice, which then is of <paramref name="precision"/>; -2 for the product by a
    /// vector.</param>
    /// <param name="shifts">Bits 0 to 2: whether a, b and c start one element past an aligned address.</param>
    private static void Compare(
        CudaBackend backend, int version, MatrixProductGeometry g, ulong seed, int slices = 0, int shifts = 0,
            Precision precision = Precision.Float32)
    {
        if (version >= 0)
            precision = MatrixProductVersion.All[version].Precision;
        var (a, b, c) = Numbers(g, seed);
        var actual = Run(backend, version, g, a, b, c, slices, shifts,
            precision == Precision.BFloat16 ? ElementType.BFloat16 : ElementType.Float32);
        Func<float, double> round = precision switch
        {
            Precision.TensorFloat32 => Rounding.ToTf32,
            Precision.BFloat16 =>
            Rounding.ToBf16,
            _ => x => x
        };
        var (left, right, old) = (Array.ConvertAll(a, x => round(x)), Array.ConvertAll(b, x => round(x)),
            Array.ConvertAll(c, x => (double)x));
        var expected = Reference(g, left, right, old);
        var scale = Reference(g, Array.ConvertAll(left, Math.Abs), Array.ConvertAll(right, Math.Abs), Array.ConvertAll(old, Math.Abs));
        for (var i = 0; i < actual.Length; i++)
        {
            var used = Math.Abs(actual[i] - expected[i]) / (Tolerance * scale[i] + 1e-30);
            Assert.True(used <= 1,
                $"version {version}, {g}, slices {slices}, shifts {shifts}: element {i} is {actual[i]}, expected {expected[i]}; {used:0.0} "
                    + $"of the tolerance");
        }
    }

    private static float[] Run(CudaBackend backend, int version, MatrixProductGeometry g, float[] a, float[] b, float[] c, int slices,
        int shifts, ElementType operands = ElementType.Float32)
    {
        using var arrays = new Arrays(backend);
        var (deviceA, deviceB, deviceC) = (arrays.Of(a, shifts & 1, operands), arrays.Of(b, shifts >> 1 & 1, operands),
            arrays.Of(c, shifts >> 2 & 1, ElementType.Float32));
        if (version == -1)
            backend.MatrixProduct(g, deviceA, deviceB, deviceC);
        else if (version == -2)
            backend.MatrixVectorProduct(g, deviceA, deviceB, deviceC, slices);
        else
            backend.HandwrittenMatrixProduct(g, deviceA, deviceB, deviceC, version, slices);
        var result = new float[c.Length];
        backend.Download<float>(deviceC, result);
        return result;
    }

    private static unsafe double[] Reference(in MatrixProductGeometry g, double[] a, double[] b, double[] c)
    {
        using var reference = new ReferenceBackend();
        var result = (double[])c.Clone();
        fixed (double* left = a, right = b, product = result)
            reference.MatrixProduct(g, new DeviceArray((nint)left, a.Length, ElementType.Float64),
                new DeviceArray((nint)right, b.Length, ElementType.Float64),
                new DeviceArray((nint)product, c.Length, ElementType.Float64));
        return result;
    }

    /// <summary>Arrays on the device, given back together.</summary>
    private sealed class Arrays(CudaBackend backend) : IDisposable
    {
        private readonly List<DeviceBuffer> _buffers = [];

        /// <summary>The values, <paramref name="shift"/> elements behind an aligned address.</summary>
        public DeviceArray Of(float[] values, int shift, ElementType type = ElementType.Float32)
        {
            var buffer = backend.Memory.Allocate((values.Length + shift) * sizeof(float), "test");
            _buffers.Add(buffer);
            var array = new DeviceArray(buffer.Address, values.Length + shift, type).Slice(shift, values.Length);
            if (type == ElementType.BFloat16)
                backend.Upload<BFloat16>(BFloat16.Round(values), array);
            else
                backend.Upload<float>(values, array);
            return array;
        }

        public void Dispose() => _buffers.ForEach(backend.Memory.Release);
    }
}
