using CrossModal.Evaluation.Human;
using CrossModal.Pipelines;

namespace CrossModal.Tests.Evaluation.Human;

/// <summary>The arithmetic of scores and agreement.</summary>
public sealed class HumanScoreTests : RatingFixture
{
    /// <summary>
    /// Four observers, twelve units, with gaps: the example worked through by Krippendorff 2011, whose ordinal alpha is 0.815.
    /// </summary>
    [Fact]
    public void AlphaIsThatOfThePublishedExample()
    {
        string[] observers = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."];
        var ratings = Table(observers);
        Assert.Equal(0.815, RaterAgreement.OrdinalAlpha(ratings.Ratings, highest: 5)!.Value, 0.0005);

        // The order of the observers is of no matter.
        Assert.Equal(RaterAgreement.OrdinalAlpha(ratings.Ratings, 5)!.Value,
            RaterAgreement.OrdinalAlpha(Table([.. observers.Reverse()]).Ratings, 5)!.Value, 1e-12);
    }

    [Fact]
    public void AlphaAtItsEnds()
    {
        Assert.Equal(1, RaterAgreement.OrdinalAlpha(Table(["0123", "0123"]).Ratings)!.Value, 1e-12);
        Assert.Null(RaterAgreement.OrdinalAlpha(Table(["0123"]).Ratings));
        Assert.Null(RaterAgreement.OrdinalAlpha(Table(["2222", "2222"]).Ratings));
        Assert.Null(RaterAgreement.OrdinalAlpha(Table(["01..", "..23"]).Ratings));

        // By hand, two units 0 1 and 1 0: n_0 = n_1 = 2, so that δ² = (2/2 + 2/2)² = 4; observed o_01 = 2, expected n_0 n_1 = 4: 1 − (4 −
        // 1) · 2 · 4 / (4 · 4) = −0.5.
        Assert.Equal(-0.5, RaterAgreement.OrdinalAlpha(Table(["01", "10"]).Ratings)!.Value, 1e-12);

        // Near misses disagree less than far ones.
        Assert.True(RaterAgreement.OrdinalAlpha(Table(["001233", "011233"]).Ratings)
            > RaterAgreement.OrdinalAlpha(Table(["001233", "031233"]).Ratings));
    }

    [Fact]
    public void TheExactShareCountsPairs()
    {
        // Pictures with three, two and one rating: of 3 + 1 pairs, 1 + 1 are equal.
        Assert.Equal(0.5, RaterAgreement.ExactShare(Table(["22.", "22.", "1..", "..3"]).Ratings)!.Value, 1e-12);
        Assert.Null(RaterAgreement.ExactShare(Table(["0123"]).Ratings));
    }

    [Fact]
    public void MeansAndDistributionsAreCountedByHand()
    {
        var key = Page().Key;
        var report = HumanEvaluationReport.Of(key,
        [
            ("a.json", Answers(key, "Ann", item => item.Generated ? 1 : 3)),
            ("b.json", Answers(key, "Ben", item => item.Generated ? item.Instrument == "oboe" ? 2 : 0 : item.Instrument == "cello"
                ? null : 2)),
        ]);
        Assert.Equal(["real", "tiny-run"], report.Sources.Select(source => source.Name));
        var (real, drawn) = (report.Sources[0].Score, report.Sources[1].Score);

        // Real: six 3 by Ann; Ben leaves two out and gives four 2. Drawn: six 1; Ben two 2 and four 0.
        Assert.Equal((6 * 3 + 4 * 2) / 10.0, real.Mean!.Value, 1e-12);
        Assert.Equal([0, 0, 4, 6], real.Distribution);
        Assert.Equal((6, 10), (real.Pictures, real.Ratings));
        Assert.Equal((6 + 4) / 12.0, drawn.Mean!.Value, 1e-12);
        Assert.Equal([4, 6, 2, 0], drawn.Distribution);
        Assert.Equal(1.5, report.Sources[1].Instruments["oboe"].Mean!.Value, 1e-12);
        Assert.Equal(3, report.Sources[0].Instruments["cello"].Mean!.Value, 1e-12);
        Assert.Equal(0, report.Agreement.ExactShare);
        Assert.Equal([("Ann", 12, 2.0), ("Ben", 10, 1.2)], report.Raters.Select(rater => (rater.Name, rater.Ratings, rater.Mean)));
        Assert.Equal([2.59, 1.81, 1.16, 0.84], report.Paper.Select(paper => paper.Mean));
    }

