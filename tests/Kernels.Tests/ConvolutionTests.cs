using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

public class ConvolutionTests
{
    public static TheoryData<string> Paths => MatrixProductTests.Paths;

    private static readonly ConvolutionGeometry[] Geometries =
    [
        new(2, 8, 8, 16, 20, 4, 4, 2, 2, 1, 1),          // the discriminator's kind
        new(2, 8, 8, 3, 17, 4, 4, 2, 2, 1, 1),           // its first layer: runs of touching taps, cut at the edges
        new(5, 8, 8, 3, 64, 4, 4, 2, 2, 1, 1),
        new(19, 12, 10, 3, 32, 4, 4, 2, 2, 1, 1),        // several slices of the batch
        new(3, 8, 28, 1, 48, 4, 4, 2, 2, 1, 1),          // one channel
        new(2, 9, 11, 1, 16, 4, 4, 2, 2, 2, 0),
        new(3, 7, 9, 33, 5, 3, 3, 1, 1, 1, 1),
        new(2, 9, 6, 17, 33, 3, 2, 2, 3, 2, 0),          // nothing square, nothing even
        new(2, 11, 10, 5, 4, 3, 3, 2, 1, 2, 3, 1, 2),    // stride ≠ dilation
        new(2, 11, 13, 18, 7, 2, 3, 2, 3, 3, 2, 3, 2),
        new(2, 9, 9, 16, 3, 2, 2, 3, 4, 0, 0),           // stride over kernel: some phases see no tap
        new(2, 9, 9, 3, 16, 2, 2, 3, 4, 1, 1),
        new(2, 12, 12, 16, 16, 3, 3, 4, 4, 0, 0, 2, 2),  // stride and dilation share a divisor
        new(1, 1, 1, 20, 8, 3, 3, 1, 1, 1, 1),           // one pixel under a larger kernel
        new(3, 1, 1, 1, 1, 1, 1),
        new(3, 4, 4, 21, 1, 4, 4),                       // the kernel covers the image: the discriminator's last layer
        new(3, 4, 5, 6, 9, 4, 5, 2, 2),
        new(2, 4, 4, 35, 30, 1, 1),
        new(2, 5, 5, 18, 9, 1, 1, 2, 2),
        new(2, 5, 5, 18, 9, 1, 1, 1, 1, 1, 1),           // padding wider than the kernel: outputs of nothing but zeros
        new(2, 6, 6, 17, 1, 3, 3, 1, 1, 1, 1),           // one output channel
        new(2, 1, 300, 1, 12, 1, 64, 1, 16),             // a short-time Fourier transform's kind
        new(1, 1, 300, 1, 40, 1, 64, 1, 16, 0, 32),
        new(2, 3, 3, 300, 6, 3, 3, 1, 1, 1, 1),          // more channels than a block is deep
        new(0, 8, 8, 3, 4, 4, 4, 2, 2, 1, 1),
        new(0, 8, 8, 17, 4, 4, 4, 2, 2, 1, 1),
        new(9, 30, 30, 4, 5, 3, 3, 1, 1, 1, 1),          // enough pixels that the weight gradient's depth is sliced
        new(1, 3, 70, 20, 12, 3, 5, 1, 2, 1, 2),
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
                new ConvolutionGeometry(1 + random.NextInt(3), height, width, inputChannels, outputChannels, kernelHeight, kernelWidth,
                1 + random.NextInt(4), 1 + random.NextInt(4), paddingHeight, paddingWidth, dilationHeight, dilationWidth), (ulong)i);
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
            var g = new ConvolutionGeometry(batch, 24, 22, inputChannels, outputChannels, 4, 4, 2, 2, 1, 1);
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
            var g = new ConvolutionGeometry(6, 16, 16, channels, 24, 4, 4, 2, 2, 1, 1);
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
