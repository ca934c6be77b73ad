namespace CrossModal.Kernels.Tests;

public sealed class MovementTests
{
    public static TheoryData<string, int[], long[], long[], int, int> Copies => new()
    {
        { "contiguous", [70_001], [1], [1], 70_001, 70_001 },
        { "one element", [1], [1], [1], 1, 1 },
        { "nothing", [0, 3], [3, 1], [3, 1], 0, 0 },
        { "slice of columns", [1001, 5], [9, 1], [5, 1], 1001 * 9, 1001 * 5 },
        { "slice of columns in vectors", [101, 8], [12, 1], [8, 1], 101 * 12, 101 * 8 },
        { "slice of columns in pairs", [101, 6], [10, 1], [6, 1], 101 * 10, 101 * 6 },
        { "into columns", [1001, 5], [5, 1], [9, 1], 1001 * 5, 1001 * 9 },
        { "into columns in vectors", [51, 64], [64, 1], [96, 1], 51 * 64, 51 * 96 },
        { "transposed", [37, 53], [1, 37], [53, 1], 37 * 53, 37 * 53 },
        { "transposed, whole tiles", [64, 160], [1, 64], [160, 1], 64 * 160, 64 * 160 },
        { "transposed, narrow", [500, 5], [1, 500], [5, 1], 2500, 2500 },
        { "scattered transposition", [37, 53], [53, 1], [1, 37], 37 * 53, 37 * 53 },
        { "transposed images", [3, 33, 40], [1320, 1, 33], [1320, 40, 1], 3960, 3960 },
        { "NHWC to NCHW", [5, 3, 1000], [3000, 1, 3], [3000, 1000, 1], 15_000, 15_000 },
        { "NCHW to NHWC", [5, 1000, 3], [3000, 1, 1000], [3000, 3, 1], 15_000, 15_000 },
        { "NCHW to NHWC, many channels", [5, 100, 30], [3000, 1, 100], [3000, 30, 1], 15_000, 15_000 },
        { "repeated number", [700], [0], [1], 1, 700 },
        { "repeated row", [300, 7], [0, 1], [7, 1], 7, 2100 },
        { "repeated row in vectors", [30, 16], [0, 1], [16, 1], 16, 480 },
        { "every third", [100, 20], [60, 3], [20, 1], 6000, 2000 },
        { "reversed axes", [2, 3, 4, 5, 6, 7], [1, 2, 6, 24, 120, 720], [2520, 840, 210, 42, 7, 1], 5040, 5040 },
        { "reversed axes, long ends", [20, 3, 2, 2, 2, 18], [1, 20, 60, 120, 240, 480], [432, 144, 72, 36, 18, 1], 8640, 8640 },
    };

    [Theory]
    [EachDevice(With = nameof(Copies))]
    public void StridedCopyAgreesForEveryType(string device, string pattern, int[] extents, long[] from, long[] to, int sourceCount,
        int targetCount)
    {
        using var pair = new DevicePair(device);
        var geometry = StridedGeometry.Merge(extents, from, new long[extents.Length], to);

        // Once where vectors may begin and once where they may not.
        foreach (var offset in new[] { 0, 1 })
        {
            var numbers = Enumerable.Range(0, sourceCount + offset).ToArray();
            Check(pair.Normal(sourceCount + offset), pair.Normal(targetCount + offset));
            Check(pair.Integers(numbers), pair.Output(targetCount + offset, ElementType.Int32));
            Check(pair.Longs(Array.ConvertAll(numbers, i => i * 5_000_000_000)), pair.Output(targetCount + offset, ElementType.Int64));

            void Check(Twin x, Twin y)
            {
                pair.Run(backend => backend.StridedCopy(geometry, x.Slice(offset, sourceCount).On(backend),
                    y.Slice(offset, targetCount).On(backend)));
                pair.Compare("StridedCopy", $"{pattern} [{string.Join(", ", extents)}] from {offset}", y, 1e-7, 1e-7);
            }
        }
    }

