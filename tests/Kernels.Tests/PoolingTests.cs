namespace CrossModal.Kernels.Tests;

public class PoolingTests
{
    [Theory]
    [InlineData(0, 4, 4, 3, 2, 2)]
    [InlineData(1, 1, 1, 1, 1, 1)]
    [InlineData(2, 7, 5, 3, 2, 2)]
    [InlineData(3, 9, 9, 17, 3, 2)]
    [InlineData(2, 8, 6, 64, 2, 2)]
    [InlineData(4, 16, 16, 33, 3, 1)]
    public void AllThreeAgree(int batch, int height, int width, int channels, int kernel, int stride)
    {
        using var both = new BothDevices(threads: 3);
        var geometry = new PoolingGeometry(batch, height, width, channels, kernel, stride);
        var shapes = $"[{batch}, {height}, {width}, {channels}], window {kernel}, stride {stride}";
        var x = both.Normal(geometry.InputCount);
        var (y, indices) = (both.Output(geometry.OutputCount), both.Output(geometry.OutputCount, ElementType.Int32));
        both.Run(device => device.MaxPool(geometry, x.On(device), y.On(device), indices.On(device)));
        both.Compare("MaxPool", shapes, y, 0, 0);
        both.Compare("MaxPool indices", shapes, indices, 0, 0);

        var (gradient, scattered, gathered) = (both.Normal(geometry.OutputCount), both.Output(geometry.InputCount),
            both.Output(geometry.OutputCount));
        both.Run(device =>
        {
            device.MaxPoolScatter(geometry, gradient.On(device), indices.On(device), scattered.On(device));
            device.MaxPoolGather(geometry, x.On(device), indices.On(device), gathered.On(device));
        });
        both.Compare("MaxPoolScatter", shapes, scattered, 1e-6, 1e-6);
        both.Compare("MaxPoolGather", shapes, gathered, 0, 0);
    }

    [Fact]
    public void TheFirstOfEqualsIsTaken()
    {
        using var both = new BothDevices();
        var (y, indices) = (both.Output(1), both.Output(1, ElementType.Int32));
        var x = both.Floats(1, 4, 4, 4);
        both.Run(device => device.MaxPool(new PoolingGeometry(1, 2, 2, 1, 2, 2), x.On(device), y.On(device), indices.On(device)));
        Assert.Equal(1, indices.Cpu.Span<int>()[0]);
        both.Compare("MaxPool of equals", "[1, 2, 2, 1]", indices, 0, 0);
    }

    /// <summary>The first NaN of a window is its maximum, wherever it stands; a window of −∞ keeps its first place.</summary>
    [Fact]
    public void TheFirstNaNWins()
    {
        using var both = new BothDevices();
        const double NaN = double.NaN, Least = double.NegativeInfinity;
        var x = both.Floats(NaN, 4, 1, Least, 3, NaN, 5, Least, 9, 4, NaN, Least, 2, 6, 7, Least);
        var (y, indices) = (both.Output(4), both.Output(4, ElementType.Int32));
        both.Run(device => device.MaxPool(new PoolingGeometry(1, 2, 2, 4, 2, 2), x.On(device), y.On(device), indices.On(device)));
        Assert.Equal([0, 5, 10, 3], indices.Cpu.Span<int>().ToArray());
        both.Compare("MaxPool with NaN", "[1, 2, 2, 4]", y, 0, 0);
        both.Compare("MaxPool with NaN, indices", "[1, 2, 2, 4]", indices, 0, 0);
    }
}
