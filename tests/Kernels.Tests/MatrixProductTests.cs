using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

public class MatrixProductTests
{
    public static TheoryData<string> Paths => new(Enum.GetNames<VectorPath>());

    /// <summary>
    /// Sizes about the edges of the tiles (8, 6 and 12 rows; 8, 16 and 32 columns) and of the blocks (256 deep, 240 rows, 512 columns).
    /// </summary>
    private static readonly (int Batch, int M, int N, int K)[] Shapes =
    [
        (1, 1, 1, 1), (1, 12, 32, 5), (1, 13, 33, 7), (1, 11, 31, 257), (1, 24, 48, 256), (1, 3, 515, 19), (1, 64, 700, 74),
            (1, 250, 40, 300),
        (1, 5, 1, 40), (1, 1, 5, 40), (1, 300, 1, 9), (3, 4, 6, 5), (9, 17, 20, 11), (40, 6, 3, 2), (0, 5, 5, 5), (2, 0, 5, 5),
        (1, 5, 5, 0), (1, 20, 30, 3000), (1, 33, 17, 4100), (1, 1, 1, 5000),
    ];

    [Theory]
    [MemberData(nameof(Paths))]
    public void MatchesTheReference(string path)
    {
        using var cpu = Open(path, 2);
        var seed = 1ul;
        foreach (var (batch, m, n, k) in Shapes)
        {
            for (var form = 0; form < 4; form++, seed++)
                Compare(cpu, new MatrixProductGeometry(batch, m, n, k, (form & 1) != 0, (form & 2) != 0), seed);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void MatchesTheReferenceAtRandomShapes(string path)
    {
        using var cpu = Open(path, 2);
        var random = new CountedRandom(77);
        for (var i = 0; i < 60; i++)
        {
            var form = random.NextInt(4);
            var batch = 1 + random.NextInt(4) * random.NextInt(2);
            var geometry = new MatrixProductGeometry(batch, 1 + random.NextInt(70), 1 + random.NextInt(130), 1 + random.NextInt(90),
                (form & 1) != 0, (form & 2) != 0);
            Compare(cpu, geometry, (ulong)i);
        }
    }

    /// <summary>Also where the depth is cut into slices (the last two).</summary>
    [Theory]
    [InlineData(1, 250, 130, 300)]
    [InlineData(1, 20, 900, 600)]
    [InlineData(12, 30, 40, 50)]
    [InlineData(1, 48, 64, 9000)]
    [InlineData(1, 1, 1, 70000)]
    public void ResultsDoNotDependOnTheNumberOfThreads(int batch, int m, int n, int k)
    {
        var geometry = new MatrixProductGeometry(batch, m, n, k, false, true);
        float[]? one = null;
        foreach (var threads in new[] { 1, 2, 3, 7 })
        {
            using var cpu = new CpuBackend(threads);
            using var check = new MatrixProductCheck(cpu, 5);
            var result = check.Result((long)batch * m * k, (long)batch * k * n, (long)batch * m * n,
                (backend, a, b, c) => backend.MatrixProduct(geometry, a, b, c));
            Assert.Equal(one ??= result, result);
        }
    }

    [Fact]
    public void AllocatesNothingOnceWarm()
    {
        using var cpu = new CpuBackend(2);
        using var check = new MatrixProductCheck(cpu, 5);
        MatrixProductGeometry[] geometries =
        [
            new(1, 200, 200, 200, false, true), new(1, 32, 32, 20000, true, false), new(16, 30, 30, 30, false, false),
                new(1, 20, 900, 100, false, true),
        ];
        foreach (var geometry in geometries)
        {
            var (m, n, k) = (geometry.Batch * geometry.M, geometry.N, geometry.K);
            var (a, b, c) = (check.Guarded(new float[m * k], 0), check.Guarded(new float[geometry.Batch * n * k], 0),
                check.Guarded(new float[m * n], 0));
            for (var i = 0; i < 3; i++)
                cpu.MatrixProduct(geometry, a, b, c);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10; i++)
                cpu.MatrixProduct(geometry, a, b, c);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    internal static CpuBackend Open(string path, int threads)
    {
        var wanted = Enum.Parse<VectorPath>(path);
        Assert.SkipUnless(VectorPaths.Supports(wanted), $"this machine has no {path}");
        return new CpuBackend(threads) { VectorPath = wanted };
    }

    private static void Compare(CpuBackend cpu, MatrixProductGeometry g, ulong seed)
    {
        using var check = new MatrixProductCheck(cpu, seed);
        check.Compare($"{cpu.VectorPath} {g}", (long)g.Batch * g.M * g.K, (long)g.Batch * g.K * g.N, (long)g.Batch * g.M * g.N,
            (backend, a, b, c) => backend.MatrixProduct(g, a, b, c));
    }
}