    /// <summary>Nobody copies so on a GPU, where an array may not be read before its begin.</summary>
    [Fact]
    public void StridedCopyGoesBackwards()
    {
        using var pair = new DevicePair("cpu");
        var (x, y) = (pair.Normal(100), pair.Output(100));
        var geometry = StridedGeometry.Merge([100], [-1], [0], [1]);
        pair.Run(backend => backend.StridedCopy(geometry, x.Slice(99, 1).On(backend), y.On(backend)));
        pair.Compare("StridedCopy", "backwards [100]", y, 0, 0);
    }

    [Fact]
    public void OtherTypesAreNotCopiedIntoEachOther()
    {
        TestDevices.Require("cuda-sim");
        using var pair = new DevicePair("cuda-sim");
        var (floats, integers) = (pair.Normal(4), pair.Integers(1, 2, 3, 4));
        var geometry = StridedGeometry.Merge([4], [1], [0], [1]);
        Assert.Throws<ArgumentException>(() => pair.Device.StridedCopy(geometry, floats.Device, integers.Device));
    }

    [Theory]
    [EachDevice(ElementType.Float32, 0.1f)]
    [EachDevice(ElementType.Float32, 0.0)]
    [EachDevice(ElementType.Float32, double.NaN)]
    [EachDevice(ElementType.Int32, -7.0)]
    [EachDevice(ElementType.Int64, 5_000_000_000.0)]
    public void FillAgreesForEveryType(string device, ElementType type, double value)
    {
        using var pair = new DevicePair(device);
        foreach (var (start, count) in new[] { (0, 0), (0, 1), (0, 2), (0, 17), (1, 17), (0, 100_001) })
        {
            var y = pair.Output(start + count + 1, type);
            pair.Run(backend => backend.Fill(y.Slice(start, count).On(backend), value));
            pair.Compare("Fill", $"{type} [{count}] from {start}", y, 0, 0);
        }
    }

    [Theory]
    [EachDevice(0, 5)]
    [EachDevice(7, 1)]
    [EachDevice(40, 13)]
    [EachDevice(3000, 33)]
    public void OneHotAgrees(string device, int count, int classes)
    {
        using var pair = new DevicePair(device);
        var labels = pair.Integers(Enumerable.Range(0, count).Select(i => i * 7 % classes).ToArray());
        var y = pair.Output((long)count * classes);
        pair.Run(backend => backend.OneHot(labels.On(backend), classes, y.On(backend)));
        pair.Compare("OneHot", $"[{count}] of {classes}", y, 0, 0);
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
        { 2, 8, 300, 1, [3, -260, -1, 7] },
        { 6, 64, 64, 3, [8, -8, -8, 8, 0, 5, -5, 0, 1, 1, 63, -63] },
    };

    [Theory]
    [EachDevice(With = nameof(Shifts))]
    public void ShiftAgrees(string device, int batch, int height, int width, int channels, double[] offsets)
    {
        using var pair = new DevicePair(device);
        var geometry = new ShiftGeometry(batch, height, width, channels);
        var (x, by, y) = (pair.Normal(geometry.Count), pair.Floats(offsets), pair.Output(geometry.Count));
        pair.Run(backend => backend.Shift(geometry, x.On(backend), by.On(backend), y.On(backend)));
        pair.Compare("Shift", $"[{batch}, {height}, {width}, {channels}] by [{string.Join(", ", offsets)}]", y, 0, 0);
    }

    /// <summary>The definition, by hand: one image down and left, one by more than its size.</summary>
    [Theory]
    [EachDevice]
    public void ShiftMovesDownAndRightAndLeavesZeros(string device)
    {
        using var pair = new DevicePair(device);
        var (x, by, y) = (pair.Floats(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6), pair.Floats(1, -1, 0, 3), pair.Output(12));
        pair.Run(backend => backend.Shift(new ShiftGeometry(2, 2, 3, 1), x.On(backend), by.On(backend), y.On(backend)));
        Assert.Equal([0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 0], pair.Floats(y));
        pair.Compare("Shift", "[2, 2, 3, 1]", y, 0, 0);
    }
}
