namespace CrossModal.Kernels.Tests.Cuda;

public class RandomTests
{
    private const ulong Seed = 0x1234_5678_9ABC_DEF0, Stream = 7UL << 33 | 5;

    public static TheoryData<string> Distributions => [.. Enum.GetNames<RandomDistribution>()];

    [Theory]
    [MemberData(nameof(Distributions))]
    public void TheReferenceDrawsTheSameNumbers(string distributionName)
    {
        var distribution = Enum.Parse<RandomDistribution>(distributionName);
        using var devices = new SimulatedDevices();
        var start = (1L << 32) - 3;
        var position = devices.Longs(start);
        var expected = start;
        foreach (var (offset, count) in new[] { (0, 0), (0, 1), (0, 4), (0, 5), (1, 32), (3, 33), (0, 20_001) })
        {
            var y = devices.Output(offset + count);
            devices.Run(device =>
                device.Random(distribution, Seed, Stream, position.On(device), y.Slice(offset, count).On(device), 0.3, 1.7));
            devices.Compare($"Random {distribution}", $"[{count}] from {offset}", y, 1e-6, 1e-6);
            expected += (count + 3) / 4;
            Assert.Equal([expected], devices.Longs(position));
        }
    }

    [Fact]
    public void UniformNumbersAreThoseOfPhiloxToTheBit()
    {
        using var devices = new SimulatedDevices();
        const int Count = 4003;
        var (position, y) = (devices.Longs(11), devices.Output(Count));
        devices.Simulated.Random(RandomDistribution.Uniform, Seed, Stream, position.Simulated, y.Simulated, 0, 1);
        var expected = new float[Count];
        for (var i = 0; i < Count; i++)
        {
            var (a, b, c, d) = Philox.Block(Seed, 11 + (ulong)(i / 4), Stream);
            expected[i] = Philox.ToUniform((i % 4) switch { 0 => a, 1 => b, 2 => c, _ => d });
        }

        Assert.Equal(expected, devices.Floats(y));
    }
}
