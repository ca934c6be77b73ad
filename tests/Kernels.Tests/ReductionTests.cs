namespace CrossModal.Kernels.Tests;

public class ReductionTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 0, 5, 3 }, { 3, 0, 4 }, { 3, 0, 1 }, { 5, 7, 1 }, { 5, 16, 1 }, { 4, 1000, 1 }, { 1, 100_003, 1 }, { 3, 40_000, 1 },
            { 2000, 3, 1 },
        { 1, 20_000, 3 }, { 1, 5000, 64 }, { 1, 3000, 17 }, { 1, 5, 300 }, { 1, 700, 300 }, { 3, 9, 4 }, { 50, 16, 48 }, { 2, 600, 255 },
            { 1, 130, 5000 },
        { 7, 1, 40 }, { 2, 70_000, 2 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ReduceAgrees(int outer, int reduced, int inner)
    {
        using var both = new BothDevices(threads: 3);
        var x = both.Normal((long)outer * reduced * inner);
        foreach (var operation in Enum.GetValues<ReductionOperation>())
        {
            var y = both.Normal((long)outer * inner);
            both.Run(device => device.Reduce(operation, new ReductionGeometry(outer, reduced, inner), x.On(device), y.On(device)));

            // The terms are of size one: the sum's error grows with the root of their number.
            both.Compare($"Reduce {operation}", $"[{outer}, {reduced}, {inner}]", y, 1e-6, 4e-7 * Math.Sqrt(reduced + 1));
        }
    }

    [Fact]
    public void SumsOfManyEqualNumbersStayExact()
    {
        using var both = new BothDevices();
        var x = both.Floats(Enumerable.Repeat(0.1, 3_000_000).ToArray());
        var y = both.Output(3);
        both.Run(device => device.Reduce(ReductionOperation.Sum, new ReductionGeometry(1, 1_000_000, 3), x.On(device), y.On(device)));
        both.Compare("Reduce Sum of equals", "[1, 1000000, 3]", y, 1e-5, 0);
    }

    [Theory]
    [InlineData(1, 40, 1)]
    [InlineData(1, 40, 5)]
    [InlineData(1, 9000, 20)]
    public void TheMaximumOfANaNIsNaN(int outer, int reduced, int inner)
    {
        using var both = new BothDevices();
        var x = both.Normal(outer * reduced * inner);
        x.Cpu.Span<float>()[inner * (reduced / 2)] = float.NaN;
        x.Reference.Span<double>()[inner * (reduced / 2)] = double.NaN;
        var y = both.Output(outer * inner);
        both.Run(device =>
            device.Reduce(ReductionOperation.Maximum, new ReductionGeometry(outer, reduced, inner), x.On(device), y.On(device)));
        Assert.True(float.IsNaN(y.Cpu.Span<float>()[0]));
        both.Compare("Reduce Maximum with NaN", $"[{outer}, {reduced}, {inner}]", y, 0, 0);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(3, 1)]
    [InlineData(64, 13)]
    [InlineData(5, 16)]
    [InlineData(300, 100)]
    public void LogSoftmaxAgrees(int rows, int columns)
    {
        using var both = new BothDevices();
        foreach (var deviation in new[] { 1f, 100f })
        {
            var x = both.Normal((long)rows * columns, deviation);
            var y = both.Output((long)rows * columns);
            both.Run(device => device.LogSoftmax(rows, columns, x.On(device), y.On(device)));
            both.Compare("LogSoftmax", $"[{rows}, {columns}] of size {deviation}", y, 3e-7, 5e-7);
        }
    }
}
