namespace CrossModal.Kernels.Tests.Cuda;

public class OptimizerTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 0)]
    [InlineData(17, 0, 0.01f)]
    [InlineData(17, 1, 0.01f)]
    [InlineData(10_005, 0, 0)]
    public void AdamAgreesOverSeveralSteps(int count, int start, float decay)
    {
        using var devices = new SimulatedDevices();
        var (parameters, first, second) = (devices.Normal(start + count), devices.Floats(new double[start + count]),
            devices.Floats(new double[start + count]));
        var (rate, step) = (devices.Floats(2e-3), devices.Longs(0));
        for (var turn = 0; turn < 5; turn++)
        {
            var gradients = devices.Normal(count);
            devices.Run(device =>
            {
                device.Increment(step.On(device), 1);
                device.Adam(new AdamConstants(0.5f, 0.999f, 1e-8f, decay), rate.On(device), step.On(device), parameters.Slice(start, count)
                    .On(device),
                    gradients.On(device), first.Slice(start, count).On(device), second.Slice(start, count).On(device));
            });
        }

        Assert.Equal([5], devices.Longs(step));
        devices.Compare("Adam parameters", $"[{count}]", parameters, 1e-6, 1e-6);
        devices.Compare("Adam first moment", $"[{count}]", first, 1e-6, 1e-6);
        devices.Compare("Adam second moment", $"[{count}]", second, 1e-6, 1e-9);
    }

    /// <summary>1 − βᵗ keeps its digits from the first step, where it is small, to the millionth, where it is one.</summary>
    [Theory]
    [InlineData(1, 0.9f, 0.999f)]
    [InlineData(2, 0, 0.9999f)]
    [InlineData(1000, 0.5f, 0.999f)]
    [InlineData(1_000_000, 0.9f, 0.99999f)]
    [InlineData(50_000_000, 0.9f, 0.999f)]
    public void TheCorrectionsAreRightAtEveryStep(long number, float beta1, float beta2)
    {
        using var devices = new SimulatedDevices();
        var (parameters, first, second) = (devices.Floats(0, 0, 0), devices.Floats(0, 0.01, 0.5), devices.Floats(0, 0.01, 0.25));
        var (rate, step, gradients) = (devices.Floats(1), devices.Longs(number), devices.Floats(3, -0.02, 0.5));
        devices.Run(device =>
            device.Adam(new AdamConstants(beta1, beta2), rate.On(device), step.On(device), parameters.On(device), gradients.On(device),
            first.On(device), second.On(device)));
        devices.Compare($"Adam at step {number}", $"β {beta1}, {beta2}", parameters, 1e-6, 0);
    }

    /// <summary>
    /// More arrays than one launch takes, empty ones, unaligned ones and one of several chunks: to the bit what one call an array does.
    /// </summary>
    [Fact]
    public void ManyArraysAtOnceAreEachArrayByItself()
    {
        using var devices = new SimulatedDevices();
        var random = new CountedRandom(5);
        var constants = new AdamConstants(0.5f, 0.999f, 1e-8f, 0.01f);
        var (rate, step) = (devices.Floats(1e-2), devices.Longs(3));
        var together = new List<SimulatedTwin[]>();
        var apart = new List<SimulatedTwin[]>();
        for (var i = 0; i < 101; i++)
        {
            var count = i == 7 ? 9000 : i % 9 == 0 ? 0 : 1 + random.NextInt(70);
            var start = i % 5 == 0 ? 1 : 0;
            double[][] numbers = [Draw(start + count), Draw(start + count), Draw(start + count),
                Array.ConvertAll(Draw(start + count), Math.Abs)];
            together.Add(Array.ConvertAll(numbers, values => devices.Floats(values).Slice(start, count)));
            apart.Add(Array.ConvertAll(numbers, values => devices.Floats(values).Slice(start, count)));
        }

        devices.Run(device => device.AdamAll(constants, rate.On(device), step.On(device),
            together.ConvertAll(four => new AdamArrays(four[0].On(device), four[1].On(device), four[2].On(device), four[3].On(device)))
                .ToArray()));
        foreach (var four in apart)
            devices.Simulated.Adam(constants, rate.Simulated, step.Simulated, four[0].Simulated, four[1].Simulated, four[2].Simulated,
                four[3].Simulated);
        for (var i = 0; i < together.Count; i++)
        {
            foreach (var which in new[] { 0, 2, 3 })
            {
                Assert.Equal(devices.Floats(apart[i][which]), devices.Floats(together[i][which]));
                devices.Compare("AdamAll", $"array {i}", together[i][which], 1e-6, 1e-6);
            }
        }

        devices.Simulated.AdamAll(constants, rate.Simulated, step.Simulated, []);

        double[] Draw(int count) => Array.ConvertAll(new double[count], _ => (double)random.NextNormal());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 0)]
    [InlineData(5001, 0)]
    [InlineData(5001, 1)]
    public void SgdAgreesOverSeveralSteps(int count, int start)
    {
        using var devices = new SimulatedDevices();
        var (parameters, velocity, rate) = (devices.Normal(start + count), devices.Floats(new double[start + count]), devices.Floats(0.1));
        for (var turn = 0; turn < 4; turn++)
        {
            var gradients = devices.Normal(count);
            devices.Run(device => device.Sgd(0.9f, 0.01f, rate.On(device), parameters.Slice(start, count).On(device), gradients.On(device),
                velocity.Slice(start, count).On(device)));
        }

        devices.Compare("Sgd parameters", $"[{count}]", parameters, 1e-6, 1e-6);
        devices.Compare("Sgd velocity", $"[{count}]", velocity, 1e-6, 1e-6);
    }

    [Fact]
    public void IncrementCounts()
    {
        using var devices = new SimulatedDevices();
        var counter = devices.Longs(5_000_000_000);
        devices.Run(device =>
        {
            device.Increment(counter.On(device), 1);
            device.Increment(counter.On(device), -3);
        });
        Assert.Equal([4_999_999_998], devices.Longs(counter));
    }
}
