namespace CrossModal.Kernels.Tests;

public sealed class RandomTests
{
    private const ulong Seed = 0x1234_5678_9ABC_DEF0, Stream = 7UL << 33 | 5;

    public static TheoryData<string> Distributions => [.. Enum.GetNames<RandomDistribution>()];

    [Theory]
    [EachDevice(With = nameof(Distributions))]
    public void TheReferenceDrawsTheSameNumbers(string device, string distributionName)
    {
        var distribution = Enum.Parse<RandomDistribution>(distributionName);
        using var pair = new DevicePair(device);
        var expected = (1L << 32) - 3;
        var position = pair.Longs(expected);
        foreach (var (offset, count) in new[] { (0, 0), (0, 1), (0, 4), (0, 5), (0, 31), (1, 32), (3, 33), (0, 50_001) })
        {
            var y = pair.Output(offset + count);
            pair.Run(backend =>
                backend.Random(new(distribution, 0.3, 1.7), Seed, Stream, position.On(backend), y.Slice(offset, count).On(backend)));
            pair.Compare($"Random {distribution}", $"[{count}] from {offset}", y, 1e-6, 1e-6);
            expected += (count + 3) / 4;
            Assert.Equal([expected], pair.Longs(position));
            Assert.Equal(expected, position.Reference.Span<long>()[0]);
        }
    }

    [Theory]
    [EachDevice]
    public void UniformNumbersAreThoseOfPhiloxToTheBit(string device)
    {
        using var pair = new DevicePair(device);
        const int Count = 4003;
        var (position, y) = (pair.Longs(11), pair.Output(Count));
        pair.Run(backend => backend.Random(new(RandomDistribution.Uniform, 0, 1), Seed, Stream, position.On(backend), y.On(backend)));
        var expected = new float[Count];
        for (var i = 0; i < Count; i++)
        {
            var (a, b, c, d) = Philox.Block(Seed, 11 + (ulong)(i / 4), Stream);
            expected[i] = Philox.ToUniform((i % 4) switch { 0 => a, 1 => b, 2 => c, _ => d });
        }

        Assert.Equal(expected, pair.Floats(y));
    }

    [Theory]
    [EachDevice]
    public void NormalNumbersHaveTheMomentsOfTheNormalDistribution(string device)
    {
        using var pair = new DevicePair(device);
        var (position, y) = (pair.Longs(0), pair.Output(400_000));
        pair.Device.Random(new(RandomDistribution.Normal, 0, 1), 9, 0, position.Device, y.Device);
        var values = Array.ConvertAll(pair.Floats(y), value => (double)value);

        // Standard errors: 0.0016 of the mean, 0.0022 of the variance, 0.0077 of the fourth moment; five of each.
        Assert.InRange(values.Average(), -0.008, 0.008);
        Assert.InRange(values.Average(value => value * value), 0.989, 1.011);
        Assert.InRange(values.Average(value => Math.Pow(value, 4)), 2.92, 3.08);
        Assert.InRange(values.Zip(values.Skip(1), (a, b) => a * b).Average(), -0.008, 0.008);
    }
}
