namespace CrossModal.Kernels.Tests;

public sealed class PoolingTests
{
    [Theory]
    [EachDevice(0, 4, 4, 3, 2, 2)]
    [EachDevice(1, 1, 1, 1, 1, 1)]
    [EachDevice(2, 7, 5, 3, 2, 2)]
    [EachDevice(3, 9, 9, 17, 3, 2)]
    [EachDevice(2, 8, 6, 64, 2, 2)]
    [EachDevice(1, 5, 5, 300, 2, 3)]
    [EachDevice(2, 10, 7, 5, 3, 1)]
    [EachDevice(4, 16, 16, 33, 3, 1)]
    public void AllThreeAgree(string device, int batch, int height, int width, int channels, int kernel, int stride)
    {
        using var pair = new DevicePair(device);
        var geometry = new PoolingGeometry(batch, height, width, channels, kernel, stride);
        var shapes = $"[{batch}, {height}, {width}, {channels}], window {kernel}, stride {stride}";
        var x = pair.Normal(geometry.InputCount);
        var (y, indices) = (pair.Output(geometry.OutputCount), pair.Output(geometry.OutputCount, ElementType.Int32));
        pair.Run(backend => backend.MaxPool(geometry, x.On(backend), y.On(backend), indices.On(backend)));
        pair.Compare("MaxPool", shapes, y, 0, 0);
        pair.Compare("MaxPool indices", shapes, indices, 0, 0);

        var (gradient, scattered, gathered) = (pair.Normal(geometry.OutputCount), pair.Output(geometry.InputCount),
            pair.Output(geometry.OutputCount));
        pair.Run(backend =>
        {
            backend.MaxPoolScatter(geometry, gradient.On(backend), indices.On(backend), scattered.On(backend));
            backend.MaxPoolGather(geometry, x.On(backend), indices.On(backend), gathered.On(backend));
        });
        pair.Compare("MaxPoolScatter", shapes, scattered, 1e-6, 1e-6);
        pair.Compare("MaxPoolGather", shapes, gathered, 0, 0);
    }

    /// <summary>
    /// The first NaN of a window is its maximum, wherever it stands; of equals the first is taken; a window of −∞ keeps its first place.
    /// </summary>
    [Theory]
    [EachDevice]
    public void TheFirstOfEqualsAndTheFirstNaNWin(string device)
    {
        using var pair = new DevicePair(device);
        const double NaN = double.NaN, Least = double.NegativeInfinity;
        var x = pair.Floats(NaN, 4, 1, Least, 1, 3, NaN, 5, Least, 4, 9, 4, NaN, Least, 4, 2, 6, 7, Least, 4);
        var (y, indices) = (pair.Output(5), pair.Output(5, ElementType.Int32));
        pair.Run(backend => backend.MaxPool(new PoolingGeometry(1, 2, 2, 5, 2, 2), x.On(backend), y.On(backend), indices.On(backend)));
        Assert.Equal([0, 6, 12, 3, 9], pair.Integers(indices));
        pair.Compare("MaxPool with NaN", "[1, 2, 2, 5]", y, 0, 0);
        pair.Compare("MaxPool with NaN, indices", "[1, 2, 2, 5]", indices, 0, 0);
    }
}