    /// <summary>
    /// One rater, ratings 0 and 3 in equal parts: the mean of n draws has the standard deviation 1.5 / √n, which the interval must show.
    /// </summary>
    [Fact]
    public void TheIntervalIsThatOfTheBinomial()
    {
        const int Pictures = 400;
        var table = Table([string.Concat(Enumerable.Repeat("03", Pictures / 2))]);
        var (low, high) = table.Interval(2000, 5)!.Value;
        var half = 1.96 * 1.5 / Math.Sqrt(Pictures);
        Assert.Equal(1.5 - half, low, 0.02);
        Assert.Equal(1.5 + half, high, 0.02);
        Assert.Equal((low, high), table.Interval(2000, 5));
    }

    /// <summary>
    /// All pictures alike, raters apart: the uncertainty is that of the raters alone, and more pictures do not remove it.
    /// </summary>
    [Fact]
    public void TheIntervalSpeaksForOtherRaters()
    {
        var table = Table([.. Enumerable.Range(0, 10).Select(rater => new string(rater % 2 == 0 ? '1' : '3', 500))]);
        var (low, high) = table.Interval(2000, 6)!.Value;
        var half = 1.96 * 1 / Math.Sqrt(10);
        Assert.Equal(2 - half, low, 0.12);
        Assert.Equal(2 + half, high, 0.12);
    }

    [Fact]
    public void AnIntervalNeedsTwoPictures()
    {
        Assert.Null(Table(["2.", "1."]).Interval(100, 1));
        Assert.Equal((2.0, 2.0), Table(["22"]).Interval(100, 1));

        // Each rater has seen another picture: a draw of the same rater and the other's picture alone gives nothing, and is left out.
        var (low, high) = Table(["0.", ".3"]).Interval(2000, 1)!.Value;
        Assert.Equal((0.0, 3.0), (low, high));
    }

    [Fact]
    public void QuantilesLieBetweenNeighbors()
    {
        Assert.Equal(1.5, RatingTable.Quantile([1, 2], 0.5));
        Assert.Equal(3, RatingTable.Quantile([1, 2, 3], 1));
        Assert.Equal(1.2, RatingTable.Quantile([1, 2, 3], 0.1), 1e-12);
    }

    [Fact]
    public void SoundsAreSharedOutEvenlyAndNoneIsHeardTwice()
    {
        int[] classes = [.. Enumerable.Range(0, 60).Select(i => i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2)];
        var (real, drawn) = RunRatingItems.Choose(classes, 3, 9, seed: 3);
        foreach (var chosen in new[] { real, drawn[0] })
            Assert.Equal([3, 3, 3], Enumerable.Range(0, 3).Select(c => chosen.Count(i => classes[i] == c)));
        Assert.Empty(real.Intersect(Assert.Single(drawn)));

        // Two of the rare class for each of three sources are all that there are of it.
        var (shown, byRun) = RunRatingItems.Choose(classes, 3, 6, seed: 3, runs: 2);
        Assert.Equal(18, shown.Concat(byRun[0]).Concat(byRun[1]).Distinct().Count());
        Assert.NotEqual(real, RunRatingItems.Choose(classes, 3, 9, seed: 4).Real);

        // The rare class runs out; the others fill up. With more asked for than there is, everything is taken.
        (real, _) = RunRatingItems.Choose(classes, 3, 30, seed: 3);
        Assert.Equal([12, 12, 6], Enumerable.Range(0, 3).Select(c => real.Count(i => classes[i] == c)));
        Assert.Equal(Enumerable.Range(0, 60), RunRatingItems.Choose(classes, 3, 100, seed: 3, runs: 3).Drawn[2].Order());
    }

    /// <summary>A line a rater, a character a picture; a point where there is no rating.</summary>
    private static RatingTable Table(string[] raters)
    {
        var ratings = new int[raters[0].Length, raters.Length];
        for (var rater = 0; rater < raters.Length; rater++)
        {
            for (var i = 0; i < raters[rater].Length; i++)
                ratings[i, rater] = raters[rater][i] == '.' ? RatingTable.None : raters[rater][i] - '0';
        }

        return new RatingTable(ratings);
    }
}
