using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

public class WinogradTests
{
    private static readonly ConvolutionGeometry[] Geometries =
    [
        Halving(2, 8, 8, 16, 32),
        Halving(3, 8, 8, 48, 16),
        Halving(1, 16, 24, 32, 80),      // several tiles an image, a panel that is half full
        Halving(2, 12, 20, 16, 64),      // tiles that reach over the edge
        Halving(7, 2, 4, 64, 16),        // an image smaller than a tile
        Halving(9, 16, 16, 16, 16),
        Halving(40, 32, 32, 16, 16),     // several blocks of tiles, several slices of the weight gradient
        Halving(1, 8, 8, 144, 208),      // more depth than a panel has
        Three(2, 8, 8, 16, 32),
        Three(3, 4, 12, 48, 16),
        Three(2, 7, 5, 32, 48),          // tiles that reach over the edge
        Three(5, 1, 2, 64, 16),          // an image smaller than a tile
        Three(1, 9, 13, 80, 32),         // a single picture, panels that are not full
        Three(2, 6, 7, 32, 16, padding: 0),
        Three(2, 6, 9, 16, 32, padding: 2),
        new(2, new(6, 3, 1, 2), new(9, 3), 16, 32), // other padding above than aside
        Three(1, 56, 44, 16, 32),        // a picture of more tiles than a task takes
        Three(40, 16, 16, 16, 16),       // several blocks of tiles, several slices of the weight gradient
        Three(1, 8, 8, 144, 208),        // more depth than a panel has
    ];

    public static TheoryData<string, int> PathsAndTiles => new(
        from path in Enum.GetNames<VectorPath>()
        from outputs in new[] { 2, 4 }
        select (path, outputs));

    [Theory]
    [MemberData(nameof(PathsAndTiles))]
    public void AllThreeFormsMatchTheReference(string path, int outputs)
    {
        using var cpu = Open(path, 2, outputs);
        var seed = 900ul;
        foreach (var geometry in Geometries)
        {
            using var check = new MatrixProductCheck(cpu, seed++);
            foreach (var (name, a, b, c, product) in ConvolutionTests.Forms(geometry))
                check.Compare($"{path} F({outputs}) {name} {geometry}", a, b, c, product, mixed: true);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void ResultsDoNotDependOnTheNumberOfThreads(int outputs)
    {
        foreach (var batch in new[] { 1, 9, 70 })
        {
            float[][]? one = null;
            foreach (var threads in new[] { 1, 2, 5 })
            {
                using var cpu = new CpuBackend(threads) { WinogradOutputs = outputs };
                using var check = new MatrixProductCheck(cpu, 9);
                var results = new[] { Halving(batch, 16, 16, 32, 48), Three(batch, 9, 16, 32, 48) }.SelectMany(ConvolutionTests.Forms)
                    .Select(form => check.Result(form.CountA, form.CountB, form.CountC, form.Product)).ToArray();
                Assert.Equal(one ??= results, results);
            }
        }
    }

    [Fact]
    public void AllocatesNothingOnceWarm()
    {
        var g = Halving(6, 16, 16, 16, 32);
        foreach (var outputs in new[] { 2, 4 })
        {
            using var cpu = new CpuBackend(2) { WinogradOutputs = outputs };
            using var check = new MatrixProductCheck(cpu, 9);
            var (x, w, y) = (check.Guarded(new float[g.InputCount], 0), check.Guarded(new float[g.WeightCount], 0),
                check.Guarded(new float[g.OutputCount], 0));
            Allocations.NoneBy(() =>
            {
                for (var i = 0; i < 5; i++)
                {
                    cpu.Convolution(g, x, w, y);
                    cpu.ConvolutionInputGradient(g, y, w, x);
                    cpu.ConvolutionWeightGradient(g, x, y, w);
                }
            });
        }
    }

    [Theory]
    [InlineData(1, 256, 512, 0)]     // one image: the transform of the taps would cost more than the products
    [InlineData(64, 256, 512, 2)]
    [InlineData(192, 256, 512, 4)]
    [InlineData(192, 3, 64, 0)]      // three channels fill no vector
    public void TheTilesFollowTheSizes(int batch, int inputs, int outputs, int expected) =>
        Chooses(expected, Halving(batch, 8, 8, inputs, outputs));

    [Theory]
    [InlineData(1, 4, 512, 0)]
    [InlineData(16, 4, 512, 2)]
    [InlineData(64, 4, 512, 4)]
    [InlineData(1, 32, 64, 4)]       // the points of few channels stay in the cache
    [InlineData(64, 5, 64, 2)]       // four large tiles would compute 64 pixels for 25
    [InlineData(64, 32, 24, 0)]      // a vector that is half full
    public void TheTilesOfKernelThreeFollowTheSizes(int batch, int size, int channels, int expected) =>
        Chooses(expected, Three(batch, size, size, channels, channels));

    private static void Chooses(int expected, in ConvolutionGeometry geometry)
    {
        using var cpu = new CpuBackend(1);
        Assert.SkipWhen(cpu.VectorPath == VectorPath.Portable, "the portable kernel has no panels of whole vectors");
        Assert.Equal(expected, cpu.ChooseWinograd(geometry));
    }

    private static CpuBackend Open(string path, int threads, int outputs)
    {
        var wanted = Enum.Parse<VectorPath>(path);
        Assert.SkipUnless(VectorPaths.Supports(wanted), $"this machine has no {path}");
        return new CpuBackend(threads) { VectorPath = wanted, WinogradOutputs = outputs };
    }

    /// <summary>Kernel 4, stride 2, padding 1.</summary>
    internal static ConvolutionGeometry Halving(int batch, int height, int width, int inputs, int outputs) =>
        new(batch, new(height, 4, 2, 1), new(width, 4, 2, 1), inputs, outputs);

    /// <summary>Kernel 3, stride 1.</summary>
    internal static ConvolutionGeometry Three(int batch, int height, int width, int inputs, int outputs, int padding = 1) =>
        new(batch, new(height, 3, 1, padding), new(width, 3, 1, padding), inputs, outputs);
}
