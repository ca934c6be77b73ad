namespace CrossModal.Kernels.Tests;

public sealed class SoftmaxTests
{
    [Theory]
    [EachDevice(0, 4)]
    [EachDevice(4, 0)]
    [EachDevice(3, 1)]
    [EachDevice(64, 13)]
    [EachDevice(5, 16)]
    [EachDevice(5, 32)]
    [EachDevice(7, 33)]
    [EachDevice(300, 100)]
    [EachDevice(2, 1024)]
    [EachDevice(3, 1025)]
    [EachDevice(2, 5003)]
    public void LogSoftmaxAgrees(string device, int rows, int columns)
    {
        using var pair = new DevicePair(device);
        var count = (long)rows * columns;
        foreach (var (deviation, offset) in new[] { (1f, 0), (1f, 1), (100f, 0), (100f, 1) })
        {
            var (x, y) = (pair.Normal(count + 1, deviation).Slice(offset, count), pair.Output(count));
            var shapes = $"[{rows}, {columns}] of size {deviation} from {offset}";
            pair.Run(backend => backend.LogSoftmax(rows, columns, x.On(backend), y.On(backend)));
            pair.Compare("LogSoftmax", shapes, y, 3e-7, device == "cpu" ? 5e-7 : 1e-6);

            pair.Run(backend => backend.LogSoftmax(rows, columns, x.On(backend), x.On(backend)));
            pair.Compare("LogSoftmax in place", shapes, x, 3e-7, device == "cpu" ? 5e-7 : 1e-6);
        }
    }

    /// <summary>
    /// −∞ is a class without probability; a NaN, +∞ or nothing but −∞ leaves no number in its row, and every other row as it is.
    /// </summary>
    [Theory]
    [EachDevice(40)]
    [EachDevice(1500)]
    public void WhatIsNotFiniteStaysInItsRow(string device, int columns)
    {
        using var pair = new DevicePair(device);
        var values = Enumerable.Range(0, 6 * columns).Select(i => i * 7919 % 100 / 10.0).ToArray();
        values[columns + 35] = double.NegativeInfinity;
        values[2 * columns + 38] = double.NaN;
        values[3 * columns + 1] = double.PositiveInfinity;
        Array.Fill(values, double.NegativeInfinity, 4 * columns, columns);
        var (x, y) = (pair.Floats(values), pair.Output(6 * columns));
        pair.Run(backend => backend.LogSoftmax(6, columns, x.On(backend), y.On(backend)));
        pair.Compare("LogSoftmax of what is not finite", $"[6, {columns}]", y, 3e-7, 1e-6);
        Assert.True(float.IsNaN(pair.Floats(y)[2 * columns]));
    }
}
