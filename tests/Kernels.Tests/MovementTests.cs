namespace CrossModal.Kernels.Tests;

public class MovementTests
{
    public static TheoryData<string, int[], long[], long[], int, int> Copies => new()
    {
        { "contiguous", [70_001], [1], [1], 70_001, 70_001 },
        { "one element", [1], [1], [1], 1, 1 },
        { "slice of columns", [1001, 5], [9, 1], [5, 1], 1001 * 9, 1001 * 5 },
        { "into columns", [1001, 5], [5, 1], [9, 1], 1001 * 5, 1001 * 9 },
        { "transposed", [37, 53], [1, 37], [53, 1], 37 * 53, 37 * 53 },
        { "transposed, whole tiles", [64, 160], [1, 64], [160, 1], 64 * 160, 64 * 160 },
        { "scattered transposition", [37, 53], [53, 1], [1, 37], 37 * 53, 37 * 53 },
        { "NHWC to NCHW", [5, 3, 1000], [3000, 1, 3], [3000, 1000, 1], 15_000, 15_000 },
        { "NCHW to NHWC", [5, 1000, 3], [3000, 1, 1000], [3000, 3, 1], 15_000, 15_000 },
        { "repeated number", [700], [0], [1], 1, 700 },
        { "repeated row", [300, 7], [0, 1], [7, 1], 7, 2100 },
        { "backwards", [100], [-1], [1], 100, 100 },
        { "every third", [100, 20], [60, 3], [20, 1], 6000, 2000 },
        { "reversed axes", [2, 3, 4, 5, 6, 7], [1, 2, 6, 24, 120, 720], [2520, 840, 210, 42, 7, 1], 5040, 5040 },
    };

    [Theory]
    [MemberData(nameof(Copies))]
    public void StridedCopyAgreesForEveryType(string pattern, int[] extents, long[] from, long[] to, int sourceCount, int targetCount)
    {
        using var both = new BothDevices(threads: 3);
        var geometry = StridedGeometry.Merge(extents, from, new long[extents.Length], to);
        var shapes = $"{pattern} [{string.Join(", ", extents)}]";
        var start = pattern == "backwards" ? sourceCount - 1 : 0;
        Check(both.Normal(sourceCount), both.Normal(targetCount));
        Check(both.Integers(Enumerable.Range(0, sourceCount).ToArray()), both.Output(targetCount, ElementType.Int32));
        Check(both.Longs(Enumerable.Range(0, sourceCount).Select(i => i * 5_000_000_000).ToArray()),
            both.Output(targetCount, ElementType.Int64));

        void Check(Twin x, Twin y)
        {
            both.Run(device => device.StridedCopy(geometry, x.On(device).Slice(start, sourceCount - start), y.On(device)));
            both.Compare("StridedCopy", shapes, y, 1e-7, 1e-7);
        }
    }

    [Theory]
    [InlineData(ElementType.Float32, 0.1f)]
    [InlineData(ElementType.Int32, -7)]
    [InlineData(ElementType.Int64, 5_000_000_000)]
    public void FillAgreesForEveryType(ElementType type, double value)
    {
        using var both = new BothDevices();
        foreach (var count in new[] { 0, 1, 2, 17, 100_001 })
        {
            var y = both.Output(count, type);
            both.Run(device => device.Fill(y.On(device), value));
            both.Compare("Fill", $"{type} [{count}]", y, 0, 0);
        }
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(7, 1)]
    [InlineData(40, 13)]
    [InlineData(3000, 33)]
    public void OneHotAgrees(int count, int classes)
    {
        using var both = new BothDevices();
        var labels = both.Integers(Enumerable.Range(0, count).Select(i => i * 7 % classes).ToArray());
        var y = both.Output((long)count * classes);
        both.Run(device => device.OneHot(labels.On(device), classes, y.On(device)));
        both.Compare("OneHot", $"[{count}] of {classes}", y, 0, 0);
    }

    public static TheoryData<int, int, int, int, double[]> Shifts => new()
    {
        { 0, 4, 4, 3, [] },
        { 2, 0, 4, 3, [0, 0, 1, 1] },
        { 1, 1, 1, 1, [0, 0] },
        { 3, 1, 1, 5, [1, 0, 0, -1, -0.4, 0.4] },
        { 4, 7, 5, 3, [2, -1, -6, 4, 0, 0, 6, -4] },
        { 5, 5, 9, 1, [5, 0, 0, -9, -5, 9, 1e20, 0, 0, -2147483648] },
        { 4, 6, 6, 17, [0.5, -0.5, 2.5, -2.5, 1.4999, -1.4999, -3.5, 3.5] },
        { 3, 4, 4, 2, [double.NaN, 0, 0, double.NaN, double.PositiveInfinity, double.NegativeInfinity] },
        { 6, 64, 64, 3, [8, -8, -8, 8, 0, 5, -5, 0, 1, 1, 63, -63] },
    };

    [Theory]
    [MemberData(nameof(Shifts))]
    public void ShiftAgrees(int batch, int height, int width, int channels, double[] offsets)
    {
        using var both = new BothDevices(threads: 3);
        var geometry = new ShiftGeometry(batch, height, width, channels);
        var (x, by, y) = (both.Normal(geometry.Count), both.Floats(offsets), both.Output(geometry.Count));
        both.Run(device => device.Shift(geometry, x.On(device), by.On(device), y.On(device)));
        both.Compare("Shift", $"[{batch}, {height}, {width}, {channels}] by [{string.Join(", ", offsets)}]", y, 0, 0);
    }

    /// <summary>The definition, by hand: one image down and left, one by more than its size.</summary>
    [Fact]
    public void ShiftMovesDownAndRightAndLeavesZeros()
    {
        using var both = new BothDevices();
        var (x, by, y) = (both.Floats(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6), both.Floats(1, -1, 0, 3), both.Output(12));
        both.Run(device => device.Shift(new ShiftGeometry(2, 2, 3, 1), x.On(device), by.On(device), y.On(device)));
        Assert.Equal([0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 0], y.Cpu.Span<float>().ToArray());
        both.Compare("Shift", "[2, 2, 3, 1]", y, 0, 0);
    }
}
