using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Runs;

/// <summary>A judge of few pictures is trained longer, on pictures mirrored and zoomed.</summary>
public sealed class FewPicturesTests(TinyRun tiny) : RunTests(tiny)
{
    private static readonly ClassifierSettings Judge = Presets.Quick.ImageClassifier;

    [Fact]
    public void OfManyPicturesItIsAsThePresetSays()
    {
        Assert.Equal((0, 400), (Judge.Zoom, Judge.MinimumSteps));
        Assert.Same(Judge, Judge.OnPictures(3120));
        Assert.Equal(Judge with { Zoom = 0.35, MinimumSteps = 2500 }, Judge.OnPictures(1368));
    }

    [Fact]
    public void WhatWasAskedForStays()
    {
        Assert.Equal(0.1, (Judge with { Zoom = 0.1 }).OnPictures(100).Zoom);
        Assert.Equal(9000, (Judge with { MinimumSteps = 9000 }).OnPictures(100).MinimumSteps);
        var counted = Judge with { Epochs = 5, MinimumSteps = 0 };
        Assert.Same(counted, counted.OnPictures(100));
    }

    /// <summary>Its checkpoint would not be of what the run says else.</summary>
    [Fact]
    public void ARunThatGoesOnKeepsTheJudgeThatItBeganWith()
    {
        using var device = Device.Open("cpu", threads: 1);
        using var data = TinyData.Open(Tiny.Data, 0, 1, device, new SilentReporter(), TestContext.Current.CancellationToken);
        var begun = RunOpening.Settle(Presets.Quick, data);
        Assert.Equal(Judge.OnPictures(data.Pairs.Train.ImageCount), begun.ImageClassifier);
        Assert.NotEqual(Judge, begun.ImageClassifier);
        Assert.Equal(data.Pairs.Fingerprint, begun.DataFingerprint);
        var before = begun with { ImageClassifier = Judge };
        Assert.Equal(Judge, RunOpening.Settle(before, data).ImageClassifier);
    }
}
