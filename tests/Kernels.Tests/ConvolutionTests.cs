using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

public class ConvolutionTests
{
    public static TheoryData<string> Paths => MatrixProductTests.Paths;

    internal static readonly ConvolutionGeometry[] Geometries =
    [
        new(2, new(8, 4, 2, 1), new(8, 4, 2, 1), 16, 20),           // the discriminator's kind
        new(2, new(8, 4, 2, 1), new(8, 4, 2, 1), 3, 17),            // its first layer: runs of touching taps, cut at the edges
        new(5, new(8, 4, 2, 1), new(8, 4, 2, 1), 3, 64),
        new(19, new(12, 4, 2, 1), new(10, 4, 2, 1), 3, 32),         // several slices of the batch
        new(3, new(8, 4, 2, 1), new(28, 4, 2, 1), 1, 48),           // one channel
        new(2, new(9, 4, 2, 2), new(11, 4, 2), 1, 16),
        new(3, new(7, 3, 1, 1), new(9, 3, 1, 1), 33, 5),
        new(2, new(9, 3, 2, 2), new(6, 2, 3), 17, 33),              // nothing square, nothing even
        new(2, new(11, 3, 2, 2), new(10, 3, 1, 3, 2), 5, 4),        // stride ≠ dilation
        new(2, new(11, 2, 2, 3, 3), new(13, 3, 3, 2, 2), 18, 7),
        new(2, new(9, 2, 3), new(9, 2, 4), 16, 3),                  // stride over kernel: some phases see no tap
        new(2, new(9, 2, 3, 1), new(9, 2, 4, 1), 3, 16),
        new(2, new(12, 3, 4, 0, 2), new(12, 3, 4, 0, 2), 16, 16),   // stride and dilation share a divisor
        new(1, new(1, 3, 1, 1), new(1, 3, 1, 1), 20, 8),            // one pixel under a larger kernel
        new(3, new(1, 1), new(1, 1), 1, 1),
        new(3, new(4, 4), new(4, 4), 21, 1),                        // the kernel covers the image: the discriminator's last layer
        new(3, new(4, 4, 2), new(5, 5, 2), 6, 9),
        new(2, new(4, 1), new(4, 1), 35, 30),
        new(2, new(5, 1, 2), new(5, 1, 2), 18, 9),
        new(2, new(5, 1, 1, 1), new(5, 1, 1, 1), 18, 9),            // padding wider than the kernel: outputs of nothing but zeros
        new(2, new(6, 3, 1, 1), new(6, 3, 1, 1), 17, 1),            // one output channel
        new(2, new(1, 1), new(300, 64, 16), 1, 12),                 // a short-time Fourier transform's kind
        new(1, new(1, 1), new(300, 64, 16, 32), 1, 40),
        new(2, new(3, 3, 1, 1), new(3, 3, 1, 1), 300, 6),           // more channels than a block is deep
        new(0, new(8, 4, 2, 1), new(8, 4, 2, 1), 3, 4),
        new(0, new(8, 4, 2, 1), new(8, 4, 2, 1), 17, 4),
        new(9, new(30, 3, 1, 1), new(30, 3, 1, 1), 4, 5),           // enough pixels that the weight gradient's depth is sliced
        new(1, new(3, 3, 1, 1), new(70, 5, 2, 2), 20, 12),
        new(2, new(35, 5, 1, 2), new(19, 3, 1), 3, 20),             // several bands of rows, and the same turned around
        new(2, new(35, 5, 1, 2), new(17, 3, 1, 2), 20, 3),
    ];

