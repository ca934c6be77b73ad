using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class KernelDistanceTests
{
    /// <summary>Counts and lengths that fill no tile and no vector.</summary>
    [Theory]
    [InlineData(2, 2, 1)]
    [InlineData(5, 3, 7)]
    [InlineData(70, 131, 128)]
    public void AsTheDoubleLoopSays(int count, int otherCount, int length)
    {
        var a = Rows.Normal(count, length, 1, deviation: k => 1 + k % 3);
        var b = Rows.Shifted(Rows.Normal(otherCount, length, 2), 0.4f);
        var expected = Plain(a, b);
        Assert.Equal(expected, KernelDistance.Between(a, b), Math.Abs(expected) * 1e-9);
        Assert.Equal(expected, KernelDistance.Between(b, a), Math.Abs(expected) * 1e-9);
    }

    [Fact]
    public void ByHand()
    {
        // k(x, y) = (xy + 1)³: among 0 and 1 it is 1, among 2 and 2 it is 125, across (1, 1, 27, 27).
        Assert.Equal(1 + 125 - 2 * 14, KernelDistance.Between(Rows.Of(1, 0, 1), Rows.Of(1, 2, 2)), 1e-12);
    }

    [Fact]
    public void OfOneDistributionItIsZeroInTheMean()
    {
        var values = Enumerable.Range(0, 200)
            .Select(i => KernelDistance.Between(Rows.Normal(20, 4, 3000 + (ulong)i), Rows.Normal(30, 4, 4000 + (ulong)i))).ToArray();
        var error = Math.Sqrt(values.Sum(value => value * value)) / values.Length;
        Assert.InRange(values.Average(), -3 * error, 3 * error);
        Assert.Contains(values, value => value < 0);
    }

    [Fact]
    public void TheStandardErrorIsTheSpreadOfMeasurements()
    {
        var values = Enumerable.Range(0, 80).Select(i =>
            KernelDistance.Between(Rows.Normal(100, 4, 5000 + (ulong)i), Rows.Normal(100, 4, 6000 + (ulong)i, mean: _ => 0.5))).ToArray();
        var deviation = Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (values.Length - 1));
        var (a, b) = (Rows.Normal(100, 4, 5), Rows.Normal(100, 4, 6, mean: _ => 0.5));
        var figure = Measure(a, b, null, null);
        Assert.Equal(KernelDistance.Between(a, b), figure.Value, 1e-9);
        Assert.Equal((100, 100), (figure.Generated, figure.Real));
        Assert.InRange(figure.StandardError, deviation * 0.6, deviation * 1.6);
        Assert.InRange(figure.Value, figure.Low, figure.High);
        Assert.Equal(figure, Measure(a, b, null, null));
    }

    [Fact]
    public void ResamplesOfSongsAreCenteredOnTheValue()
    {
        // Windows of a song are alike; were a song paired with its own copies, every resample would lie above the value.
        var song = Enumerable.Range(0, 240).Select(i => i / 12).ToArray();
        var (centers, noise, real) = (Rows.Normal(20, 4, 8), Rows.Normal(240, 4, 9, deviation: _ => 0.1),
            Rows.Normal(240, 4, 10, deviation: _ => 0.1));
        var (a, b) = (Around(noise), Around(real));
        var together = Measure(a, b, song, song);
        var apart = Measure(a, b, song, null);
        Assert.InRange(Math.Abs((apart.Low + apart.High) / 2 - apart.Value), 0, apart.StandardError);
        Assert.True(together.StandardError < apart.StandardError / 2,
            $"the same songs on both sides should vary together: {together} beside {apart}");

        FeatureRows Around(FeatureRows rows) => new(240, 4, [.. rows.Values.Select((value, i) => value + centers.Row(song[i / 4])[i % 4])]);
    }

    [Fact]
    public void HalvesOfTheRealSamplesAreSplitBySong()
    {
        int[] song = [4, 4, 4, 6, 6, 7];
        var (generated, real) = (Rows.Normal(6, 2, 1), Rows.Of(2, 1, 1, 2, 0, 3, 5, 0, 4, 1, 1, 7, 2));
        var plan = new ResamplingPlan(6, null, 6, song, 3);

        // Three windows of song 4 on one side, the rest on the other.
        var expected = KernelDistance.Between(new FeatureRows(3, 2, real.Values[..6]), new FeatureRows(3, 2, real.Values[6..]));
        Assert.Equal(expected,
            KernelDistance.Measure(generated, real, plan, cancel: TestContext.Current.CancellationToken).RealHalves!.Value, 1e-9);

        var one = new ResamplingPlan(6, null, 6, new int[6], 3);
        Assert.Null(KernelDistance.Measure(generated, real, one, cancel: TestContext.Current.CancellationToken).RealHalves);
    }

    [Fact]
    public void WhatCannotBeMeasuredIsRefusedInOneLine()
    {
        var rows = Rows.Normal(4, 3, 1);
        Assert.Contains("at least 2", Assert.Throws<BadInputException>(() => KernelDistance.Between(Rows.Normal(1, 3, 1), rows)).Message);
        Assert.Contains("2 features", Assert.Throws<BadInputException>(() => KernelDistance.Between(Rows.Normal(4, 2, 1), rows)).Message);
        rows.Values[0] = float.PositiveInfinity;
        Assert.Contains("real samples: row 0",
            Assert.Throws<BadInputException>(() => KernelDistance.Between(Rows.Normal(4, 3, 1), rows)).Message);
    }

    private static KernelFigure Measure(FeatureRows a, FeatureRows b, int[]? song, int[]? realSong) =>
        KernelDistance.Measure(a, b, new ResamplingPlan(a.Count, song, b.Count, realSong, 7),
            cancel: TestContext.Current.CancellationToken);

    private static double Plain(FeatureRows a, FeatureRows b)
    {
        return Mean(a, a) + Mean(b, b) - 2 * Mean(a, b);

        static double Mean(FeatureRows x, FeatureRows y)
        {
            var (sum, pairs) = (0.0, 0);
            for (var i = 0; i < x.Count; i++)
            {
                for (var j = 0; j < y.Count; j++)
                {
                    if (ReferenceEquals(x, y) && i == j)
                        continue;
                    var inner = 0.0;
                    for (var k = 0; k < x.Length; k++)
                        inner += (double)x.Row(i)[k] * y.Row(j)[k];
                    sum += Math.Pow(inner / x.Length + 1, 3);
                    pairs++;
                }
            }

            return sum / pairs;
        }
    }
}
