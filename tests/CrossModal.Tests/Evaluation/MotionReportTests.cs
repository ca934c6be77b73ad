using CrossModal.Evaluation;
using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Tests.Evaluation;

public sealed class MotionReportTests
{
    private const int Songs = 20, Each = 6;

    /// <summary>Pictures of one number: what moves by a step jumps by that step.</summary>
    [Fact]
    public void JumpsAreTheDistancesOfNeighborsWithinASong()
    {
        float[] real = [0, 0.1f, 0.3f, 5, 5.2f], made = [1, 1.2f, 1.6f, 9, 9.4f];
        var (jump, realJump, ratio, following) = Jumps(Pictures(made), Pictures(real), [0, 0, 0, 1, 1])!.Value;
        Assert.Equal((0.2 + 0.4 + 0.4) / 3, jump.Value, 1e-6);
        Assert.Equal((0.1 + 0.2 + 0.2) / 3, realJump.Value, 1e-6);
        Assert.Equal((2, 2, 2), (Math.Round(ratio.Value, 5), Math.Round(ratio.Low, 5), Math.Round(ratio.High, 5)));
        Assert.Equal(1, following.Value, 1e-5);
    }

    [Fact]
    public void APlayerWhoFlickersDoesNotFollow()
    {
        var random = new CountedRandom(3, 1);
        float[] real = new float[Songs * Each], made = Array.ConvertAll(new float[Songs * Each], _ => random.NextNormal());
        for (var i = 0; i < real.Length; i++)
            real[i] = (i % 3) switch { 0 => 0, 1 => 0.01f, _ => 0.5f };
        int[] songs = [.. Enumerable.Range(0, real.Length).Select(i => i / Each)];
        var (_, _, ratio, following) = Jumps(Pictures(made), Pictures(real), songs)!.Value;
        Assert.InRange(ratio.Value, 2, 6);
        Assert.InRange(following.Value, -0.25, 0.25);
        Assert.InRange(0, following.Low, following.High);
    }

    [Fact]
    public void WhereNothingMovesThereIsNoRatioAndWhereNoSongGoesOnNoReport()
    {
        var still = Jumps(Pictures(1, 2, 3), Pictures(1, 1, 1), [0, 0, 0])!.Value;
        Assert.Equal((1, 0, 0), (still.Jump.Value, still.Ratio.Value, still.Following.Value));
        Assert.Null(Jumps(Pictures(1, 2, 3), Pictures(1, 1, 1), [0, 1, 2]));
        Assert.Null(Jumps(Pictures(), Pictures(), []));
    }

    /// <summary>
    /// Songs differ in where the hand is, and a picture that shows only that follows nothing along time; a song without any change says
    /// nothing, whatever its pictures show.
    /// </summary>
    [Fact]
    public void AlongTimeOnlyChangesWithinASongCount()
    {
        var random = new CountedRandom(5, 2);
        var numbers = Songs * Each * PoseTargets.Components.Count;
        var asked = new PoseTargets([.. Enumerable.Repeat(0, Songs * Each)], [.. Enumerable.Range(0, Songs * Each).Select(i => i / Each)],
            new float[numbers], new bool[numbers]);
        var (bySong, byTime) = (new float[numbers], new float[numbers]);
        for (var i = 0; i < asked.Count; i++)
        {
            var (song, at) = (asked.Songs[i], PoseTargets.At(i, PoseTargets.Hand));
            asked.Known[at] = true;
            asked.Values[at] = song == 0 ? 0.5f : song + 0.1f * random.NextNormal();
            bySong[at] = song + random.NextNormal();
            byTime[at] = song == 0 ? random.NextNormal() : asked.Values[at] - 3 * song;
        }

        Assert.InRange(Hand(bySong).Correlation, -0.25, 0.25);
        Assert.Equal(1, Hand(byTime).Correlation, 1e-5);
        Assert.Equal((Songs - 1) * Each, Hand(byTime).Count);

        PoseFigure Hand(float[] seen) =>
            PoseCorrelation.AlongTime(seen, asked, ["viola"], 1, TestContext.Current.CancellationToken)["hand"];
    }

    private static (Interval Jump, Interval RealJump, Interval Ratio, Interval Following)? Jumps(ExampleSet made, ExampleSet real,
        int[] songs) => MotionReport.Jumps(made, real, songs, 1, TestContext.Current.CancellationToken);

    private static ExampleSet Pictures(params float[] values) =>
        new(values.Length, new Shape(1, 1, 3), _ => 0, (i, destination) => destination.Fill(values[i]));
}
