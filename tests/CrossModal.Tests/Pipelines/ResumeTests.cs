using CrossModal.Adversarial;
using CrossModal.Data;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Pipelines;

/// <summary>A run that was stopped and continued ends as one that never was; what does not belong to it is refused.</summary>
public sealed class ResumeTests(TinyRun tiny) : RunTests(tiny)
{
    /// <summary>Before the first step, within the first epoch, at its end, within the second, before the last step.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(17)]
    public void ACancelledRunSavesAndContinuesBitForBit(long step)
    {
        var folder = WithClassifiers();
        var (reporter, token) = RecordingReporter.CancelAt("GAN", step);
        var stopped = Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Train(Tiny.Settings, folder, reporter, token));
        Assert.Equal(($"stopped at step {step}", folder.Path), (stopped.Message, Assert.IsType<RunStoppedException>(stopped).Folder));
        Assert.Equal($"{step}", Checkpoint.ReadMetadata(folder.Last)["step"]);
        Assert.False(File.Exists(folder.Evaluation));
        var listener = new RecordingReporter();
        TinyRun.Resume(folder, reporter: listener);

        // Nothing was trained twice but the GAN's remaining steps.
        Assert.DoesNotContain("sound classifier", listener.Stages);
        AssertSameRun(Tiny.Whole, folder, classifierMetrics: false);
    }

    [Fact]
    public void ARunThatWasStoppedTwiceToo()
    {
        var folder = WithClassifiers();
        var (reporter, token) = RecordingReporter.CancelAt("GAN", 2);
        Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Train(Tiny.Settings, folder, reporter, token));
        (reporter, token) = RecordingReporter.CancelAt("GAN", 5);
        Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Resume(folder, reporter: reporter, cancel: token));
        TinyRun.Resume(folder, options => options with { Device = new DeviceSettings("cpu", 2) });
        AssertSameRun(Tiny.Whole, folder, classifierMetrics: false);
    }

    /// <summary>A classifier that was interrupted is trained anew, and its lines of metrics are there once.</summary>
    [Theory]
    [InlineData("sound classifier", 7)]
    [InlineData("image classifier", 4)]
    public void ARunThatWasStoppedInAClassifierToo(string stage, long step)
    {
        var folder = NewFolder();
        var (reporter, token) = RecordingReporter.CancelAt(stage, step);
        Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Train(Tiny.Settings, folder, reporter, token));
        Assert.NotEmpty(folder.ReadMetrics());
        Assert.False(File.Exists(folder.Last));
        TinyRun.Resume(folder);
        AssertSameRun(Tiny.Whole, folder);
    }

    [Fact]
    public void AFinishedRunGoesOnForLongerAsIfItHadBeenAskedToAtOnce()
    {
        var folder = WithClassifiers();
        TinyRun.Train(Tiny.Settings with { Gan = Tiny.Settings.Gan with { Epochs = 2 } }, folder);
        Assert.Equal("12", Checkpoint.ReadMetadata(folder.Last)["step"]);
        TinyRun.Resume(folder, options => options with { Epochs = 3 });
        AssertSameRun(Tiny.Whole, folder, classifierMetrics: false);
        Assert.Equal(3, RunSettings.Read(folder.Settings).Gan.Epochs);

        // And with nothing left to do it measures and changes no weight.
        TinyRun.Resume(folder);
        AssertSameRun(Tiny.Whole, folder, classifierMetrics: false);
    }

    /// <summary>
    /// Where pairs are of one class only, the image of a sound is drawn anew in each epoch: by epoch and seed, not by what was drawn
    /// before.
    /// </summary>
    [Fact]
    public void InClassFoldersToo()
    {
        var data = Path.Combine(Tiny.Root, "class-folders");
        TinyData.WriteClassFolders(data);
        var run = Tiny.Settings with { Data = data, Gan = Tiny.Settings.Gan with { Epochs = 2, Batch = 6 } };
        var (whole, folder) = (NewFolder(), NewFolder());
        TinyRun.Train(run, whole);
        var (reporter, token) = RecordingReporter.CancelAt("GAN", 4);
        Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Train(run, folder, reporter, token));
        TinyRun.Resume(folder);
        AssertSameRun(whole, folder);
    }

    [Fact]
    public void AnotherSettingIsRefusedByName()
    {
        var folder = CopyOfWhole();
        var before = File.ReadAllBytes(folder.Settings);
        foreach (var (says, options) in new (string, Func<RunOptions, RunOptions>)[]
        {
            ($"data {Tiny.Data}", options => options with { Data = "synthetic" }),
            ("preset quick", options => options with { Preset = "paper" }),
            ("seed 5", options => options with { Seed = 6 }),
            ("seed 5", options => options with { Seed = RunOptions.StandardSeed }),
            ("batch 4", options => options with { Batch = 8 }),
            ("pairs 0", options => options with { Pairs = 12 }),
        })
        {
            var name = says.Split(' ')[0];
            Assert.Equal($"{folder.Path}: that run has {says}; leave {name} out, or start a new run",
                Refused(() => TinyRun.Resume(folder, options)));
        }

        Assert.Equal(before, File.ReadAllBytes(folder.Settings));

        // The same settings, said again, are no other settings.
        TinyRun.Resume(folder, options => options with { Data = Tiny.Data, Preset = "quick", Seed = 5, Batch = 4, Pairs = 0 });
    }

    [Fact]
    public void OtherDataInTheSamePlaceAreRefused()
    {
        var data = Path.Combine(Tiny.Root, "changing");
        TinyData.WritePairs(data);
        var folder = NewFolder();
        TinyRun.Train(Tiny.Settings with { Data = data, Gan = Tiny.Settings.Gan with { Epochs = 1 } }, folder);
        var before = File.ReadAllBytes(folder.Settings);
        File.Delete(Path.Combine(data, "img/train/oboe/oboe01_600.png"));
        File.Delete(Path.Combine(data, "chunk/train/oboe/oboe01_600.wav"));
        Assert.Equal($"{folder.Path}: the data in {data} are not those that the run began with; put them back, or start a new run",
            Refused(() => TinyRun.Resume(folder)));
        Assert.Equal(before, File.ReadAllBytes(folder.Settings));
    }

    /// <summary>The same bytes are the same data, at any time and in any place.</summary>
    [Fact]
    public void DataThatWereCopiedOrMovedAreTheSame()
    {
        var (first, moved) = (Path.Combine(Tiny.Root, "first-place"), Path.Combine(Tiny.Root, "second-place"));
        TinyData.WritePairs(first);
        var folder = NewFolder();
        TinyRun.Train(Tiny.Settings with { Data = first, Gan = Tiny.Settings.Gan with { Epochs = 1 } }, folder);
        var begun = RunSettings.Read(folder.Settings);
        foreach (var file in Directory.GetFiles(first, "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        TinyRun.Resume(folder, options => options with { Steps = 7 });
        Directory.Move(first, moved);
        Assert.Contains($"{first}: no such folder", Refused(() => TinyRun.Resume(folder, options => options with { Steps = 8 })));
        TinyRun.Resume(folder, options => options with { Data = moved, Steps = 8 });
        var settings = RunSettings.Read(folder.Settings);
        Assert.Equal((moved, begun.DataFingerprint), (settings.Data, settings.DataFingerprint));
        Assert.Equal("8", Checkpoint.ReadMetadata(folder.Last)["step"]);

        // Runs of version 0.1.0 remember the times, which hold as long as nothing was moved.
        var selection = new PairSelection(settings.Model.ImageSize);
        using (var pairs = PairDataset.Open(moved, selection, cancel: TestContext.Current.CancellationToken))
            folder.Write(settings with { DataFingerprint = pairs.CacheKey });
        TinyRun.Resume(folder, options => options with { Steps = 9 });
        Assert.Equal(begun.DataFingerprint, RunSettings.Read(folder.Settings).DataFingerprint);

        // One byte of one sound is another.
        var changed = Directory.GetFiles(moved, "*.wav", SearchOption.AllDirectories)[0];
        var bytes = File.ReadAllBytes(changed);
        bytes[^1] ^= 1;
        File.WriteAllBytes(changed, bytes);
        Assert.Equal($"{folder.Path}: the data in {moved} are not those that the run began with; put them back, or start a new run",
            Refused(() => TinyRun.Resume(folder, options => options with { Data = moved, Steps = 10 })));
    }

    [Fact]
    public void WhatIsNoSuchRunIsRefused()
    {
        var folder = NewFolder();
        Assert.Contains($"{folder.Settings}: not found; give the folder of a run", Refused(() => TinyRun.Resume(folder)));
        folder.Write(Tiny.Settings with { Kind = RunKind.SoundClassifier });
        Assert.Equal($"{folder.Path}: is a run of `train sound-classifier`, not of `train s2i`",
            Refused(() => TinyRun.Resume(folder)));
        var text = File.ReadAllText(Tiny.Whole.Settings);
        File.WriteAllText(folder.Settings, text[..(text.Length / 2)]);
        Assert.Contains($"{folder.Settings}: is no description of a run: it is not JSON, or was cut short",
            Refused(() => TinyRun.Resume(folder)));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void ACheckpointThatWasCutShortIsRefused(double share)
    {
        var folder = CopyOfWhole();
        var bytes = File.ReadAllBytes(folder.Last);
        File.WriteAllBytes(folder.Last, bytes[..(int)(share * bytes.Length)]);
        var error = Refused(() => TinyRun.Resume(folder, options => options with { Epochs = 4 }));
        Assert.StartsWith(folder.Last, error);
        Assert.Contains("cut short", error);
    }

    [Fact]
    public void ACheckpointOfAnotherModelIsRefused()
    {
        var folder = CopyOfWhole();
        using (var device = Device.Open("cpu", 1))
        {
            using var wider = new ConditionalGan(device, Tiny.Settings.Model with { Width = 8 }, Tiny.Settings.Gan, 5);
            wider.CreateCheckpoint().Save(folder.Last, new Dictionary<string, string> { ["step"] = "18", ["best"] = "0" });
        }

        Assert.Contains("it was saved by another model or configuration", Refused(() => TinyRun.Resume(folder)));
        File.Copy(folder.Judge, folder.Last, overwrite: true);
        Assert.Contains("it was saved by another model or configuration", Refused(() => TinyRun.Resume(folder)));

        // The weights of the run, but without the number of the step.
        using (var device = Device.Open("cpu", 1))
        {
            using var bare = new ConditionalGan(device, Tiny.Settings.Model, Tiny.Settings.Gan, 5);
            bare.CreateCheckpoint().Save(folder.Last);
        }

        Assert.Contains("has no step; it is no checkpoint of a training run", Refused(() => TinyRun.Resume(folder)));
    }

    /// <summary>The learning rate is not to blame for what was not a number before the first step.</summary>
    [Fact]
    public void ACheckpointWithWeightsThatAreNoNumbersIsBlamedItself()
    {
        var folder = CopyOfWhole();
        var text = Checkpoint.ReadMetadata(folder.Last);
        using (var device = Device.Open("cpu", 1))
        {
            using var gan = new ConditionalGan(device, Tiny.Settings.Model, Tiny.Settings.Gan, 5);
            gan.CreateCheckpoint().Load(folder.Last);
            var weights = gan.Generator.Parameters[0];
            weights.Write([.. weights.ToArray().Select((value, i) => i == 3 ? float.NaN : value)]);
            gan.CreateCheckpoint().Save(folder.Last, text.ToDictionary());
        }

        Assert.StartsWith($"{folder.Last}: has weights that are not finite: it is damaged",
            Refused(() => TinyRun.Resume(folder, options => options with { Epochs = 4 })));
    }

    [Fact]
    public void LinesOfMetricsAfterTheLastCheckpointAreWrittenAgain()
    {
        var folder = WithClassifiers();
        var (reporter, token) = RecordingReporter.CancelAt("GAN", 9);
        Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Train(Tiny.Settings, folder, reporter, token));

        // As if the run had gone on to the end of the epoch and been killed before the checkpoint.
        folder.AppendMetrics(("step", 12), ("stage", "gan"), ("epoch", 2), ("train_accuracy", 0.123), ("validation_accuracy", 0.123));
        File.AppendAllText(folder.Metrics, "{\"step\":18,\"stage\":\"ga");
        TinyRun.Resume(folder);
        AssertSameRun(Tiny.Whole, folder, classifierMetrics: false);
    }

    /// <summary>The message, which is one line.</summary>
    private static string Refused(Action action)
    {
        var message = Assert.ThrowsAny<BadInputException>(action).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
