namespace CrossModal.Kernels.Tests.Cuda;

public class MovementTests
{
    public static TheoryData<string, int[], long[], long[], int, int> Copies => new()
    {
        { "contiguous", [7001], [1], [1], 7001, 7001 },
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
        { "NCHW to NHWC", [5, 100, 30], [3000, 1, 100], [3000, 30, 1], 15_000, 15_000 },
        { "repeated number", [700], [0], [1], 1, 700 },
        { "repeated row", [300, 7], [0, 1], [7, 1], 7, 2100 },
        { "repeated row in vectors", [30, 16], [0, 1], [16, 1], 16, 480 },
        { "every third", [100, 20], [60, 3], [20, 1], 6000, 2000 },
        { "reversed axes", [2, 3, 4, 5, 6, 7], [1, 2, 6, 24, 120, 720], [2520, 840, 210, 42, 7, 1], 5040, 5040 },
        { "reversed axes, long ends", [20, 3, 2, 2, 2, 18], [1, 20, 60, 120, 240, 480], [432, 144, 72, 36, 18, 1], 8640, 8640 },
    };

    [Theory]
    [MemberData(nameof(Copies))]
    public void StridedCopyAgreesForEveryType(string pattern, int[] extents, long[] from, long[] to, int sourceCount, int targetCount)
    {
        using var devices = new SimulatedDevices();
        var geometry = StridedGeometry.Merge(extents, from, new long[extents.Length], to);

        // Once where vectors may begin and once where they may not.
        foreach (var offset in new[] { 0, 1 })
        {
            Check(devices.Normal(sourceCount + offset), devices.Normal(targetCount + offset), offset);
            var numbers = Enumerable.Range(0, sourceCount + offset).ToArray();
            Check(devices.Integers(numbers), devices.Output(targetCount + offset, ElementType.Int32), offset);
            var longs = Array.ConvertAll(numbers, i => i * 5_000_000_000);
            Check(devices.Longs(longs), devices.Output(targetCount + offset, ElementType.Int64), offset);
        }

        void Check(SimulatedTwin x, SimulatedTwin y, int offset)
        {
            devices.Run(device =>
                device.StridedCopy(geometry, x.Slice(offset, sourceCount).On(device), y.Slice(offset, targetCount).On(device)));
            devices.Compare("StridedCopy", $"{pattern} [{string.Join(", ", extents)}] from {offset}", y, 1e-7, 1e-7);
        }
    }

    [Fact]
    public void OtherTypesAreNotCopiedIntoEachOther()
    {
        using var devices = new SimulatedDevices();
        var (floats, integers) = (devices.Normal(4), devices.Integers(1, 2, 3, 4));
        var geometry = StridedGeometry.Merge([4], [1], [0], [1]);
        Assert.Throws<ArgumentException>(() => devices.Simulated.StridedCopy(geometry, floats.Simulated, integers.Simulated));
    }

    [Theory]
    [InlineData(ElementType.Float32, 0.1f)]
    [InlineData(ElementType.Float32, 0)]
    [InlineData(ElementType.Float32, double.NaN)]
    [InlineData(ElementType.Int32, -7)]
    [InlineData(ElementType.Int64, 5_000_000_000)]
    public void FillAgreesForEveryType(ElementType type, double value)
    {
        using var devices = new SimulatedDevices();
        foreach (var (start, count) in new[] { (0, 0), (0, 1), (0, 2), (0, 17), (1, 17), (0, 10_001) })
        {
            var y = devices.Output(start + count + 1, type);
            devices.Run(device => device.Fill(y.Slice(start, count).On(device), value));
            devices.Compare("Fill", $"{type} [{count}] from {start}", y, 0, 0);
        }
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(7, 1)]
    [InlineData(40, 13)]
    [InlineData(300, 33)]
    public void OneHotAgrees(int count, int classes)
    {
        using var devices = new SimulatedDevices();
        var labels = devices.Integers(Enumerable.Range(0, count).Select(i => i * 7 % classes).ToArray());
        var y = devices.Output((long)count * classes);
        devices.Run(device => device.OneHot(labels.On(device), classes, y.On(device)));
        devices.Compare("OneHot", $"[{count}] of {classes}", y, 0, 0);
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
    };

    [Theory]
    [MemberData(nameof(Shifts))]
    public void ShiftAgrees(int batch, int height, int width, int channels, double[] offsets)
    {
        using var devices = new SimulatedDevices();
        var geometry = new ShiftGeometry(batch, height, width, channels);
        var (x, by, y) = (devices.Normal(geometry.Count), devices.Floats(offsets), devices.Output(geometry.Count));
        devices.Run(device => device.Shift(geometry, x.On(device), by.On(device), y.On(device)));
        devices.Compare("Shift", $"[{batch}, {height}, {width}, {channels}] by [{string.Join(", ", offsets)}]", y, 0, 0);
    }
}
