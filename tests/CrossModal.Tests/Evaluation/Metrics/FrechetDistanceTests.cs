using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class FrechetDistanceTests
{
    private const int Features = 128;

    [Fact]
    public void ASetIsAtNoDistanceFromItself()
    {
        var rows = Rows.Normal(300, Features, 1, deviation: k => 1 + k % 5);
        Assert.Equal(0, FrechetDistance.Between(rows, rows), 1e-4);
    }

    [Fact]
    public void OneFeatureByHand()
    {
        // Means 2 and 5, variances 1 and 4 (over count − 1): (5 − 2)² + 1 + 4 − 2·√(1·4) = 10.
        Assert.Equal(10, FrechetDistance.Between(Rows.Of(1, 1, 2, 3), Rows.Of(1, 3, 5, 7)), 1e-9);
    }

    /// <summary>Diagonal covariances: Σ (μ₁ − μ₂)² + (σ₁ − σ₂)². Corners of a box have exactly the covariance asked for.</summary>
    [Fact]
    public void DiagonalCovariances()
    {
        var (a, b) = (Corners([1, 2, 3], [0, 0, 1]), Corners([4, 2, 0.5], [1, 0, -1]));
        const double Correction = 8.0 / 7;
        Assert.Equal(1 + 4 + Correction * (9 + 0 + 6.25), FrechetDistance.Between(a, b), 1e-5);
    }

    /// <summary>Covariances that do not commute, in two dimensions: Tr (Σ₁Σ₂)^½ = √(Tr Σ₁Σ₂ + 2 √det Σ₁Σ₂).</summary>
    [Fact]
    public void CovariancesThatDoNotCommute()
    {
        var a = Rows.Of(2, 0, 0, 4, 1, 1, 3, -2, 2, 3, -1);
        var b = Rows.Of(2, 1, 0, -1, 2, 2, 2, 0, -3);
        var ((ma, ca), (mb, cb)) = (Moments(a), Moments(b));
        var product = ca[0] * cb[0] + 2 * ca[1] * cb[1] + ca[2] * cb[2];
        var determinant = (ca[0] * ca[2] - ca[1] * ca[1]) * (cb[0] * cb[2] - cb[1] * cb[1]);
        var expected = Math.Pow(ma[0] - mb[0], 2) + Math.Pow(ma[1] - mb[1], 2) + ca[0] + ca[2] + cb[0] + cb[2]
            - 2 * Math.Sqrt(product + 2 * Math.Sqrt(determinant));
        Assert.Equal(expected, FrechetDistance.Between(a, b), 1e-9);
        Assert.Equal(expected, FrechetDistance.Between(b, a), 1e-9);
    }

    [Fact]
    public void FewerSamplesThanFeatures()
    {
        // Ten samples span nine of 128 dimensions; moved by 0.5 in every feature, they are 128 · 0.25 away from themselves.
        var rows = Rows.Normal(10, Features, 2);
        Assert.Equal(Features * 0.25, FrechetDistance.Between(rows, Rows.Shifted(rows, 0.5f)), 1e-3);

        // A set of one repeated sample has no spread at all: what remains is the other's, and the means.
        var still = new FeatureRows(4, Features, new float[4 * Features]);
        var mean = Enumerable.Range(0, Features).Select(k => Enumerable.Range(0, 10).Average(i => (double)rows.Row(i)[k])).ToArray();
        var second = Enumerable.Range(0, 10).Sum(i => Enumerable.Range(0, Features).Sum(k => Math.Pow(rows.Row(i)[k] - mean[k], 2))) / 9;
        Assert.Equal(mean.Sum(m => m * m) + second, FrechetDistance.Between(still, rows), 1e-3);
        Assert.Equal(0, FrechetDistance.Between(still, still));
    }

    [Fact]
    public void FarFromTheOriginNothingCancels()
    {
        var (a, b) = (Rows.Normal(200, 8, 3), Rows.Normal(200, 8, 4, deviation: _ => 1.5));
        Assert.Equal(FrechetDistance.Between(a, b), FrechetDistance.Between(Rows.Shifted(a, 4096), Rows.Shifted(b, 4096)), 1e-2);
    }

    [Fact]
    public void TheIntervalIsTheSpreadOfMeasurements()
    {
        // What the distance varies by when everything is drawn anew, beside what the interval of one drawing says.
        var values = Enumerable.Range(0, 60).Select(i =>
            FrechetDistance.Between(Rows.Normal(200, 4, 1000 + (ulong)i), Rows.Normal(200, 4, 2000 + (ulong)i, mean: _ => 0.5))).ToArray();
        var deviation = Math.Sqrt(values.Select(value => Math.Pow(value - values.Average(), 2)).Sum() / (values.Length - 1));
        var (a, b) = (Rows.Normal(200, 4, 5), Rows.Normal(200, 4, 6, mean: _ => 0.5));
        var figure = Measure(a, b, new ResamplingPlan(200, null, 200, null, 7));
        Assert.Equal(FrechetDistance.Between(a, b), figure.Value, 1e-9);
        Assert.Equal((200, 200), (figure.Generated, figure.Real));
        Assert.InRange(figure.Value, figure.Low, figure.High);
        Assert.InRange((figure.High - figure.Low) / (2 * 1.96), deviation * 0.7, deviation * 1.4);
        Assert.Equal(figure, Measure(a, b, new ResamplingPlan(200, null, 200, null, 7)));
    }

    [Fact]
    public void SongsDrawnTogetherMakeTheIntervalWiderThanWindows()
    {
        // Twenty windows of each of ten songs that differ: ten samples' worth, not two hundred.
        var song = Enumerable.Range(0, 200).Select(i => i / 20).ToArray();
        var (centers, noise) = (Rows.Normal(10, 4, 8), Rows.Normal(200, 4, 9, deviation: _ => 0.1));
        var windows = new FeatureRows(200, 4, [.. noise.Values.Select((value, i) => value + centers.Row(song[i / 4])[i % 4])]);
        var real = Rows.Normal(200, 4, 10);
        var bySong = Measure(windows, real, new ResamplingPlan(200, song, 200, null, 11));
        var byWindow = Measure(windows, real, new ResamplingPlan(200, null, 200, null, 11));
        Assert.Equal(byWindow.Value, bySong.Value, 1e-9);
        Assert.True(bySong.High - bySong.Low > 2 * (byWindow.High - byWindow.Low), $"{bySong} beside {byWindow}");
    }

    [Fact]
    public void HalvesOfTheRealSamplesAreSplitBySong()
    {
        int[] song = [4, 4, 4, 6, 6, 7];
        var (generated, real) = (Rows.Normal(6, 2, 1), Rows.Of(2, 1, 1, 2, 0, 3, 5, 0, 4, 1, 1, 7, 2));
        var plan = new ResamplingPlan(6, null, 6, song, 3);

        // Three windows of song 4 on one side, the rest on the other.
        var expected = FrechetDistance.Between(new FeatureRows(3, 2, real.Values[..6]), new FeatureRows(3, 2, real.Values[6..]));
        Assert.Equal(expected,
            FrechetDistance.Measure(generated, real, plan, cancel: TestContext.Current.CancellationToken).RealHalves!.Value, 1e-9);

        var one = new ResamplingPlan(6, null, 6, new int[6], 3);
        Assert.Null(FrechetDistance.Measure(generated, real, one, cancel: TestContext.Current.CancellationToken).RealHalves);
    }

    [Fact]
    public void WhatCannotBeMeasuredIsRefusedInOneLine()
    {
        var rows = Rows.Normal(4, 3, 1);
        Assert.Contains("at least 2", Refused(Rows.Normal(1, 3, 1), rows));
        Assert.Contains("at least 2", Refused(rows, new FeatureRows(0, 3, [])));
        Assert.Contains("3 features", Refused(rows, Rows.Normal(4, 2, 1)));
        var broken = Rows.Normal(4, 3, 2);
        broken.Values[7] = float.NaN;
        Assert.Contains("generated samples: row 2 of 4", Refused(broken, rows));
        Assert.Contains("real samples: row 2 of 4", Refused(rows, broken));
        Assert.Throws<ArgumentException>(() => new FeatureRows(2, 3, new float[5]));

        static string Refused(FeatureRows a, FeatureRows b)
        {
            var message = Assert.Throws<BadInputException>(() => FrechetDistance.Between(a, b)).Message;
            Assert.DoesNotContain('\n', message);
            return message;
        }
    }

    private static FrechetFigure Measure(FeatureRows a, FeatureRows b, ResamplingPlan plan) =>
        FrechetDistance.Measure(a, b, plan, cancel: TestContext.Current.CancellationToken);

    private static FeatureRows Corners(double[] deviation, double[] mean) => new(8, 3,
        [.. Enumerable.Range(0, 24)
            .Select(i => (float)(mean[i % 3] + ((i / 3 >> (i % 3) & 1) == 1 ? deviation[i % 3] : -deviation[i % 3])))]);

    private static (double[] Mean, double[] Covariance) Moments(FeatureRows rows)
    {
        double[] mean = [.. Enumerable.Range(0, 2).Select(k => Enumerable.Range(0, rows.Count).Average(i => (double)rows.Row(i)[k]))];
        return (mean, [Product(0, 0), Product(0, 1), Product(1, 1)]);

        double Product(int j, int k) =>
            Enumerable.Range(0, rows.Count).Sum(i => (rows.Row(i)[j] - mean[j]) * (rows.Row(i)[k] - mean[k])) / (rows.Count - 1);
    }
}
