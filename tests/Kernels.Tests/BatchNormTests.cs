namespace CrossModal.Kernels.Tests;

/// <summary>The simulated device has 4 multiprocessors, the processor some threads: a few hundred rows are cut into parts.</summary>
public sealed class BatchNormTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 1, 0, 3 }, { 2, 0, 4 }, { 2, 1, 5 }, { 3, 2, 4 }, { 3, 1000, 1 }, { 1, 5000, 1 }, { 3, 900, 3 }, { 1, 333, 5 },
        { 3, 700, 16 }, { 2, 1099, 17 }, { 3, 512, 64 }, { 1, 40, 255 }, { 2, 77, 300 }, { 2, 100, 512 }, { 1, 16, 1030 },
        { 1, 300, 132 }, { 20, 65, 8 },
    };

    /// <summary>More of the same, which the simulator would take long for.</summary>
    public static TheoryData<string, int, int, int> Large => new()
    {
        { "cpu", 3, 5000, 3 }, { "cpu", 2, 4099, 17 }, { "cpu", 3, 2048, 64 }, { "cpu", 1, 64, 1030 },
    };

    [Theory]
    [EachDevice(With = nameof(Shapes))]
    [MemberData(nameof(Large))]
    public void StatisticsAgree(string device, int groups, int rows, int channels)
    {
        using var pair = new DevicePair(device);
        var count = (long)groups * rows * channels;
        var all = pair.Normal(count + 1, deviation: 2, mean: 3);
        foreach (var offset in new[] { 0, 1 })
        {
            var x = all.Slice(offset, count);
            var (mean, variance) = (pair.Output((long)groups * channels), pair.Output((long)groups * channels));
            var geometry = new BatchNormGeometry(groups, rows, channels, 1e-3f);
            pair.Run(backend => backend.BatchNormStatistics(geometry, x.On(backend), mean.On(backend), variance.On(backend)));
            var shapes = $"[{groups} x {rows}, {channels}] from {offset}";
            pair.Compare("BatchNormStatistics mean", shapes, mean, 1e-6, 1e-6);
            pair.Compare("BatchNormStatistics variance", shapes, variance, 3e-6, 1e-9);
        }
    }

    [Theory]
    [EachDevice(With = nameof(Shapes))]
    [MemberData(nameof(Large))]
    public void ApplyAndGradientAgree(string device, int groups, int rows, int channels)
    {
        using var pair = new DevicePair(device);
        var sample = new Sample(pair, groups, rows, channels);
        foreach (var offset in new[] { 0, 1 })
        {
            var (x, gradient) = (sample.X(offset), pair.Normal(sample.Count + 1).Slice(offset, sample.Count));
            var shapes = $"{sample} from {offset}";
            foreach (var slope in new[] { 1f, 0f, 0.2f })
            {
                var geometry = sample.Geometry with { NegativeSlope = slope };
                var y = pair.Output(sample.Count);
                pair.Run(backend => sample.Apply(backend, geometry, x, y));
                pair.Compare($"BatchNormApply slope {slope}", shapes, y, 1e-6, 2e-6);

                var (inputGradient, scaleGradient, shiftGradient) = (pair.Output(sample.Count), pair.Output(channels),
                    pair.Output(channels));
                pair.Run(backend => sample.Gradient(backend, geometry, gradient, x, inputGradient, scaleGradient, shiftGradient));
                var sums = 1e-6 * Math.Sqrt((double)groups * rows + 1);
                pair.Compare($"BatchNormGradient slope {slope}, scale", shapes, scaleGradient, 1e-6, sums);
                pair.Compare($"BatchNormGradient slope {slope}, shift", shapes, shiftGradient, 1e-6, sums);

                // One row is its own mean; its gradient is the rounding left of large terms, 1/√ε of them.
                pair.Compare($"BatchNormGradient slope {slope}, input", shapes, inputGradient, 3e-6, rows < 8 ? 1e-4 : 4e-6);
            }
        }
    }

    /// <summary>The input aligned and the output not, or the other way round; the output over the input.</summary>
    [Theory]
    [EachDevice(3, 130, 8)]
    [EachDevice(1, 50, 7)]
    public void OutputsMayLieAnywhere(string device, int groups, int rows, int channels)
    {
        using var pair = new DevicePair(device);
        var sample = new Sample(pair, groups, rows, channels);
        var geometry = sample.Geometry with { NegativeSlope = 0.2f };
        foreach (var (from, to) in new[] { (0, 1), (1, 0), (0, 2) })
        {
            Twin Output() => pair.Output(sample.Count + 2).Slice(to, sample.Count);
            var (x, gradient) = (sample.X(from), pair.Normal(sample.Count + 2).Slice(from, sample.Count));
            var (y, inputGradient) = (Output(), Output());
            pair.Run(backend =>
            {
                sample.Apply(backend, geometry, x, y);
                sample.Gradient(backend, geometry, gradient, x, inputGradient, Twin.None, Twin.None);
            });
            pair.Compare($"BatchNormApply from {from} to {to}", $"{sample}", y, 1e-6, 2e-6);
            pair.Compare($"BatchNormGradient from {from} to {to}", $"{sample}", inputGradient, 3e-6, 4e-6);

            pair.Run(backend => sample.Apply(backend, geometry, x, x));
            pair.Compare($"BatchNormApply in place at {from}", $"{sample}", x, 1e-6, 2e-6);
        }
    }

    [Theory]
    [EachDevice(1, 50, 6)]
    [EachDevice(3, 700, 8)]
    public void UnwantedGradientsAreLeftOut(string device, int groups, int rows, int channels)
    {
        using var pair = new DevicePair(device);
        var sample = new Sample(pair, groups, rows, channels);
        var (geometry, x, g, none) = (sample.Geometry, sample.X(0), pair.Normal(sample.Count), Twin.None);
        var (dx, dscale, dshift) = (pair.Output(sample.Count), pair.Output(channels), pair.Output(channels));
        pair.Run(backend =>
        {
            sample.Gradient(backend, geometry, g, x, dx, none, none);
            sample.Gradient(backend, geometry, g, x, none, dscale, none);
            sample.Gradient(backend, geometry, g, x, none, none, dshift);
            sample.Gradient(backend, geometry, g, x, none, none, none);
        });
        var sums = 1e-6 * Math.Sqrt((double)groups * rows);
        pair.Compare("BatchNormGradient alone, input", $"{sample}", dx, 1e-5, 1e-5);
        pair.Compare("BatchNormGradient alone, scale", $"{sample}", dscale, 1e-5, sums);
        pair.Compare("BatchNormGradient alone, shift", $"{sample}", dshift, 1e-5, sums);
    }

    /// <summary>
    /// A variance far smaller than the mean's square: a pass over squares would lose it. One row far from all others is a poor origin, and
    /// must not matter.
    /// </summary>
    [Theory]
    [EachDevice(3000, 1, false)]
    [EachDevice(3000, 8, false)]
    [EachDevice(3000, 13, false)]
    [EachDevice(3000, 1, true)]
    [EachDevice(3000, 8, true)]
    [InlineData("cpu", 5000, 64, false)]
    [InlineData("cpu", 5000, 300, false)]
    public void VarianceSurvivesALargeMean(string device, int rows, int channels, bool outlier)
    {
        using var pair = new DevicePair(device);
        var random = new CountedRandom(5);
        var values = Array.ConvertAll(new double[rows * channels], _ => 10_000.0 + random.NextNormal());
        if (outlier)
            Array.Fill(values, 0, 0, channels);
        var (x, mean, variance) = (pair.Floats(values), pair.Output(channels), pair.Output(channels));
        pair.Run(backend => backend.BatchNormStatistics(new BatchNormGeometry(1, rows, channels, 0), x.On(backend), mean.On(backend),
            variance.On(backend)));
        pair.Compare("BatchNormStatistics of a large mean", $"[{rows}, {channels}]", variance, device == "cpu" ? 1e-4 : 1e-5, 0);
        pair.Compare("BatchNormStatistics of a large mean", $"[{rows}, {channels}]", mean, 1e-7, 0);
    }

    /// <summary>A NaN spoils its own channel of its own group, and says so.</summary>
    [Theory]
    [EachDevice(6)]
    [EachDevice(8)]
    public void ANaNStaysInItsChannel(string device, int channels)
    {
        using var pair = new DevicePair(device);
        const int Rows = 900;
        var random = new CountedRandom(6);
        var values = Array.ConvertAll(new double[2 * Rows * channels], _ => (double)random.NextNormal());
        values[(Rows + 400) * channels + 2] = double.NaN;
        var (x, mean, variance) = (pair.Floats(values), pair.Output(2 * channels), pair.Output(2 * channels));
        pair.Run(backend => backend.BatchNormStatistics(new BatchNormGeometry(2, Rows, channels, 0), x.On(backend), mean.On(backend),
            variance.On(backend)));
        Assert.True(float.IsNaN(pair.Floats(variance)[channels + 2]));
        pair.Compare("BatchNormStatistics with NaN", $"[2 x {Rows}, {channels}]", mean, 1e-6, 1e-6);
        pair.Compare("BatchNormStatistics with NaN", $"[2 x {Rows}, {channels}]", variance, 3e-6, 0);
    }

    /// <summary>Once warm, a call asks the device for nothing.</summary>
    [Theory]
    [EachDevice]
    public void WarmCallsAllocateNothingOnTheDevice(string device)
    {
        using var pair = new DevicePair(device);
        var sample = new Sample(pair, 3, 300, 8);
        var (x, g, dx, dscale, dshift) = (sample.X(0), pair.Normal(7200), pair.Output(7200), pair.Output(8), pair.Output(8));
        var memory = pair.Device.Memory;
        sample.Gradient(pair.Device, sample.Geometry, g, x, dx, dscale, dshift);
        var before = (memory.DeviceAllocations, memory.LiveBytes);
        sample.Gradient(pair.Device, sample.Geometry, g, x, dx, dscale, dshift);
        Assert.Equal(before, (memory.DeviceAllocations, memory.LiveBytes));
    }

    /// <summary>
    /// Numbers off the activation's kink, where both answers would be right, with their own statistics: the same on both devices.
    /// </summary>
    private sealed class Sample
    {
        private readonly DevicePair _pair;
        private readonly double[] _values;
        private readonly Twin _mean, _variance, _scale, _shift;

        public Sample(DevicePair pair, int groups, int rows, int channels)
        {
            (_pair, Geometry) = (pair, new BatchNormGeometry(groups, rows, channels, 1e-3f));
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
                var normalized = (_values[i] - (float)mean[Statistic(i)]) / Math.Sqrt((float)variance[Statistic(i)] + Geometry.Epsilon);
                if (Math.Abs(scale[i % channels] * normalized + shift[i % channels]) < 1e-3)
                    _values[i] += 0.1f;
            }

            (_mean, _variance, _scale, _shift) = (pair.Floats(mean), pair.Floats(variance), pair.Floats(scale), pair.Floats(shift));
            int Statistic(int i) => i / channels / rows * channels + i % channels;
        }

        public BatchNormGeometry Geometry { get; }

        public long Count => _values.Length;

        /// <summary>The numbers, <paramref name="offset"/> elements after a multiple of 64 bytes.</summary>
        public Twin X(int offset) => _pair.Floats([.. new double[offset], .. _values]).Slice(offset, _values.Length);

        public void Apply(Backend backend, in BatchNormGeometry geometry, Twin x, Twin y) => backend.BatchNormApply(geometry,
            new(x.On(backend), _mean.On(backend), _variance.On(backend), _scale.On(backend), _shift.On(backend)), y.On(backend));

        public void Gradient(Backend backend, in BatchNormGeometry geometry, Twin gradient, Twin x, Twin inputGradient, Twin scaleGradient,
            Twin shiftGradient) => backend.BatchNormGradient(geometry, gradient.On(backend),
                new(x.On(backend), _mean.On(backend), _variance.On(backend), _scale.On(backend), _shift.On(backend)),
                new(inputGradient.On(backend), scaleGradient.On(backend), shiftGradient.On(backend)));

        public override string ToString() => $"[{Geometry.Groups} x {Geometry.Rows}, {Geometry.Channels}]";
    }
}
