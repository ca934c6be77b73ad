using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class DiversityTests
{
    [Fact]
    public void ByHand()
    {
        // Two conditions of two samples, two pixels each; the root mean square of (3, 4) is √12.5, of (1, 1) it is 1.
        var pixels = Rows.Of(2, 0, 0, 3, 4, 10, 10, 11, 11);
        var features = Rows.Of(1, 0, 0, 2, 2);
        var real = Rows.Of(2, 0, 0, 2, 2, 5, 5);
        var figure = Measure(new DiversitySamples(2, pixels, features, real, Rows.Of(1, 1, 1, 1), [0, 0, 1]));
        Assert.Equal((2, 2), (figure.Conditions, figure.PerCondition));
        Assert.Equal((Math.Sqrt(12.5) + 1) / 2, figure.Pixels.SameCondition.Value, 1e-6);
        Assert.Equal(1, figure.Pixels.SameCondition.Low, 1e-6);
        Assert.Equal(Math.Sqrt(12.5), figure.Pixels.SameCondition.High, 1e-6);
        Assert.Equal(2, figure.Pixels.RealOfOneClass!.Value, 1e-6);
        Assert.Equal(figure.Pixels.SameCondition.Value / 2, figure.Pixels.ShareOfReal!.Value, 1e-9);

        // Sample 0 of one with sample 1 of the other: (11, 11) and (10 − 3, 10 − 4).
        Assert.Equal((11 + Math.Sqrt((49 + 36) / 2.0)) / 2, figure.Pixels.DifferentConditions!.Value, 1e-5);

        // The features do not differ within a condition, nor among real samples of one class: nothing to divide by.
        Assert.Equal((0.0, 0.0, 2.0, 0.0), (figure.Features.SameCondition.Value, figure.Features.RealOfOneClass,
            figure.Features.DifferentConditions, figure.Features.ShareOfDifferent));
        Assert.Null(figure.Features.ShareOfReal);
    }

    [Fact]
    public void LargeFeaturesHaveFiniteDistances()
    {
        var features = Rows.Of(1, 0, 3e25f, 0, 3e25f);
        var figure = Measure(new DiversitySamples(2, features, features, features, features, [0, 0, 1, 1]));
        Assert.Equal(3e25, figure.Features.SameCondition.Value, 1e19);
    }

    [Fact]
    public void NoiseAloneHasSharesOfOne()
    {
        // Samples that do not depend on their condition, and real ones drawn alike: √2 apart.
        var (pixels, features) = (Rows.Normal(100 * 4, 300, 1), Rows.Normal(100 * 4, 20, 2));
        var (real, realFeatures) = (Rows.Normal(300, 300, 3), Rows.Normal(300, 20, 4));
        var figure =
            Measure(new DiversitySamples(4, pixels, features, real, realFeatures, [.. Enumerable.Range(0, 300).Select(i => i % 3)]));
        Assert.InRange(figure.Pixels.SameCondition.Value, 1.40, 1.43);
        foreach (var shares in new[] { figure.Pixels, figure.Features })
        {
            Assert.InRange(shares.ShareOfReal!.Value, 0.97, 1.03);
            Assert.InRange(shares.ShareOfDifferent!.Value, 0.97, 1.03);
        }
    }

    [Fact]
    public void OneConditionAndClassesOfOneSampleLeaveOutWhatTheyCannotSay()
    {
        var figure = Measure(
            new DiversitySamples(3, Rows.Normal(3, 4, 1), Rows.Normal(3, 2, 2), Rows.Normal(2, 4, 3), Rows.Normal(2, 2, 4), [0, 1]));
        Assert.Equal((1, null, null, null, null),
            (figure.Conditions, figure.Pixels.RealOfOneClass, figure.Pixels.DifferentConditions, figure.Pixels.ShareOfReal,
                figure.Pixels.ShareOfDifferent));
        Assert.True(figure.Pixels.SameCondition.Value > 0);
    }

    [Fact]
    public void WhatCannotBeMeasuredIsRefused()
    {
        var (rows, none) = (Rows.Normal(4, 2, 1), new FeatureRows(0, 2, []));
        Assert.Contains("at least 2",
            Assert.Throws<BadInputException>(() => Measure(new DiversitySamples(1, rows, rows, none, none, []))).Message);
        Assert.Contains("at least 2",
            Assert.Throws<BadInputException>(() => Measure(new DiversitySamples(2, none, none, none, none, []))).Message);
        Assert.Throws<ArgumentException>(() => Measure(new DiversitySamples(3, rows, rows, none, none, [])));
        Assert.Throws<ArgumentException>(() => Measure(new DiversitySamples(2, rows, rows, rows, rows, [0])));
        var broken = Rows.Normal(4, 2, 1);
        broken.Values[6] = float.NaN;
        Assert.Contains("generated samples: row 3",
            Assert.Throws<BadInputException>(() => Measure(new DiversitySamples(2, broken, rows, none, none, []))).Message);
    }

    private static DiversityFigure Measure(DiversitySamples samples) =>
        Diversity.Measure(samples, 1, TestContext.Current.CancellationToken);
}