    [Theory]
    [MemberData(nameof(Paths))]
    public void AllThreeFormsMatchTheReference(string path)
    {
        using var cpu = MatrixProductTests.Open(path, 2);
        var seed = 100ul;
        foreach (var geometry in Geometries)
            Compare(cpu, geometry, seed++);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void AllThreeFormsMatchTheReferenceAtRandomGeometries(string path)
    {
        using var cpu = MatrixProductTests.Open(path, 3);
        var random = new CountedRandom(4711);
        int[] channels = [1, 2, 3, 5, 8, 16, 17, 20, 33];
        for (var i = 0; i < 60; i++)
        {
            int height = 1 + random.NextInt(10), width = 1 + random.NextInt(12);
            int paddingHeight = random.NextInt(3), paddingWidth = random.NextInt(3);
            int dilationHeight = 1 + random.NextInt(3), dilationWidth = 1 + random.NextInt(3);
            int inputChannels = channels[random.NextInt(channels.Length)], outputChannels = channels[random.NextInt(channels.Length)];
            var kernelHeight = 1 + random.NextInt(Math.Min(4, (height + 2 * paddingHeight - 1) / dilationHeight + 1));
            var kernelWidth = 1 + random.NextInt(Math.Min(5, (width + 2 * paddingWidth - 1) / dilationWidth + 1));
            Compare(cpu,
                new ConvolutionGeometry(1 + random.NextInt(3),
                    new(height, kernelHeight, 1 + random.NextInt(4), paddingHeight, dilationHeight),
                    new(width, kernelWidth, 1 + random.NextInt(4), paddingWidth, dilationWidth), inputChannels, outputChannels), (ulong)i);
        }
    }

    [Theory]
    [InlineData(3, 20)]
    [InlineData(17, 33)]
    [InlineData(40, 1)]
    public void ResultsDoNotDependOnTheNumberOfThreads(int inputChannels, int outputChannels)
    {
        foreach (var batch in new[] { 1, 9 })
        {
            var g = new ConvolutionGeometry(batch, new(24, 4, 2, 1), new(22, 4, 2, 1), inputChannels, outputChannels);
            float[][]? one = null;
            foreach (var threads in new[] { 1, 2, 5 })
            {
                using var cpu = new CpuBackend(threads);
                using var check = new MatrixProductCheck(cpu, 9);
                var results = Forms(g).Select(form => check.Result(form.CountA, form.CountB, form.CountC, form.Product)).ToArray();
                Assert.Equal(one ??= results, results);
            }
        }
    }

    [Fact]
    public void AllocatesNothingOnceWarm()
    {
        using var cpu = new CpuBackend(2);
        using var check = new MatrixProductCheck(cpu, 9);
        foreach (var channels in new[] { 3, 20 })
        {
            var g = new ConvolutionGeometry(6, new(16, 4, 2, 1), new(16, 4, 2, 1), channels, 24);
            var x = check.Guarded(new float[g.InputCount], 0);
            var w = check.Guarded(new float[WeightCount(g)], 0);
            var y = check.Guarded(new float[g.OutputCount], 0);
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

    private static void Compare(CpuBackend cpu, ConvolutionGeometry g, ulong seed)
    {
        using var check = new MatrixProductCheck(cpu, seed);
        foreach (var form in Forms(g))
            check.Compare($"{cpu.VectorPath} {form.Name} {g}", form.CountA, form.CountB, form.CountC, form.Product,
                mixed: cpu.ChooseWinograd(g) > 0);
    }

    internal static (string Name, long CountA, long CountB, long CountC,
        MatrixProductCheck.Product Product)[] Forms(ConvolutionGeometry g) =>
    [
        ("value", g.InputCount, WeightCount(g), g.OutputCount, (backend, x, w, y) => backend.Convolution(g, x, w, y)),
        ("input gradient", g.OutputCount, WeightCount(g), g.InputCount, (backend, dy, w, dx) =>
            backend.ConvolutionInputGradient(g, dy, w, dx)),
        ("weight gradient", g.InputCount, g.OutputCount, WeightCount(g), (backend, x, dy, dw) =>
            backend.ConvolutionWeightGradient(g, x, dy, dw)),
    ];

    private static long WeightCount(in ConvolutionGeometry g) => (long)g.OutputChannels * g.KernelHeight * g.KernelWidth * g.InputChannels;
}
