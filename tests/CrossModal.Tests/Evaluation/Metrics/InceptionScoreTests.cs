using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class InceptionScoreTests
{
    [Fact]
    public void AnUndecidedJudgeGivesOne()
    {
        Assert.Equal(1, InceptionScore.Of([.. Enumerable.Repeat(1f / 13, 13 * 20)], 13), 1e-6);

        // So does one that names everything the same, however certain.
        Assert.Equal(1, InceptionScore.Of([0, 1, 0, 1, 0, 1], 2), 1e-12);
    }

    [Fact]
    public void CertainAndEvenGivesTheNumberOfClasses()
    {
        var probabilities = new float[13 * 26];
        for (var i = 0; i < 26; i++)
            probabilities[i * 13 + i % 13] = 1;
        Assert.Equal(13, InceptionScore.Of(probabilities, 13), 1e-9);
        var interval = InceptionScore.Measure(probabilities, 13, 1, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(13, interval.High, 1e-9);
        Assert.InRange(interval.Low, 10, 12.9);
    }

    [Fact]
    public void ByHand()
    {
        // p̄ = (0.55, 0.45); each divergence written out.
        var expected = Math.Exp(
            (0.9 * Math.Log(0.9 / 0.55) + 0.1 * Math.Log(0.1 / 0.45) + 0.2 * Math.Log(0.2 / 0.55) + 0.8 * Math.Log(0.8 / 0.45)) / 2);
        Assert.Equal(expected, InceptionScore.Of([0.9f, 0.1f, 0.2f, 0.8f], 2), 1e-6);
    }

    [Fact]
    public void TheIntervalHoldsTheScoreOfASample()
    {
        var random = new CountedRandom(2);
        var probabilities = new float[4 * 200];
        for (var i = 0; i < 200; i++)
        {
            var row = probabilities.AsSpan(i * 4, 4);
            row.Fill(0.05f);
            row[random.NextInt(4)] = 0.85f;
        }

        var interval = InceptionScore.Measure(probabilities, 4, 1, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(InceptionScore.Of(probabilities, 4), interval.Value);

        // Of even classes it would be exp(0.85 log 3.4 + 0.15 log 0.2).
        Assert.InRange(Math.Exp(0.85 * Math.Log(3.4) + 0.15 * Math.Log(0.2)), interval.Low * 0.98, interval.High * 1.02);
        Assert.InRange(interval.High - interval.Low, 1e-4, 0.2);
    }

    [Fact]
    public void OneSampleScoresOne() =>
        Assert.Equal(new Interval(1, 1, 1), InceptionScore.Measure([0.3f, 0.7f], 2, 1, cancel: TestContext.Current.CancellationToken));

    [Theory]
    [InlineData(new[] { 0.5f, 0.5f, 0.5f, 0.6f }, "row 1 of 2 adds up to 1.1")]
    [InlineData(new[] { float.NaN, 0.5f }, "row 0 of 1 holds NaN")]
    [InlineData(new[] { 1.5f, -0.5f }, "row 0 of 1 holds -0.5")]
    [InlineData(new[] { 0.5f, float.PositiveInfinity }, "row 0 of 1 adds up to")]
    [InlineData(new float[0], "no samples")]
    public void WhatIsNoDistributionIsRefused(float[] probabilities, string words) =>
        Assert.Contains(words, Assert.Throws<BadInputException>(() => InceptionScore.Of(probabilities, 2)).Message);
}
