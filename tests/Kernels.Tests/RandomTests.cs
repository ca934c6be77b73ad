namespace CrossModal.Kernels.Tests;

public class RandomTests
{
    public static TheoryData<string> Distributions => [.. Enum.GetNames<RandomDistribution>()];

    [Theory]
    [MemberData(nameof(Distributions))]
    public void EveryDeviceDrawsTheSameNumbers(string distributionName)
    {
        var distribution = Enum.Parse<RandomDistribution>(distributionName);
        using var both = new BothDevices(threads: 3);
        var start = (1L << 32) - 3;
        var position = both.Longs(start);
        var expected = start;
        foreach (var count in new[] { 0, 1, 4, 5, 31, 32, 33, 50_001 })
        {
            var y = both.Output(count);
            both.Run(device =>
                device.Random(distribution, 0x1234_5678_9ABC_DEF0, 7UL << 33 | 5, position.On(device), y.On(device), 0.3, 1.7));
            both.Compare($"Random {distribution}", $"[{count}]", y, 1e-6, 1e-6);
            expected += (count + 3) / 4;
            Assert.Equal(expected, position.Cpu.Span<long>()[0]);
            Assert.Equal(expected, position.Reference.Span<long>()[0]);
        }
    }

    [Fact]
    public void UniformNumbersAreThoseOfPhilox()
    {
        using var both = new BothDevices();
        var (position, y) = (both.Longs(11), both.Output(6));
        both.Cpu.Random(RandomDistribution.Uniform, 42, 3, position.Cpu, y.Cpu, 0, 1);
        var (first, second) = (Philox.Block(42, 11, 3), Philox.Block(42, 12, 3));
        uint[] words = [first.A, first.B, first.C, first.D, second.A, second.B];
        Assert.Equal(words.Select(Philox.ToUniform), y.Cpu.Span<float>().ToArray());
    }

    [Fact]
    public void NormalNumbersHaveTheMomentsOfTheNormalDistribution()
    {
        using var both = new BothDevices();
        var (position, y) = (both.Longs(0), both.Output(400_000));
        both.Cpu.Random(RandomDistribution.Normal, 9, 0, position.Cpu, y.Cpu, 0, 1);
        var values = BothDevices.Doubles(y.Cpu);

        // Standard errors: 0.0016 of the mean, 0.0022 of the variance, 0.0077 of the fourth moment; five of each.
        Assert.InRange(values.Average(), -0.008, 0.008);
        Assert.InRange(values.Average(value => value * value), 0.989, 1.011);
        Assert.InRange(values.Average(value => Math.Pow(value, 4)), 2.92, 3.08);
        Assert.InRange(values.Zip(values.Skip(1), (a, b) => a * b).Average(), -0.008, 0.008);
    }
}
