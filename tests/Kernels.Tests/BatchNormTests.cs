namespace CrossModal.Kernels.Tests;

public class BatchNormTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 1, 0, 3 }, { 2, 1, 5 }, { 3, 1000, 1 }, { 3, 5000, 3 }, { 1, 333, 5 }, { 3, 700, 16 }, { 2, 4099, 17 },
            { 3, 2048, 64 },
        { 1, 40, 255 }, { 2, 77, 300 }, { 2, 100, 512 }, { 1, 64, 1030 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void AllThreeAgree(int groups, int rows, int channels)
    {
        using var both = new BothDevices(threads: 3);
        var count = (long)groups * rows * channels;
        var x = both.Normal(count, deviation: 2, mean: 3);
        var (mean, variance) = (both.Output((long)groups * channels), both.Output((long)groups * channels));
        var (scale, shift) = (both.Normal(channels, 0.3f, 1), both.Normal(channels, 0.5f));
        var gradient = both.Normal(count);
        var shapes = $"[{groups} x {rows}, {channels}]";
        var geometry = new BatchNormGeometry(groups, rows, channels, 1e-3f, 0.2f);

        both.Run(device => device.BatchNormStatistics(geometry, x.On(device), mean.On(device), variance.On(device)));
        both.Compare("BatchNormStatistics mean", shapes, mean, 1e-6, 1e-6);
        both.Compare("BatchNormStatistics variance", shapes, variance, 3e-6, 1e-9);

        // Statistics and the activation's side are given alike to both devices from here on: at a kink both answers are right.
        KeepOffTheKink(both, geometry, x, mean, variance, scale, shift);
        foreach (var slope in new[] { 1f, 0f, 0.2f })
        {
            var sloped = geometry with { NegativeSlope = slope };
            var y = both.Output(count);
            both.Run(device =>
                device.BatchNormApply(sloped, x.On(device), mean.On(device), variance.On(device), scale.On(device), shift.On(device),
                y.On(device)));
            both.Compare($"BatchNormApply slope {slope}", shapes, y, 1e-6, 2e-6);

            var (inputGradient, scaleGradient, shiftGradient) = (both.Output(count), both.Output(channels), both.Output(channels));
            both.Run(device =>
                device.BatchNormGradient(sloped, gradient.On(device), x.On(device), mean.On(device), variance.On(device), scale.On(device),
                shift.On(device),
                inputGradient.On(device), scaleGradient.On(device), shiftGradient.On(device)));
            var sums = 1e-6 * Math.Sqrt((double)groups * rows + 1);
            both.Compare($"BatchNormGradient slope {slope}, scale", shapes, scaleGradient, 1e-6, sums);
            both.Compare($"BatchNormGradient slope {slope}, shift", shapes, shiftGradient, 1e-6, sums);

            // One row is its own mean; its gradient is the rounding left of large terms, 1/√ε of them.
            both.Compare($"BatchNormGradient slope {slope}, input", shapes, inputGradient, 3e-6, rows < 8 ? 1e-4 : 3e-6);
        }
    }

    [Fact]
    public void UnwantedGradientsAreLeftOut()
    {
        using var both = new BothDevices();
        var geometry = new BatchNormGeometry(1, 50, 6, 1e-5f);
        var (x, g, mean, variance, scale, shift) = (both.Normal(300), both.Normal(300), both.Normal(6), both.Floats(1, 2, 3, 4, 5, 6),
            both.Normal(6),
            both.Normal(6));
        var (dx, dscale, dshift) = (both.Output(300), both.Output(6), both.Output(6));
        both.Run(device =>
        {
            var none = DeviceArray.None;
            device.BatchNormGradient(geometry, g.On(device), x.On(device), mean.On(device), variance.On(device), scale.On(device),
                shift.On(device),
                dx.On(device), none, none);
            device.BatchNormGradient(geometry, g.On(device), x.On(device), mean.On(device), variance.On(device), scale.On(device),
                shift.On(device), none,
                dscale.On(device), none);
            device.BatchNormGradient(geometry, g.On(device), x.On(device), mean.On(device), variance.On(device), scale.On(device),
                shift.On(device), none,
                none, dshift.On(device));
        });
        both.Compare("BatchNormGradient alone, input", "[50, 6]", dx, 1e-5, 1e-5);
        both.Compare("BatchNormGradient alone, scale", "[50, 6]", dscale, 1e-5, 1e-5);
        both.Compare("BatchNormGradient alone, shift", "[50, 6]", dshift, 1e-5, 1e-5);
    }

    /// <summary>A variance far smaller than the mean's square: one pass over squares would lose it all.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(300)]
    public void VarianceSurvivesALargeMean(int channels)
    {
        using var both = new BothDevices();
        var x = both.Normal(5000L * channels, deviation: 1, mean: 10_000);
        var (mean, variance) = (both.Output(channels), both.Output(channels));
        both.Run(device =>
            device.BatchNormStatistics(new BatchNormGeometry(1, 5000, channels, 0), x.On(device), mean.On(device), variance.On(device)));
        both.Compare("BatchNormStatistics of a large mean", $"[5000, {channels}]", variance, 1e-4, 0);
        both.Compare("BatchNormStatistics of a large mean", $"[5000, {channels}]", mean, 1e-7, 0);
    }

    private static void KeepOffTheKink(BothDevices both, BatchNormGeometry g, Twin x, Twin mean, Twin variance, Twin scale, Twin shift)
    {
        Copy(mean);
        Copy(variance);
        var values = x.Cpu.Span<float>();
        var channels = g.Channels;
        for (var i = 0; i < values.Length; i++)
        {
            var c = i % channels;
            var at = i / channels / g.Rows * channels + c;
            var normalized = (values[i] - mean.Cpu.Span<float>()[at]) / Math.Sqrt(variance.Cpu.Span<float>()[at] + g.Epsilon);
            if (Math.Abs(scale.Cpu.Span<float>()[c] * normalized + shift.Cpu.Span<float>()[c]) < 1e-3)
                values[i] += 0.1f;
            x.Reference.Span<double>()[i] = values[i];
        }

        static void Copy(Twin twin)
        {
            for (var i = 0; i < twin.Cpu.Count; i++)
                twin.Reference.Span<double>()[i] = twin.Cpu.Span<float>()[i];
        }
    }
}
