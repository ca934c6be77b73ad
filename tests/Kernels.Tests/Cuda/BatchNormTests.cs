namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// kernels/batch_norm.cu on the simulator beside the reference. The simulated device has 4 multiprocessors: a few hundred rows are enough
/// to be cut into parts.
/// </summary>
public sealed class BatchNormTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 1, 0, 3 }, { 2, 0, 4 }, { 2, 1, 5 }, { 3, 2, 4 }, { 3, 1000, 1 }, { 1, 5000, 1 }, { 3, 900, 3 }, { 1, 333, 5 },
        { 3, 700, 16 }, { 2, 1099, 17 },
        { 3, 512, 64 }, { 1, 40, 255 }, { 2, 77, 300 }, { 2, 100, 512 }, { 1, 16, 1030 }, { 1, 300, 132 }, { 20, 65, 8 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void StatisticsAgree(int groups, int rows, int channels)
    {
        using var both = new SimulatedDevices();
        var count = (long)groups * rows * channels;
        var all = both.Normal(count + 1, deviation: 2, mean: 3);
        foreach (var offset in new[] { 0, 1 })
        {
            var x = all.Slice(offset, count);
            var (mean, variance) = (both.Output((long)groups * channels), both.Output((long)groups * channels));
            var geometry = new BatchNormGeometry(groups, rows, channels, 1e-3f);
            both.Run(device => device.BatchNormStatistics(geometry, x.On(device), mean.On(device), variance.On(device)));
            var shapes = $"[{groups} x {rows}, {channels}] from {offset}";
            both.Compare("BatchNormStatistics mean", shapes, mean, 1e-6, 1e-6);
            both.Compare("BatchNormStatistics variance", shapes, variance, 3e-6, 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ApplyAndGradientAgree(int groups, int rows, int channels)
    {
        using var both = new SimulatedDevices();
        var count = (long)groups * rows * channels;
        var sample = new Sample(both, groups, rows, channels);
        foreach (var offset in new[] { 0, 1 })
        {
            var (x, gradient) = (sample.X(offset), both.Normal(count + 1).Slice(offset, count));
            var shapes = $"[{groups} x {rows}, {channels}] from {offset}";
            foreach (var slope in new[] { 1f, 0f, 0.2f })
            {
                var geometry = new BatchNormGeometry(groups, rows, channels, Sample.Epsilon, slope);
                var y = both.Output(count);
                both.Run(device => sample.Apply(device, geometry, x, y));
                both.Compare($"BatchNormApply slope {slope}", shapes, y, 1e-6, 2e-6);

                var (inputGradient, scaleGradient, shiftGradient) = (both.Output(count), both.Output(channels), both.Output(channels));
                both.Run(device => sample.Gradient(device, geometry, gradient, x, inputGradient, scaleGradient, shiftGradient));
                var sums = 1e-6 * Math.Sqrt((double)groups * rows + 1);
                both.Compare($"BatchNormGradient slope {slope}, scale", shapes, scaleGradient, 1e-6, sums);
                both.Compare($"BatchNormGradient slope {slope}, shift", shapes, shiftGradient, 1e-6, sums);

                // One row is its own mean; its gradient is the rounding left of large terms, 1/√ε of them.
                both.Compare($"BatchNormGradient slope {slope}, input", shapes, inputGradient, 3e-6, rows < 8 ? 1e-4 : 4e-6);
            }
        }
    }

    /// <summary>The input aligned and the output not, or the other way round; the output over the input.</summary>
    [Theory]
    [InlineData(3, 130, 8)]
    [InlineData(1, 50, 7)]
    public void OutputsMayLieAnywhere(int groups, int rows, int channels)
    {
        using var both = new SimulatedDevices();
        var count = (long)groups * rows * channels;
        var sample = new Sample(both, groups, rows, channels);
        var geometry = new BatchNormGeometry(groups, rows, channels, Sample.Epsilon, 0.2f);
        foreach (var (from, to) in new[] { (0, 1), (1, 0), (0, 2) })
        {
            var (x, gradient) = (sample.X(from), both.Normal(count + 2).Slice(from, count));
            var (y, inputGradient) = (both.Output(count + 2).Slice(to, count), both.Output(count + 2).Slice(to, count));
            both.Run(device =>
            {
                sample.Apply(device, geometry, x, y);
                sample.Gradient(device, geometry, gradient, x, inputGradient, SimulatedTwin.None, SimulatedTwin.None);
            });
            both.Compare($"BatchNormApply from {from} to {to}", $"[{groups} x {rows}, {channels}]", y, 1e-6, 2e-6);
            both.Compare($"BatchNormGradient from {from} to {to}", $"[{groups} x {rows}, {channels}]", inputGradient, 3e-6, 4e-6);

            both.Run(device => sample.Apply(device, geometry, x, x));
            both.Compare($"BatchNormApply in place at {from}", $"[{groups} x {rows}, {channels}]", x, 1e-6, 2e-6);
        }
    }

    [Theory]
    [InlineData(1, 50, 6)]
    [InlineData(3, 700, 8)]
    public void UnwantedGradientsAreLeftOut(int groups, int rows, int channels)
    {
        using var both = new SimulatedDevices();
        var count = (long)groups * rows * channels;
        var sample = new Sample(both, groups, rows, channels);
        var geometry = new BatchNormGeometry(groups, rows, channels, Sample.Epsilon);
        var (x, g, none) = (sample.X(0), both.Normal(count), SimulatedTwin.None);
        var (dx, dscale, dshift) = (both.Output(count), both.Output(channels), both.Output(channels));
        both.Run(device =>
        {
            sample.Gradient(device, geometry, g, x, dx, none, none);
            sample.Gradient(device, geometry, g, x, none, dscale, none);
            sample.Gradient(device, geometry, g, x, none, none, dshift);
            sample.Gradient(device, geometry, g, x, none, none, none);
        });
        var sums = 1e-6 * Math.Sqrt((double)groups * rows);
        both.Compare("BatchNormGradient alone, input", $"[{groups} x {rows}, {channels}]", dx, 1e-5, 1e-5);
        both.Compare("BatchNormGradient alone, scale", $"[{groups} x {rows}, {channels}]", dscale, 1e-5, sums);
        both.Compare("BatchNormGradient alone, shift", $"[{groups} x {rows}, {channels}]", dshift, 1e-5, sums);
    }

    /// <summary>
    /// A variance far smaller than the mean's square: a pass over squares would lose it. One row far from all others is a poor origin, and
    /// must not matter.
    /// </summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(8, false)]
    [InlineData(13, false)]
    [InlineData(1, true)]
    [InlineData(8, true)]
    public void VarianceSurvivesALargeMean(int channels, bool outlier)
    {
        using var both = new SimulatedDevices();
        const int rows = 3000;
        var random = new CountedRandom(5);
        var values = new double[rows * channels];
        for (var i = 0; i < values.Length; i++)
            values[i] = 10_000 + random.NextNormal();
        if (outlier)
            Array.Fill(values, 0, 0, channels);
        var (x, mean, variance) = (both.Floats(values), both.Output(channels), both.Output(channels));
        both.Run(device =>
            device.BatchNormStatistics(new BatchNormGeometry(1, rows, channels, 0), x.On(device), mean.On(device), variance.On(device)));
        both.Compare("BatchNormStatistics of a large mean", $"[{rows}, {channels}]", variance, 1e-5, 0);
        both.Compare("BatchNormStatistics of a large mean", $"[{rows}, {channels}]", mean, 1e-7, 0);
    }

    /// <summary>A NaN spoils its own channel of its own group, and says so.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    public void ANaNStaysInItsChannel(int channels)
    {
        using var both = new SimulatedDevices();
        const int rows = 900;
        var random = new CountedRandom(6);
        var values = new double[2 * rows * channels];
        for (var i = 0; i < values.Length; i++)
            values[i] = random.NextNormal();
        values[(rows + 400) * channels + 2] = double.NaN;
        var (x, mean, variance) = (both.Floats(values), both.Output(2 * channels), both.Output(2 * channels));
        both.Run(device =>
            device.BatchNormStatistics(new BatchNormGeometry(2, rows, channels, 0), x.On(device), mean.On(device), variance.On(device)));
        Assert.True(float.IsNaN(both.Floats(variance)[channels + 2]));
        both.Compare("BatchNormStatistics with NaN", $"[2 x {rows}, {channels}]", mean, 1e-6, 1e-6);
        both.Compare("BatchNormStatistics with NaN", $"[2 x {rows}, {channels}]", variance, 3e-6, 0);
    }

    /// <summary>Once warm, a call makes nothing on the managed heap and asks the device for nothing.</summary>
    [Fact]
    public void WarmCallsAllocateNothingOnTheDevice()
    {
        using var both = new SimulatedDevices();
        var sample = new Sample(both, 3, 300, 8);
        var geometry = new BatchNormGeometry(3, 300, 8, Sample.Epsilon, 0.2f);
        var (x, g, dx, dscale, dshift) = (sample.X(0), both.Normal(7200), both.Output(7200), both.Output(8), both.Output(8));
        sample.Gradient(both.Simulated, geometry, g, x, dx, dscale, dshift);
        var (allocations, live) = (both.Simulated.Memory.DeviceAllocations, both.Simulated.Memory.LiveBytes);
        sample.Gradient(both.Simulated, geometry, g, x, dx, dscale, dshift);
        Assert.Equal(allocations, both.Simulated.Memory.DeviceAllocations);
        Assert.Equal(live, both.Simulated.Memory.LiveBytes);
    }

    /// <summary>
    /// Numbers off the activation's kink, where both answers would be right, with their own statistics: the same on both devices.
    /// </summary>
    private sealed class Sample
    {
        public const float Epsilon = 1e-3f;

        private readonly SimulatedDevices _both;
        private readonly double[] _values;

        public Sample(SimulatedDevices both, int groups, int rows, int channels)
        {
            _both = both;
            var random = new CountedRandom(3);
            _values = new double[(long)groups * rows * channels];
            double[] scale = new double[channels], shift = new double[channels], mean = new double[groups * channels],
                variance = new double[groups * channels];
            for (var c = 0; c < channels; c++)
                (scale[c], shift[c]) = ((float)(1 + 0.3 * random.NextNormal()), (float)(0.5 * random.NextNormal()));
            for (var i = 0; i < _values.Length; i++)
                _values[i] = (float)(3 + 2 * random.NextNormal());
            for (var i = 0; i < _values.Length; i++)
                mean[Statistic(i)] += _values[i] / rows;
            for (var i = 0; i < _values.Length; i++)
                variance[Statistic(i)] += Math.Pow(_values[i] - mean[Statistic(i)], 2) / rows;
            for (var i = 0; i < _values.Length; i++)
            {
                var normalized = (_values[i] - (float)mean[Statistic(i)]) / Math.Sqrt((float)variance[Statistic(i)] + Epsilon);
                if (Math.Abs(scale[i % channels] * normalized + shift[i % channels]) < 1e-3)
                    _values[i] += 0.1f;
            }

            (Mean, Variance, Scale, Shift) = (both.Floats(mean), both.Floats(variance), both.Floats(scale), both.Floats(shift));
            int Statistic(int i) => i / channels / rows * channels + i % channels;
        }

        public SimulatedTwin Mean { get; }

        public SimulatedTwin Variance { get; }

        public SimulatedTwin Scale { get; }

        public SimulatedTwin Shift { get; }

        /// <summary>The numbers, <paramref name="offset"/> elements after a multiple of 64 bytes.</summary>
        public SimulatedTwin X(int offset) => _both.Floats([.. new double[offset], .. _values]).Slice(offset, _values.Length);

        public void Apply(Backend device, in BatchNormGeometry geometry, SimulatedTwin x, SimulatedTwin y) =>
            device.BatchNormApply(geometry, x.On(device), Mean.On(device), Variance.On(device), Scale.On(device), Shift.On(device),
                y.On(device));

        public void Gradient(Backend device, in BatchNormGeometry geometry, SimulatedTwin gradient, SimulatedTwin x,
            SimulatedTwin inputGradient,
            SimulatedTwin scaleGradient, SimulatedTwin shiftGradient) =>
            device.BatchNormGradient(geometry, gradient.On(device), x.On(device), Mean.On(device), Variance.On(device), Scale.On(device),
                Shift.On(device),
                inputGradient.On(device), scaleGradient.On(device), shiftGradient.On(device));
    }
}
