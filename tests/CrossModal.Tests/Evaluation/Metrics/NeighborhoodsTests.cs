using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class NeighborhoodsTests
{
    private const int Count = 400;

    /// <summary>
    /// Points on a line, by hand, with one neighbor. Real 0, 1, 5, −100 have balls of 1, 1, 4, 100; generated 0.5, 2.5, 9.5, −2 of 2, 2, 7,
    /// 2.5.
    /// </summary>
    [Fact]
    public void FourPointsByHand()
    {
        var (generated, real) = (Independent(Rows.Of(1, 0.5f, 2.5f, 9.5f, -2)), Independent(Rows.Of(1, 0, 1, 5, -100)));
        var compared = Neighborhoods.Compare(generated, real, TestContext.Current.CancellationToken, nearest: 1)!;
        Assert.Equal([1, 1, 0, 1], compared.InReal);
        Assert.Equal([2, 1, 0, 1], compared.RealBalls);
        Assert.Equal([1, 1, 1, 0], compared.InGenerated);
        Assert.Equal([1, 1, 1, 1], compared.Reached);

        var three = Neighborhoods.Compare(generated, real, TestContext.Current.CancellationToken, nearest: 3)!;
        Assert.Equal([4 / 3.0, 4 / 3.0, 1, 4 / 3.0], three.RealBalls);
        Assert.Null(Neighborhoods.Compare(generated, real, TestContext.Current.CancellationToken, nearest: 4));
    }

    /// <summary>Windows of one song are no neighbors: without that, each would end at its own copies.</summary>
    [Fact]
    public void NeighborsAreOfOtherSongs()
    {
        var rows = Rows.Of(1, 0, 0.01f, 10, 10.01f);
        var (song, other) = (new SongRows(rows, [1, 1, 2, 2]), new SongRows(Rows.Of(1, 5, 5, 30, 30), [3, 3, 4, 4]));
        Assert.Equal([1, 1, 0, 0], Compare(other, song).InReal);
        Assert.Equal([0, 0, 0, 0], Compare(other with { Songs = [1, 2, 3, 4] }, Independent(rows)).InReal);
        Assert.Null(Neighborhoods.Compare(other, song with { Songs = [1, 1, 1, 1] }, TestContext.Current.CancellationToken, 1));

        static Neighborhoods.Comparison Compare(SongRows generated, SongRows real) =>
            Neighborhoods.Compare(generated, real, TestContext.Current.CancellationToken, 1)!;
    }

    /// <summary>Of the same distribution both are high; a narrower one lies within and leaves most of the real ones out.</summary>
    [Fact]
    public void TwoNormalDistributions()
    {
        var real = Rows.Normal(Count, 2, 1);
        var same = Measure(Rows.Normal(Count, 2, 2), real);
        Assert.InRange(same.Precision.Value, 0.93, 1);
        Assert.InRange(same.Recall.Value, 0.93, 1);
        Assert.InRange(same.Density.Value, 0.85, 1.15);
        Assert.InRange(same.Coverage.Value, 0.8, 1);
        Assert.InRange(same.Precision.RealHalves!.Value, 0.9, 1);
        Assert.Equal(Count, same.Recall.Count);
        Assert.True(same.Recall.Low < same.Recall.Value && same.Recall.Value < same.Recall.High);

        var narrow = Measure(Rows.Normal(Count, 2, 2, deviation: _ => 0.3), real);
        Assert.InRange(narrow.Precision.Value, 0.98, 1);
        Assert.InRange(narrow.Recall.Value, 0.2, 0.6);
        var wide = Measure(real, Rows.Normal(Count, 2, 2, deviation: _ => 0.3));
        Assert.Equal(narrow.Recall.Value, wide.Precision.Value, 1e-12);
        Assert.Equal(narrow.Precision.Value, wide.Recall.Value, 1e-12);

        var away = Measure(Rows.Normal(Count, 2, 2, mean: _ => 20), real);
        Assert.Equal((0, 0, 0, 0), (away.Precision.Value, away.Recall.Value, away.Density.Value, away.Coverage.Value));
    }

    /// <summary>One sample over and over: near real ones, and nothing of what real ones are.</summary>
    [Fact]
    public void ACollapsedGeneratorHasNoRecall()
    {
        var figures = Measure(Rows.Of(2, new float[2 * Count]), Rows.Normal(Count, 2, 1));
        Assert.Equal((1, 0), (figures.Precision.Value, figures.Recall.Value));
        Assert.InRange(figures.Coverage.Value, 0, 0.05);
    }

    [Fact]
    public void EqualCountsAreCompared()
    {
        var figures = Measure(Rows.Normal(3 * Count, 2, 2), Rows.Normal(Count, 2, 1));
        Assert.Equal(Count, figures.Precision.Count);
        Assert.Null(Neighborhoods.Measure(Rows.Normal(3, 2, 1), null, Rows.Normal(9, 2, 1), null, 1,
            TestContext.Current.CancellationToken));
        Assert.Throws<BadInputException>(() => Measure(Rows.Normal(9, 3, 1), Rows.Normal(9, 2, 1)));
        Assert.Throws<BadInputException>(() => Measure(Rows.Of(1, 1, 2, float.NaN, 4, 5), Rows.Normal(5, 1, 1)));
    }

    private static NeighborFigures Measure(FeatureRows generated, FeatureRows real) =>
        Neighborhoods.Measure(generated, null, real, null, 5, TestContext.Current.CancellationToken)!;

    private static SongRows Independent(FeatureRows rows) => new(rows, [.. Enumerable.Range(0, rows.Count)]);
}
