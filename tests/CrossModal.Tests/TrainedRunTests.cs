using CrossModal.Audio;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;

namespace CrossModal.Tests;

/// <summary>A trained run as another program uses it.</summary>
public sealed class TrainedRunTests(TinyRun tiny) : RunTests(tiny)
{
    [Fact]
    public void OnePictureOfASoundBySeed()
    {
        using var run = Open();
        Assert.Equal((true, false, 64), (run.MakesImages, run.MakesSounds, run.ImageSize));
        Assert.Equal(Tiny.Whole.Path, run.Folder);
        Assert.Equal(TinyData.Classes, run.Classes);
        var tone = Tone(1, 77);
        var picture = run.Generate(tone, seed: 1);
        Assert.Equal((64, 64), (picture.Width, picture.Height));
        Assert.Equal(picture.Pixels, run.Generate(tone, seed: 1).Pixels);
        Assert.NotEqual(picture.Pixels, run.Generate(tone, seed: 2).Pixels);

        // Another instrument, another code.
        var other = Tone(2, 77);
        Assert.NotEqual(picture.Pixels, run.Generate(other, seed: 1).Pixels);
        Assert.Equal(("oboe", "viola"), (run.Recognize(tone)!.Value.Class, run.Recognize(other)!.Value.Class));
        Assert.InRange(run.Recognize(tone)!.Value.Probability, 0, 1);
    }

    [Fact]
    public void SeveralPicturesDifferAndBeginWithTheOne()
    {
        using var device = Device.Open("cpu", 1);
        using (var run = TrainedRun.Open(Tiny.Whole.Path, device))
        {
            var pictures = run.Generate(Tone(0, 77), count: 3, seed: 4);
            Assert.Equal(3, pictures.Select(picture => Convert.ToHexString(picture.Pixels)).Distinct().Count());
            Assert.Equal(run.Generate(Tone(0, 77), seed: 4).Pixels, pictures[0].Pixels);
            Assert.Throws<ArgumentOutOfRangeException>(() => run.Generate(Tone(0, 77), count: 0));
        }

        // The device is the caller's, and everything that was made on it is given back.
        Assert.Equal(0, device.LiveBytes);
    }

    /// <summary>
    /// A soft oboe for three seconds, and within it half a second of a loud viola: the picture is that of the viola's half second alone.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(50)]
    public void TheLoudestHalfSecondIsHeard(int tenth)
    {
        using var run = Open();
        var loud = TinyData.Tone(2, 0.8, 3);
        var song = TinyData.Tone(1, 0.05, 4, 6 * loud.Length);
        loud.CopyTo(song, tenth * loud.Length / 10);
        Assert.Equal("viola", run.Recognize(Clip(song))!.Value.Class);
        Assert.Equal(run.Generate(Clip(loud)).Pixels, run.Generate(Clip(song)).Pixels);
    }

    [Fact]
    public void AShorterSoundIsFilledUpWithSilenceAndAnotherRateIsResampled()
    {
        using var run = Open();
        var tone = TinyData.Tone(0, 0.5, 5, 9000);
        var filled = new float[LogMelSpectrogram.Samples];
        tone.CopyTo(filled, 0);
        Assert.Equal(run.Generate(Clip(filled)).Pixels, run.Generate(Clip(tone)).Pixels);
        Assert.Equal(64, run.Generate(Clip([0.5f])).Width);

        // Every second sample of the low tone, whose overtones lie far below the new limit.
        tone = TinyData.Tone(0, 0.5, 6, 2 * LogMelSpectrogram.Samples);
        Assert.Equal("horn", run.Recognize(new AudioClip([.. tone.Where((_, n) => n % 2 == 0)], 22050))!.Value.Class);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(5e-5f)]
    public void ASilentSoundIsRefused(float level)
    {
        using var run = Open();
        var silent = new AudioClip([.. Enumerable.Repeat(level, 30000)], 44100) { Name = "night.wav" };
        Assert.StartsWith("night.wav: is silent (", Assert.ThrowsAny<BadInputException>(() => run.Generate(silent)).Message);
        Assert.StartsWith("the sound: is silent", Assert.ThrowsAny<BadInputException>(() => run.Generate(Clip([]))).Message);
    }

