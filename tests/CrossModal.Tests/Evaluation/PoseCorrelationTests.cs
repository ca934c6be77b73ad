using CrossModal.Evaluation;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation;

public sealed class PoseCorrelationTests
{
    private const int Each = 120, Components = 5;
    private static readonly string[] Classes = ["flute", "trombone", "viola"];

    /// <summary>Each instrument has its own scale and offset, both in what is seen and in what is asked for; neither counts.</summary>
    [Fact]
    public void ScaleAndOffsetOfAnInstrumentDoNotCount()
    {
        var asked = Draw((c, hand) => 10 * c + (c + 1) * hand);
        var figure =
            Hand(Seen(asked, (i, value) => -5 * asked.Classes[i] + (3 - asked.Classes[i]) * (value - 10 * asked.Classes[i])), asked);
        Assert.Equal(1, figure.Correlation, 1e-6);
        Assert.Equal(-1, Hand(Seen(asked, (i, value) => 10 * asked.Classes[i] - value), asked).Correlation, 1e-6);
        Assert.Equal((1, 1), (Math.Round(figure.Low, 6), Math.Round(figure.High, 6)));
        Assert.InRange(Math.Abs(figure.Floor), 0, 0.03);
        Assert.InRange(figure.FloorHigh, 0.03, 0.2);
        Assert.Equal(3 * Each, figure.Count);
    }

    /// <summary>Whoever only knows the instrument knows nothing of its pose, however the instruments differ.</summary>
    [Fact]
    public void TheInstrumentAloneTellsNothing()
    {
        var asked = Draw((c, hand) => 10 * c + hand);
        Assert.Equal(0, Hand(Seen(asked, (i, _) => 7 * asked.Classes[i]), asked).Correlation);
        var random = new CountedRandom(5, 5);
        var noisy = Hand(Seen(asked, (i, _) => 7 * asked.Classes[i] + random.NextNormal()), asked);
        Assert.InRange(noisy.Correlation, -0.2, 0.2);
        Assert.InRange(0, noisy.Low, noisy.High);
    }

    /// <summary>y = x + noise of the same size has correlation √½.</summary>
    [Fact]
    public void NoiseOfTheSameSizeLeavesTheRootOfAHalf()
    {
        var random = new CountedRandom(4, 4);
        var asked = Draw((_, hand) => hand);
        var figure = Hand(Seen(asked, (_, value) => value + random.NextNormal()), asked);
        Assert.Equal(Math.Sqrt(0.5), figure.Correlation, 0.06);
        Assert.InRange(figure.Correlation, figure.Low, figure.High);
        Assert.InRange(figure.High - figure.Low, 0.02, 0.3);
        Assert.Equal(["flute", "trombone", "viola"], figure.Instruments.Keys);
    }

    [Fact]
    public void WhatIsNotKnownIsLeftOut()
    {
        var asked = Draw((_, hand) => hand);
        for (var i = 0; i < asked.Count; i++)
        {
            asked.Known[PoseTargets.At(i, PoseTargets.Hand)] = asked.Classes[i] == 1;
            if (asked.Classes[i] != 1)
                asked.Values[PoseTargets.At(i, PoseTargets.Hand)] = 1e6f * (i % 7);
            asked.Known[PoseTargets.At(i, PoseTargets.Raised)] = false;
        }

        var figures = PoseCorrelation.Measure(Seen(asked, (_, value) => value), asked, Classes, 1, TestContext.Current.CancellationToken);
        Assert.Equal(Each, figures["hand"].Count);
        Assert.Equal(["trombone"], figures["hand"].Instruments.Keys);
        Assert.DoesNotContain("raised", figures.Keys);
    }

