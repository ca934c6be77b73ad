using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class RetrievalTests
{
    [Fact]
    public void NearestByAngleNotByDistance()
    {
        // The first query lies along the first gallery row, far out; the second along the third. Of twelve rows, five and ten are told
        // apart.
        float[] angles = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110];
        var gallery = Angles(angles, 1);
        int[] galleryClass = [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0];
        var figure = Measure(Angles([1, 49], 100), [0, 0], gallery, galleryClass, paired: false);

        // 49° to 0° and to 110°: five rows lie nearer on the one side (10 to 40, and 50) and in all nine or ten before the class is met: 10
        // of 12 rows, the eleventh is at 0°.
        var apart = angles.Select((angle, j) => (Angle: Math.Abs(angle - 49), Class: galleryClass[j])).OrderBy(row => row.Angle)
            .Select(row => row.Class).ToList();
        var rank = apart.IndexOf(0) + 1;
        Assert.InRange(rank, 6, 10);
        Assert.Equal([0.5, 0.5, 1], figure.Class.Select(recall => recall.Recall.Value));
        Assert.Equal([1, 5, 10], figure.Class.Select(recall => recall.K));
        Assert.Null(figure.Instance);
    }

    [Fact]
    public void ChanceIsThatOfDrawingWithoutReplacement()
    {
        var classes = Enumerable.Range(0, 20).Select(i => i < 4 ? 0 : 1).ToArray();
        var rows = Rows.Normal(20, 6, 1);
        var figure = Measure(rows, classes, rows, classes, paired: true);

        // Class 0: 1 − C(16, 5)/C(20, 5) = 1 − 4368/15504; class 1: with 4 others, 5 drawn always hold one of it.
        Assert.Equal(0.2 * (1 - 4368.0 / 15504) + 0.8, figure.Class[1].Chance, 1e-12);
        Assert.Equal(0.2 * 0.2 + 0.8 * 0.8, figure.Class[0].Chance, 1e-12);
        Assert.Equal([0.05, 0.25, 0.5], figure.Instance!.Select(recall => Math.Round(recall.Chance, 12)));
        Assert.All(figure.Instance!, recall => Assert.Equal(new Interval(1, 1, 1), recall.Recall));
    }

    [Fact]
    public void BlindQueriesFindWhatChanceFinds()
    {
        var classes = Enumerable.Range(0, 1000).Select(i => i % 10).ToArray();
        var figure = Measure(Rows.Normal(1000, 16, 2), classes, Rows.Normal(1000, 16, 3), classes, paired: true);
        for (var d = 0; d < 3; d++)
        {
            Assert.InRange(figure.Class[d].Chance, figure.Class[d].Recall.Low - 0.02, figure.Class[d].Recall.High + 0.02);
            Assert.InRange(figure.Instance![d].Recall.Value, 0, 4 * figure.Instance[d].Chance);
        }
    }

    [Fact]
    public void AmongEqualsAHitCountsWithItsProbability()
    {
        // A collapsed generator before a gallery of one repeated image must score chance, not 0 or 1.
        var same = new FeatureRows(8, 3, [.. Enumerable.Repeat(0.5f, 24)]);
        int[] classes = [0, 0, 1, 1, 2, 2, 3, 3];
        var figure = Measure(same, classes, same, classes, paired: true);
        for (var d = 0; d < 3; d++)
        {
            Assert.Equal(figure.Class[d].Chance, figure.Class[d].Recall.Value, 1e-12);
            Assert.Equal(figure.Instance![d].Chance, figure.Instance[d].Recall.Value, 1e-12);
        }

        // So must features that are all zero.
        var zero = new FeatureRows(8, 3, new float[24]);
        Assert.Equal(2 / 8.0, Measure(zero, classes, same, classes, paired: false).Class[0].Recall.Value, 1e-12);
    }

    /// <summary>
    /// Far from the origin cosines differ in the seventh digit: of features around 1000 the very partner is nearest, as float64 says, and
    /// not one of many that float32 cannot tell apart.
    /// </summary>
    [Fact]
    public void FeaturesFarFromTheOriginFindTheirPartners()
    {
        const int Count = 128, Length = 8;
        var real = Rows.Normal(Count, Length, 5, _ => 1000);
        var noise = Rows.Normal(Count, Length, 6, _ => 0, _ => 0.02);
        var asked = new FeatureRows(Count, Length, [.. real.Values.Zip(noise.Values, (value, apart) => value + apart)]);
        int[] classes = [.. Enumerable.Range(0, Count)];
        var expected = classes.Average(i => classes.MaxBy(j => Cosine(asked.Row(i), real.Row(j))) == i ? 1.0 : 0);
        Assert.True(expected > 0.9);
        Assert.Equal(expected, Measure(asked, classes, real, classes, paired: true).Instance![0].Recall.Value, 1e-12);

        static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            var (product, squares) = (0.0, 0.0);
            for (var k = 0; k < a.Length; k++)
                (product, squares) = (product + (double)a[k] * b[k], squares + (double)b[k] * b[k]);
            return product / Math.Sqrt(squares);
        }
    }

    [Fact]
    public void AClassThatTheGalleryLacksFindsNothing()
    {
        var figure = Measure(Rows.Of(2, 1, 0, 0, 1), [0, 5], Rows.Of(2, 1, 0), [0], paired: false);
        Assert.All(figure.Class, recall => Assert.Equal((0.5, 0.5), (recall.Recall.Value, recall.Chance)));
    }

    [Fact]
    public void WhatCannotBeMeasuredIsRefused()
    {
        var rows = Rows.Normal(2, 3, 1);
        Assert.Contains("at least 1",
            Assert.Throws<BadInputException>(() => Measure(rows, [0, 1], new FeatureRows(0, 3, []), [], false)).Message);
        Assert.Throws<ArgumentException>(() => Measure(rows, [0, 1], Rows.Normal(3, 3, 1), [0, 1, 0], true));
        Assert.Throws<ArgumentException>(() => Measure(rows, [0], rows, [0, 1], false));
        var broken = Rows.Normal(2, 3, 1);
        broken.Values[5] = float.NaN;
        Assert.Contains("row 1 of 2 holds NaN",
            Assert.Throws<BadInputException>(() => Measure(rows, [0, 1], broken, [0, 1], false)).Message);
    }

    private static RetrievalFigure Measure(FeatureRows queries, int[] queryClass, FeatureRows gallery, int[] galleryClass, bool paired) =>
        Retrieval.Measure(new LabeledFeatures(queries, queryClass), new LabeledFeatures(gallery, galleryClass), paired, 1,
            cancel: TestContext.Current.CancellationToken);

    private static FeatureRows Angles(float[] degrees, float radius) =>
        Rows.Of(2, [.. degrees.SelectMany(angle =>
            new[] { radius * MathF.Cos(angle * MathF.PI / 180), radius * MathF.Sin(angle * MathF.PI / 180) })]);
}
