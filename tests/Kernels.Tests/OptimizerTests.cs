namespace CrossModal.Kernels.Tests;

public sealed class OptimizerTests
{
    [Theory]
    [EachDevice(0, 0, 0f)]
    [EachDevice(1, 0, 0f)]
    [EachDevice(17, 0, 0.01f)]
    [EachDevice(17, 1, 0.01f)]
    [EachDevice(20_005, 0, 0f)]
    public void AdamAgreesOverSeveralSteps(string device, int count, int start, float decay)
    {
        using var pair = new DevicePair(device);
        Twin Zeros() => pair.Floats(new double[start + count]).Slice(start, count);
        var (parameters, first, second) = (pair.Normal(start + count).Slice(start, count), Zeros(), Zeros());
        var (rate, step) = (pair.Floats(2e-3), pair.Longs(0));
        for (var turn = 0; turn < 5; turn++)
        {
            var gradients = pair.Normal(count);
            pair.Run(backend =>
            {
                backend.Increment(step.On(backend), 1);
                backend.Adam(new AdamConstants(0.5f, 0.999f, 1e-8f, decay), rate.On(backend), step.On(backend),
                    new(parameters.On(backend), gradients.On(backend), first.On(backend), second.On(backend)));
            });
        }

        Assert.Equal([5], pair.Longs(step));
        pair.Compare("Adam parameters", $"[{count}]", parameters, 1e-6, 1e-6);
        pair.Compare("Adam first moment", $"[{count}]", first, 1e-6, 1e-6);
        pair.Compare("Adam second moment", $"[{count}]", second, 1e-6, 1e-9);
    }

    /// <summary>1 − βᵗ keeps its digits from the first step, where it is small, to the millionth, where it is one.</summary>
    [Theory]
    [EachDevice(1L, 0.9f, 0.999f)]
    [EachDevice(2L, 0f, 0.9999f)]
    [EachDevice(1000L, 0.5f, 0.999f)]
    [EachDevice(1_000_000L, 0.9f, 0.99999f)]
    [EachDevice(50_000_000L, 0.9f, 0.999f)]
    public void TheCorrectionsAreRightAtEveryStep(string device, long number, float beta1, float beta2)
    {
        using var pair = new DevicePair(device);
        var (parameters, first, second) = (pair.Floats(0, 0, 0), pair.Floats(0, 0.01, 0.5), pair.Floats(0, 0.01, 0.25));
        var (rate, step, gradients) = (pair.Floats(1), pair.Longs(number), pair.Floats(3, -0.02, 0.5));
        pair.Run(backend => backend.Adam(new AdamConstants(beta1, beta2), rate.On(backend), step.On(backend),
            new(parameters.On(backend), gradients.On(backend), first.On(backend), second.On(backend))));
        pair.Compare($"Adam at step {number}", $"β {beta1}, {beta2}", parameters, 1e-6, 0);
    }

    /// <summary>
    /// PyTorch's Adam in float64 (torch.optim.Adam: lerp_, addcmul_, addcdiv_), over so many steps that a β2 which is off by half a unit of
    /// float32 would move the mean of squares by 1e-5, be it at the first steps or at the last.
    /// </summary>
    [Theory]
    [EachDevice(1)]
    [EachDevice(2000)]
    public void TheMomentsAreThoseOfPyTorch(string device, int steps)
    {
        const double Rate = 1.0 / 1024, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;
        using var pair = new DevicePair(device);
        var (parameters, first, second) = (pair.Floats(0.5), pair.Floats(0), pair.Floats(0));
        var (rate, step) = (pair.Floats(Rate), pair.Longs(0));
        var (p, m, v) = (0.5, 0.0, 0.0);
        Twin[] gradients = [.. new[] { 0.5, -0.25, 0.75, 1.0, -0.125 }.Select(value => pair.Floats(value))];
        for (var t = 1; t <= steps; t++)
        {
            var gradient = gradients[t % gradients.Length];
            var g = gradient.Reference.Span<double>()[0];
            pair.Run(backend =>
            {
                backend.Increment(step.On(backend), 1);
                backend.Adam(new AdamConstants(Beta1, Beta2, Epsilon), rate.On(backend), step.On(backend),
                    new(parameters.On(backend), gradient.On(backend), first.On(backend), second.On(backend)));
            });
            m += (1 - Beta1) * (g - m);
            v = Beta2 * v + (1 - Beta2) * g * g;
            p -= Rate / (1 - Math.Pow(Beta1, t)) * m / (Math.Sqrt(v) / Math.Sqrt(1 - Math.Pow(Beta2, t)) + Epsilon);
        }

        Assert.Equal(m, pair.Floats(first)[0], 1e-6 * Math.Abs(m));
        Assert.Equal(v, pair.Floats(second)[0], 2e-6 * v);
        Assert.Equal(p, pair.Floats(parameters)[0], 2e-5);
    }