    [Fact]
    public void OnlyAWholeRunOfAGeneratorOpens()
    {
        var folder = CopyOfWhole();
        string Refused() => Assert.ThrowsAny<BadInputException>(() => TrainedRun.Open(folder.Path)).Message;
        foreach (var file in new[] { folder.Last, folder.Judge, folder.SoundClassifier })
        {
            File.Delete(file);
            var error = Assert.Throws<UnfinishedRunException>(() => TrainedRun.Open(folder.Path));
            Assert.Equal((file, folder.Path), (error.File, error.Folder));
            Assert.DoesNotContain("--", error.Message);
        }

        folder.Write(Tiny.Settings with { Kind = RunKind.SoundClassifier });
        Assert.Contains("is a run of `train sound-classifier`; give the folder of a run of `train s2i`", Refused());
        File.Delete(folder.Settings);
        Assert.Contains("give the folder of a run", Refused());
    }

    [Fact]
    public void WhatARunDoesNotMakeIsRefusedAndADisposedOneDoesNothing()
    {
        var run = Open();
        var error = Assert.ThrowsAny<BadInputException>(() => run.Generate(new RgbImage(64, 64)));
        Assert.Contains("is a run of `train s2i`; give the folder of a run of `train i2s`", error.Message);
        run.Dispose();
        run.Dispose();
        Assert.Throws<ObjectDisposedException>(() => run.Generate(Tone(0, 1)));
        Assert.Throws<ObjectDisposedException>(() => run.Evaluate(cancel: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void AnEvaluationGivesTheFiguresOfTheTrainingAgain()
    {
        var folder = CopyOfWhole();
        File.Delete(folder.Evaluation);
        using var run = TrainedRun.Open(folder.Path, new DeviceSettings("cpu", 1));
        var reporter = new RecordingReporter();
        var report = run.Evaluate(reporter: reporter, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(File.ReadAllText(Tiny.Whole.Evaluation), File.ReadAllText(folder.Evaluation));
        Assert.Equal(TinyData.ValidationPairs, report.Validation.Count);
        Assert.Equal(report.Validation.Accuracy, report.Validation.Metrics!.Accuracy.Value);
        Assert.Equal(report.Validation.Count, report.Validation.Metrics.TrainingSamples!.Count);
        Assert.Null(report.Train.Metrics!.TrainingSamples);
        Assert.Contains("evaluation", reporter.Stages);
    }

    /// <summary>Another size of pictures, chosen by a setting alone: data, networks and what is drawn follow.</summary>
    [Theory]
    [InlineData(32)]
    [InlineData(256)]
    public void ARunOfAnotherSizeMakesPicturesOfThatSize(int size)
    {
        var folder = NewFolder();
        var tiny = Tiny.Settings with { Gan = Tiny.Settings.Gan with { Epochs = 1 } };
        TinyRun.Train(SettingList.Size.Choose(size).Lay(tiny), folder);
        using var run = TrainedRun.Open(folder.Path, new DeviceSettings("cpu", 1));
        Assert.Equal((size, size, size), (run.ImageSize, run.Generate(Tone(0, 1)).Width, run.Generate(Tone(0, 1)).Height));
    }

    /// <summary>Both directions in one model, trained as another program would.</summary>
    [Fact]
    public void ARunIsTrainedAndUsed()
    {
        var folder = NewFolder().Path;
        var request = new TrainingRequest { Model = "cmcgan", Data = Tiny.Data, Preset = "tiny", Steps = 2, Device = new("cpu", 1) };
        var reporter = new RecordingReporter();
        var cancel = TestContext.Current.CancellationToken;
        using var run = TrainedRun.Train(folder, request, reporter, cancel);
        Assert.True(run.MakesImages && run.MakesSounds);
        Assert.Contains("GAN", reporter.Stages);
        Assert.Equal(22050, run.Generate(run.Generate(Tone(0, 1))).Samples.Length);
        Assert.Contains("a run is there already",
            Assert.ThrowsAny<BadInputException>(() => TrainedRun.Train(folder, request, null, cancel)).Message);
        Assert.Equal("there is no model 'vae'; choose one of s2i, i2s, cmcgan",
            Assert.ThrowsAny<BadInputException>(() => TrainedRun.Train(folder, request with { Model = "vae" }, null, cancel)).Message);
    }

    private static AudioClip Tone(int c, ulong seed) => Clip(TinyData.Tone(c, 0.5, seed));

    private static AudioClip Clip(float[] samples) => new(samples, LogMelSpectrogram.SampleRate);

    private TrainedRun Open() => TrainedRun.Open(Tiny.Whole.Path, new DeviceSettings("cpu", 1));
}
