namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>kernels/softmax.cu on the simulator beside the reference.</summary>
public sealed class SoftmaxTests
{
    [Theory]
    [InlineData(0, 4)]
    [InlineData(4, 0)]
    [InlineData(3, 1)]
    [InlineData(64, 13)]
    [InlineData(5, 32)]
    [InlineData(7, 33)]
    [InlineData(30, 100)]
    [InlineData(2, 1024)]
    [InlineData(3, 1025)]
    [InlineData(2, 5003)]
    public void LogSoftmaxAgrees(int rows, int columns)
    {
        using var both = new SimulatedDevices();
        foreach (var deviation in new[] { 1f, 100f })
        {
            var all = both.Normal((long)rows * columns + 1, deviation);
            var (x, y) = (all.Slice(1, (long)rows * columns), both.Output((long)rows * columns));
            both.Run(device => device.LogSoftmax(rows, columns, x.On(device), y.On(device)));
            both.Compare("LogSoftmax", $"[{rows}, {columns}] of size {deviation}", y, 3e-7, 1e-6);

            both.Run(device => device.LogSoftmax(rows, columns, x.On(device), x.On(device)));
            both.Compare("LogSoftmax in place", $"[{rows}, {columns}] of size {deviation}", x, 3e-7, 1e-6);
        }
    }

    /// <summary>
    /// −∞ is a class without probability; a NaN, +∞ or nothing but −∞ leaves no number in its row, and every other row as it is.
    /// </summary>
    [Theory]
    [InlineData(40)]
    [InlineData(1500)]
    public void WhatIsNotFiniteStaysInItsRow(int columns)
    {
        using var both = new SimulatedDevices();
        var values = Enumerable.Range(0, 6 * columns).Select(i => i * 7919 % 100 / 10.0).ToArray();
        values[columns + 35] = double.NegativeInfinity;
        values[2 * columns + 38] = double.NaN;
        values[3 * columns + 1] = double.PositiveInfinity;
        Array.Fill(values, double.NegativeInfinity, 4 * columns, columns);
        var (x, y) = (both.Floats(values), both.Output(6 * columns));
        both.Run(device => device.LogSoftmax(6, columns, x.On(device), y.On(device)));
        both.Compare("LogSoftmax of what is not finite", $"[6, {columns}]", y, 3e-7, 1e-6);
        Assert.True(float.IsNaN(both.Floats(y)[2 * columns]));
    }
}