    /// <summary>What real images of an instrument do not show, generated ones are not asked for.</summary>
    [Fact]
    public void OnlyWhatRealImagesShowIsLegible()
    {
        var random = new CountedRandom(6, 6);
        var asked = Draw((_, hand) => hand);
        float See(int i, float value) => asked.Classes[i] == 2 ? random.NextNormal() : value;
        var real = PoseCorrelation.Measure(Seen(asked, See), asked, Classes, 1, TestContext.Current.CancellationToken);
        var legible = PoseCorrelation.Legible(asked, real, Classes);
        var figure = Hand(Seen(asked, See), legible);
        Assert.Equal((2 * Each, 1.0), (figure.Count, Math.Round(figure.Correlation, 6)));
        Assert.Equal(["flute", "trombone"], figure.Instruments.Keys);
        Assert.Equal(3 * Each, Hand(Seen(asked, See), asked).Count);
    }

    [Fact]
    public void TheProbeFindsLinesAndCurvesAndNothingInNoise()
    {
        var random = new CountedRandom(8, 8);
        var (train, validation) = (Draw((_, hand) => hand, 1).Standardized(Draw((_, hand) => hand, 1)), Draw((_, hand) => hand, 2));
        float[] Codes(PoseTargets targets, Func<float, float> first) =>
            [.. Enumerable.Range(0, targets.Count)
                .SelectMany(i => new[] { first(targets.Values[PoseTargets.At(i, 0)]), 0.3f * random.NextNormal(), targets.Classes[i] })];
        double Told(Func<float, float> first, bool linear)
        {
            var predictions = PoseProbe.Predict(Codes(train, first), train, Codes(validation, first), validation.Classes, linear);
            return Hand(predictions, validation).Correlation;
        }

        Assert.InRange(Told(hand => 0.1f * hand - 3, linear: true), 0.95, 1);
        Assert.InRange(Told(hand => 0.1f * hand - 3, linear: false), 0.95, 1);
        Assert.InRange(Told(_ => random.NextNormal(), linear: true), -0.2, 0.2);

        // A hand that is folded into the middle: x = (|hand|, sign) tells it, but no straight line does.
        float[] Folded(PoseTargets targets) => [.. Enumerable.Range(0, targets.Count).Select(i => targets.Values[PoseTargets.At(i, 0)])
            .SelectMany(hand => new[] { Math.Abs(hand - 0.5f), hand > 0.5f ? 1 : -1 })];
        double Unfolded(bool linear) =>
            Hand(PoseProbe.Predict(Folded(train), train, Folded(validation), validation.Classes, linear), validation).Correlation;
        Assert.True(Unfolded(linear: false) > Unfolded(linear: true));
    }

    [Fact]
    public void PredictionsOfAnotherCountAreRefused() =>
        Assert.Throws<ArgumentException>(() =>
            PoseCorrelation.Measure(new float[Components], Draw((_, hand) => hand), Classes, 1, TestContext.Current.CancellationToken));

    private static PoseFigure Hand(float[] seen, PoseTargets asked) =>
        PoseCorrelation.Measure(seen, asked, Classes, 1, TestContext.Current.CancellationToken)["hand"];

    /// <summary>Normal numbers for the hand, songs of four.</summary>
    private static PoseTargets Draw(Func<int, float, float> hand, ulong seed = 3)
    {
        var random = new CountedRandom(seed, 1);
        var count = Each * Classes.Length;
        int[] classes = [.. Enumerable.Range(0, count).Select(i => i / Each)], songs = [.. Enumerable.Range(0, count).Select(i => i / 4)];
        var targets = new PoseTargets(classes, songs, new float[count * Components], new bool[count * Components]);
        for (var i = 0; i < count; i++)
            (targets.Values[PoseTargets.At(i, 0)], targets.Known[PoseTargets.At(i, 0)]) = (hand(i / Each, random.NextNormal()), true);
        return targets;
    }

    private static float[] Seen(PoseTargets asked, Func<int, float, float> see)
    {
        var seen = new float[asked.Values.Length];
        for (var i = 0; i < asked.Count; i++)
            seen[PoseTargets.At(i, 0)] = see(i, asked.Values[PoseTargets.At(i, 0)]);
        return seen;
    }
}
