namespace CrossModal.Kernels.Tests;

/// <summary>The simulated device has 4 multiprocessors, the processor some threads: a few thousand numbers are cut into parts.</summary>
public sealed class ReductionTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 0, 5, 3 }, { 0, 5, 1 }, { 3, 0, 4 }, { 3, 0, 1 }, { 5, 0, 0 },

        // Rows: by lanes of a warp, by a block, by several blocks; with and without a tail.
        { 5, 1, 1 }, { 2000, 3, 1 }, { 5, 7, 1 }, { 5, 16, 1 }, { 9, 16, 1 }, { 33, 100, 1 }, { 4, 1000, 1 }, { 3, 1024, 1 },
        { 3, 1025, 1 }, { 20, 1300, 1 }, { 17, 2048, 1 }, { 1, 40_007, 1 }, { 1, 65_536, 1 }, { 1, 100_003, 1 }, { 3, 20_000, 1 },
        { 3, 16_001, 1 }, { 3, 40_000, 1 },

        // Columns: by a thread, by a block, by several blocks; columns that fill no vector, no warp, no tile.
        { 7, 1, 40 }, { 50, 16, 48 }, { 3, 9, 4 }, { 2, 64, 5 }, { 1, 5, 300 }, { 1, 70, 300 }, { 1, 700, 300 }, { 2, 600, 255 },
        { 40, 65, 17 }, { 1, 1000, 2 }, { 1, 3000, 3 }, { 1, 20_000, 3 }, { 2, 7000, 2 }, { 1, 5000, 64 }, { 1, 3000, 17 },
        { 1, 130, 1200 }, { 3, 900, 32 }, { 1, 4097, 33 },
    };

    [Theory]
    [EachDevice(With = nameof(Shapes))]
    [InlineData("cpu", 1, 130, 5000)]
    [InlineData("cpu", 2, 70_000, 2)]
    public void ReduceAgrees(string device, int outer, int reduced, int inner)
    {
        using var pair = new DevicePair(device);
        var count = (long)outer * reduced * inner;
        var all = pair.Normal(count + 1);

        // From its second element on no vector may be loaded.
        foreach (var offset in new[] { 0, 1 })
        {
            var x = all.Slice(offset, count);
            foreach (var operation in Enum.GetValues<ReductionOperation>())
            {
                var y = pair.Output((long)outer * inner);
                pair.Run(backend =>
                    backend.Reduce(operation, new ReductionGeometry(outer, reduced, inner), x.On(backend), y.On(backend)));

                // The terms are of size one: the sum's error grows with the root of their number.
                var absolute = operation == ReductionOperation.Maximum ? 0 : (device == "cpu" ? 6e-7 : 4e-7) * Math.Sqrt(reduced + 1);
                pair.Compare($"Reduce {operation} from {offset}", $"[{outer}, {reduced}, {inner}]", y, 1e-6, absolute);
            }
        }

        Assert.True(pair.Device.Memory.DeviceAllocations < 30);
    }

    [Theory]
    [EachDevice(1, 120_000)]
    [EachDevice(3, 40_000)]
    [EachDevice(64, 3000)]
    [InlineData("cpu", 3, 1_000_000)]
    public void SumsOfManyEqualNumbersStayExact(string device, int inner, int reduced)
    {
        using var pair = new DevicePair(device);
        var x = pair.Floats(Enumerable.Repeat(0.1, reduced * inner).ToArray());
        var y = pair.Output(inner);
        pair.Run(backend => backend.Reduce(ReductionOperation.Sum, new ReductionGeometry(1, reduced, inner), x.On(backend), y.On(backend)));
        pair.Compare("Reduce Sum of equals", $"[1, {reduced}, {inner}]", y, 5e-6, 0);
    }

    /// <summary>In whatever lane, block or part the NaN lies, and whatever it is joined with.</summary>
    [Theory]
    [EachDevice(40, 1)]
    [EachDevice(1000, 1)]
    [EachDevice(5000, 1)]
    [EachDevice(20_000, 1)]
    [EachDevice(20_001, 1)]
    [EachDevice(40, 5)]
    [EachDevice(900, 20)]
    [EachDevice(9000, 20)]
    [EachDevice(5000, 3)]
    public void TheMaximumOfANaNIsNaN(string device, int reduced, int inner)
    {
        using var pair = new DevicePair(device);
        foreach (var place in new[] { 0, 1, reduced / 2, reduced - 2, reduced - 1 })
        {
            var values = Enumerable.Range(0, reduced * inner).Select(i => (double)(i * 7919 % 1000) - 500).ToArray();
            values[place * inner] = double.NaN;
            values[^1] = inner > 1 ? double.PositiveInfinity : values[^1];
            var (x, y) = (pair.Floats(values), pair.Output(inner));
            pair.Run(backend =>
                backend.Reduce(ReductionOperation.Maximum, new ReductionGeometry(1, reduced, inner), x.On(backend), y.On(backend)));
            Assert.True(float.IsNaN(pair.Floats(y)[0]), $"NaN at {place} of [1, {reduced}, {inner}] was lost");
            pair.Compare("Reduce Maximum with NaN", $"[1, {reduced}, {inner}]", y, 0, 0);
        }
    }

    /// <summary>Parts are done in another order with other threads; what they leave is joined in one.</summary>
    [Theory]
    [EachDevice(1, 40_007, 1)]
    [EachDevice(1, 5000, 64)]
    public void SumsAreTheSameBits(string device, int outer, int reduced, int inner)
    {
        var sums = new float[2][];
        for (var run = 0; run < 2; run++)
        {
            using var pair = new DevicePair(device, threads: 1 + 2 * run);
            var (x, y) = (pair.Normal((long)outer * reduced * inner), pair.Output((long)outer * inner));
            pair.Device.Reduce(ReductionOperation.Sum, new ReductionGeometry(outer, reduced, inner), x.Device, y.Device);
            sums[run] = pair.Floats(y);
        }

        Assert.Equal(sums[0], sums[1]);
    }
}
