namespace CrossModal.Kernels.Tests.Cuda;

public class PoolingTests
{
    [Theory]
    [InlineData(0, 4, 4, 3, 2, 2)]
    [InlineData(1, 1, 1, 1, 1, 1)]
    [InlineData(2, 7, 5, 3, 2, 2)]
    [InlineData(3, 9, 9, 17, 3, 2)]
    [InlineData(2, 8, 6, 64, 2, 2)]
    [InlineData(1, 5, 5, 300, 2, 3)]
    [InlineData(2, 10, 7, 5, 3, 1)]
    public void AllThreeAgree(int batch, int height, int width, int channels, int kernel, int stride)
    {
        using var devices = new SimulatedDevices();
        var geometry = new PoolingGeometry(batch, height, width, channels, kernel, stride);
        var shapes = $"[{batch}, {height}, {width}, {channels}], window {kernel}, stride {stride}";
        var x = devices.Normal(geometry.InputCount);
        var (y, indices) = (devices.Output(geometry.OutputCount), devices.Output(geometry.OutputCount, ElementType.Int32));
        devices.Run(device => device.MaxPool(geometry, x.On(device), y.On(device), indices.On(device)));
        devices.Compare("MaxPool", shapes, y, 0, 0);
        devices.Compare("MaxPool indices", shapes, indices, 0, 0);

        var (gradient, scattered, gathered) = (devices.Normal(geometry.OutputCount), devices.Output(geometry.InputCount),
            devices.Output(geometry.OutputCount));
        devices.Run(device =>
        {
            device.MaxPoolScatter(geometry, gradient.On(device), indices.On(device), scattered.On(device));
            device.MaxPoolGather(geometry, x.On(device), indices.On(device), gathered.On(device));
        });
        devices.Compare("MaxPoolScatter", shapes, scattered, 1e-6, 1e-6);
        devices.Compare("MaxPoolGather", shapes, gathered, 0, 0);
    }

    /// <summary>
    /// The first NaN of a window is its maximum, wherever it stands; of equals the first is taken; a window of −∞ keeps its first place.
    /// </summary>
    [Fact]
    public void TheFirstOfEqualsAndTheFirstNaNWin()
    {
        using var devices = new SimulatedDevices();
        const double NaN = double.NaN, Least = double.NegativeInfinity;
        var x = devices.Floats(NaN, 4, 1, Least, 1, 3, NaN, 5, Least, 4, 9, 4, NaN, Least, 4, 2, 6, 7, Least, 4);
        var (y, indices) = (devices.Output(5), devices.Output(5, ElementType.Int32));
        devices.Run(device => device.MaxPool(new PoolingGeometry(1, 2, 2, 5, 2, 2), x.On(device), y.On(device), indices.On(device)));
        Assert.Equal([0, 6, 12, 3, 9], devices.Integers(indices));
        devices.Compare("MaxPool with NaN", "[1, 2, 2, 5]", y, 0, 0);
        devices.Compare("MaxPool with NaN, indices", "[1, 2, 2, 5]", indices, 0, 0);
    }
}
