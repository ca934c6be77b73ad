using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

public class ConvolutionAddLeakyReluTests
{
    private static readonly ConvolutionGeometry[] Geometries =
    [
        new(3, 16, 12, 3, 20, 4, 4, 2, 2, 1, 1),       // few channels, a part of a vector left over
        new(5, 16, 16, 1, 64, 4, 4, 2, 2, 1, 1),
        new(40, 16, 16, 16, 32, 4, 4, 2, 2, 1, 1),     // tiles, blocks of images
        new(2, 12, 20, 16, 80, 4, 4, 2, 2, 1, 1),      // tiles that reach over the edge
        new(1, 8, 8, 32, 208, 4, 4, 2, 2, 1, 1),       // columns shared out between the threads
        new(2, 9, 7, 5, 6, 3, 3, 1, 1, 1, 1),
        new(4, 4, 4, 32, 48, 1, 1),
        new(0, 8, 8, 3, 16, 4, 4, 2, 2, 1, 1),
    ];

    [Fact]
    public void GivesToTheBitWhatTheTwoPrimitivesGiveOneAfterTheOther()
    {
        foreach (var path in Enum.GetValues<VectorPath>().Where(VectorPaths.Supports))
        {
            foreach (var outputs in new int?[] { null, 2, 4 })
            {
                using var cpu = new CpuBackend(2) { VectorPath = path, WinogradOutputs = outputs };
                using var check = new MatrixProductCheck(cpu, 8);
                foreach (var g in Geometries)
                {
                    var (x, w, bias) = (Numbers(check, g.InputCount), Numbers(check, g.WeightCount), Numbers(check, g.OutputChannels));
                    DeviceArray y = check.Guarded(new float[g.OutputCount], 0), expected = check.Guarded(new float[g.OutputCount], 0);
                    cpu.ConvolutionAddLeakyRelu(g, x, w, bias, 0.2, y);
                    cpu.Convolution(g, x, w, expected);
                    var rows = StridedGeometry.Merge([(int)(g.OutputCount / g.OutputChannels), g.OutputChannels], [g.OutputChannels, 1], [0, 1], [g.OutputChannels, 1]);
                    cpu.Binary(BinaryOperation.AddLeakyRelu, rows, expected, bias, expected, 0.2);
                    Assert.Equal(expected.Span<float>().ToArray(), y.Span<float>().ToArray());
                    Assert.True(g.Batch == 0 || y.Span<float>().ToArray().Any(value => value < 0), $"{g}: no negative number");
                }
            }
        }
    }

    private static DeviceArray Numbers(MatrixProductCheck check, long count) => check.Guarded(check.Numbers(count), 0);
}