    [Theory]
    [EachDevice]
    public void AdamsFirstStepIsTheRateInTheDirectionOfTheSign(string device)
    {
        using var pair = new DevicePair(device);
        var (parameters, first, second) = (pair.Floats(1, 1), pair.Floats(0, 0), pair.Floats(0, 0));
        var (rate, step, gradients) = (pair.Floats(0.125), pair.Longs(1), pair.Floats(3, -1e-3));
        pair.Run(backend => backend.Adam(new AdamConstants(), rate.On(backend), step.On(backend),
            new(parameters.On(backend), gradients.On(backend), first.On(backend), second.On(backend))));
        Assert.Equal(0.875f, pair.Floats(parameters)[0], 1e-5f);
        Assert.Equal(1.125f, pair.Floats(parameters)[1], 1e-5f);
    }

    /// <summary>
    /// More arrays than one launch takes, empty ones, unaligned ones and one of several chunks: to the bit what one call an array does.
    /// </summary>
    [Theory]
    [EachDevice]
    public void ManyArraysAtOnceAreEachArrayByItself(string device)
    {
        using var pair = new DevicePair(device);
        var random = new CountedRandom(5);
        var constants = new AdamConstants(0.5f, 0.999f, 1e-8f, 0.01f);
        var (rate, step) = (pair.Floats(1e-2), pair.Longs(3));
        var together = new List<Twin[]>();
        var apart = new List<Twin[]>();
        for (var i = 0; i < 101; i++)
        {
            var count = i == 7 ? 9000 : i % 9 == 0 ? 0 : 1 + random.NextInt(70);
            var start = i % 5 == 0 ? 1 : 0;
            double[][] numbers = [Draw(start + count), Draw(start + count), Draw(start + count),
                Array.ConvertAll(Draw(start + count), Math.Abs)];
            together.Add(Array.ConvertAll(numbers, values => pair.Floats(values).Slice(start, count)));
            apart.Add(Array.ConvertAll(numbers, values => pair.Floats(values).Slice(start, count)));
        }

        pair.Run(backend => backend.AdamAll(constants, rate.On(backend), step.On(backend), together.ConvertAll(four =>
            new AdamArrays(four[0].On(backend), four[1].On(backend), four[2].On(backend), four[3].On(backend))).ToArray()));
        foreach (var four in apart)
            pair.Device.Adam(constants, rate.Device, step.Device, new(four[0].Device, four[1].Device, four[2].Device, four[3].Device));
        for (var i = 0; i < together.Count; i++)
        {
            foreach (var which in new[] { 0, 2, 3 })
            {
                Assert.Equal(pair.Floats(apart[i][which]), pair.Floats(together[i][which]));
                pair.Compare("AdamAll", $"array {i}", together[i][which], 1e-6, 1e-6);
            }
        }

        pair.Device.AdamAll(constants, rate.Device, step.Device, []);

        double[] Draw(int count) => Array.ConvertAll(new double[count], _ => (double)random.NextNormal());
    }

    [Theory]
    [EachDevice(0, 0)]
    [EachDevice(7, 0)]
    [EachDevice(9001, 0)]
    [EachDevice(5001, 1)]
    public void SgdAgreesOverSeveralSteps(string device, int count, int start)
    {
        using var pair = new DevicePair(device);
        var (parameters, velocity) = (pair.Normal(start + count).Slice(start, count), pair.Normal(start + count).Slice(start, count));
        var rate = pair.Floats(0.1);
        for (var turn = 0; turn < 4; turn++)
        {
            var gradients = pair.Normal(count);
            pair.Run(backend => backend.Sgd(0.9f, 0.01f, rate.On(backend), parameters.On(backend), gradients.On(backend),
                velocity.On(backend)));
        }

        pair.Compare("Sgd parameters", $"[{count}]", parameters, 1e-6, 1e-6);
        pair.Compare("Sgd velocity", $"[{count}]", velocity, 1e-6, 1e-6);
    }

    [Theory]
    [EachDevice]
    public void IncrementCounts(string device)
    {
        using var pair = new DevicePair(device);
        var counter = pair.Longs(5_000_000_000);
        pair.Run(backend =>
        {
            backend.Increment(counter.On(backend), 1);
            backend.Increment(counter.On(backend), -3);
        });
        Assert.Equal([4_999_999_998], pair.Longs(counter));
        pair.Compare("Increment", "[1]", counter, 0, 0);
    }
}
