namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// kernels/reduction.cu on the simulator beside the reference. The simulated device has 4 multiprocessors: a few thousand numbers are cut
/// into parts.
/// </summary>
public sealed class ReductionTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 0, 5, 3 }, { 0, 5, 1 }, { 3, 0, 4 }, { 3, 0, 1 }, { 5, 0, 0 },

        // Rows: by lanes of a warp, by a block, by several blocks; with and without a tail.
        { 5, 1, 1 }, { 2000, 3, 1 }, { 5, 7, 1 }, { 9, 16, 1 }, { 33, 100, 1 }, { 4, 1000, 1 }, { 3, 1024, 1 }, { 3, 1025, 1 },
            { 20, 1300, 1 },
        { 17, 2048, 1 }, { 1, 40_007, 1 }, { 1, 65_536, 1 }, { 3, 20_000, 1 }, { 3, 16_001, 1 },

        // Columns: by a thread, by a block, by several blocks; columns that fill no vector, no warp, no tile.
        { 7, 1, 40 }, { 50, 16, 48 }, { 3, 9, 4 }, { 2, 64, 5 }, { 1, 70, 300 }, { 1, 700, 300 }, { 2, 600, 255 }, { 40, 65, 17 },
            { 1, 1000, 2 },
        { 1, 3000, 3 }, { 2, 7000, 2 }, { 1, 5000, 64 }, { 1, 3000, 17 }, { 1, 130, 1200 }, { 3, 900, 32 }, { 1, 4097, 33 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ReduceAgrees(int outer, int reduced, int inner)
    {
        using var both = new SimulatedDevices();
        var count = (long)outer * reduced * inner;
        var all = both.Normal(count + 1);

        // From its second element on no float4 may be loaded.
        foreach (var offset in new[] { 0, 1 })
        {
            var x = all.Slice(offset, count);
            foreach (var operation in Enum.GetValues<ReductionOperation>())
            {
                var y = both.Output((long)outer * inner);
                both.Run(device => device.Reduce(operation, new ReductionGeometry(outer, reduced, inner), x.On(device), y.On(device)));

                // The terms are of size one: the sum's error grows with the root of their number.
                both.Compare($"Reduce {operation} from {offset}", $"[{outer}, {reduced}, {inner}]", y, 1e-6,
                    operation == ReductionOperation.Maximum ? 0 : 4e-7 * Math.Sqrt(reduced + 1));
            }
        }

        Assert.True(both.Simulated.Memory.DeviceAllocations < 30);
    }

    [Theory]
    [InlineData(1, 120_000)]
    [InlineData(3, 40_000)]
    [InlineData(64, 3000)]
    public void SumsOfManyEqualNumbersStayExact(int inner, int reduced)
    {
        using var both = new SimulatedDevices();
        var x = both.Floats(Enumerable.Repeat(0.1, reduced * inner).ToArray());
        var y = both.Output(inner);
        both.Run(device => device.Reduce(ReductionOperation.Sum, new ReductionGeometry(1, reduced, inner), x.On(device), y.On(device)));
        both.Compare("Reduce Sum of equals", $"[1, {reduced}, {inner}]", y, 5e-6, 0);
    }

    /// <summary>In whatever lane, block or part the NaN lies, and whatever it is joined with.</summary>
    [Theory]
    [InlineData(40, 1)]
    [InlineData(1000, 1)]
    [InlineData(5000, 1)]
    [InlineData(20_000, 1)]
    [InlineData(20_001, 1)]
    [InlineData(40, 5)]
    [InlineData(900, 20)]
    [InlineData(5000, 3)]
    public void TheMaximumOfANaNIsNaN(int reduced, int inner)
    {
        using var both = new SimulatedDevices();
        foreach (var place in new[] { 0, 1, reduced / 2, reduced - 2, reduced - 1 })
        {
            var values = Enumerable.Range(0, reduced * inner).Select(i => (double)(i * 7919 % 1000) - 500).ToArray();
            values[place * inner] = double.NaN;
            values[^1] = inner > 1 ? double.PositiveInfinity : values[^1];
            var (x, y) = (both.Floats(values), both.Output(inner));
            both.Run(device =>
                device.Reduce(ReductionOperation.Maximum, new ReductionGeometry(1, reduced, inner), x.On(device), y.On(device)));
            Assert.True(float.IsNaN(both.Floats(y)[0]), $"NaN at {place} of [1, {reduced}, {inner}] was lost");
            both.Compare("Reduce Maximum with NaN", $"[1, {reduced}, {inner}]", y, 0, 0);
        }
    }

    /// <summary>Blocks run in another order with other threads; what they leave is joined in one.</summary>
    [Theory]
    [InlineData(1, 40_007, 1)]
    [InlineData(1, 5000, 64)]
    public void SumsAreTheSameBits(int outer, int reduced, int inner)
    {
        var sums = new float[2][];
        for (var run = 0; run < 2; run++)
        {
            using var both = new SimulatedDevices(threads: 1 + 2 * run);
            var (x, y) = (both.Normal((long)outer * reduced * inner), both.Output((long)outer * inner));
            both.Simulated.Reduce(ReductionOperation.Sum, new ReductionGeometry(outer, reduced, inner), x.Simulated, y.Simulated);
            sums[run] = both.Floats(y);
        }

        Assert.Equal(sums[0], sums[1]);
    }
}
