using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class BootstrapTests
{
    [Fact]
    public void IntervalsOfTheMeanCoverTheTruthAsOftenAsTheySay()
    {
        const int Trials = 300;
        var covered = 0;
        for (var trial = 0; trial < Trials; trial++)
        {
            var random = new CountedRandom(17, (ulong)trial);
            var values = Enumerable.Range(0, 80).Select(_ => 3.0 + random.NextNormal()).ToArray();
            var interval = Bootstrap.Percentile(values.Length, indices =>
                Mean(values, indices), (ulong)trial, resamples: 400, cancel: TestContext.Current.CancellationToken);
            covered += interval.Low <= 3 && 3 <= interval.High ? 1 : 0;
        }

        // 95 % of 300 is 285, give or take 3.8; percentile intervals of 80 samples cover a little less.
        Assert.InRange(covered, 268, 297);
    }

    [Fact]
    public void TheWidthIsThatOfTheNormalApproximation()
    {
        var random = new CountedRandom(3);
        var values = Enumerable.Range(0, 400).Select(_ => (double)random.NextNormal()).ToArray();
        var interval = MeanOf(values, 5);
        Assert.Equal(values.Average(), interval.Value, 1e-12);
        Assert.InRange(interval.High - interval.Low, 2 * 1.96 / 20 * 0.85, 2 * 1.96 / 20 * 1.15);
    }

    [Fact]
    public void WindowsOfOneSongCountAsOne()
    {
        // Every song's 25 windows say the same: the interval must be that of 16 songs, five times as wide as that of 400 windows.
        var song = Enumerable.Range(0, 400).Select(i => 100 + i / 25).ToArray();
        var random = new CountedRandom(4);
        var bySong = Enumerable.Range(0, 16).Select(_ => (double)random.NextNormal()).ToArray();
        double[] values = [.. song.Select(s => bySong[s - 100])];
        var (clustered, plain, few) = (MeanOf(values, 6, song), MeanOf(values, 6), MeanOf(bySong, 6));
        Assert.Equal(few.High - few.Low, clustered.High - clustered.Low, 1e-9);
        Assert.InRange((clustered.High - clustered.Low) / (plain.High - plain.Low), 4, 6);
        Assert.Equal((16, 400), (Bootstrap.Units(400, song), Bootstrap.Units(400, null)));
    }

    [Fact]
    public void TheMeanIsDrawnAsAnyOtherStatistic()
    {
        var random = new CountedRandom(5);
        double[] values = [.. Enumerable.Range(0, 90).Select(_ => (double)random.NextNormal())];
        int[] song = [.. Enumerable.Range(0, 90).Select(_ => random.NextInt(12))];
        var (fast, plain) = (MeanOf(values, 8, song),
            Bootstrap.Percentile(90, indices => Mean(values, indices), 8, song, cancel: TestContext.Current.CancellationToken));
        Assert.Equal([plain.Value, plain.Low, plain.High], new[] { fast.Value, fast.Low, fast.High }, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void TheSameSeedGivesTheSameInterval()
    {
        double[] values = [1, 4, 2, 8, 5, 7];
        Assert.Equal(MeanOf(values, 9), MeanOf(values, 9));
        Assert.NotEqual(MeanOf(values, 9), MeanOf(values, 10));
    }

    [Fact]
    public void OneSampleOrOneSongIsItsOwnInterval()
    {
        Assert.Equal(new Interval(7, 7, 7), MeanOf([7], 1));
        Assert.Equal(new Interval(2, 2, 2), MeanOf([1, 3], 1, [5, 5]));
    }

    [Fact]
    public void WhatHasNoIntervalIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MeanOf([], 1));
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => MeanOf([1, double.NaN], 1)).Message);
        Assert.Throws<ArgumentException>(() => MeanOf([1, 2], 1, [1]));
        Assert.Throws<OperationCanceledException>(() => Bootstrap.Mean([1, 2], 1, cancel: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void OneSongIsDrawnForBothSetsAtOnce()
    {
        var plan = new ResamplingPlan(4, [7, 7, 9, 9], 3, [9, 7, 7], 1);
        Assert.True(plan.Joint);
        Assert.Equal([0, 0, 1, 1], plan.GeneratedUnit);
        Assert.Equal([1, 0, 0], plan.RealUnit);
        for (var r = 0; r < 20; r++)
        {
            var (generated, real) = plan.Weights(r);
            Assert.Equal(generated, real);
            Assert.Equal(2, generated.Sum());

            // Song 9 alone would leave one real sample, of which no distance can be said.
            Assert.True(generated[0] > 0);
        }
    }

    [Fact]
    public void ManySamplesAreDrawnInGroups()
    {
        var plan = new ResamplingPlan(1000, null, 10, null, 2);
        Assert.False(plan.Joint);
        Assert.Equal(ResamplingPlan.MostUnits, plan.GeneratedSizes.Length);
        Assert.Equal((3, 4, 1000),
            (plan.GeneratedSizes.ToArray().Min(), plan.GeneratedSizes.ToArray().Max(), plan.GeneratedSizes.ToArray().Sum()));
        Assert.Equal(10, plan.RealSizes.Length);
    }

    private static Interval MeanOf(double[] values, ulong seed, int[]? cluster = null) =>
        Bootstrap.Mean(values, seed, cluster, TestContext.Current.CancellationToken);

    private static double Mean(double[] values, ReadOnlySpan<int> indices)
    {
        var sum = 0.0;
        foreach (var i in indices)
            sum += values[i];
        return sum / indices.Length;
    }
}
