using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Adversarial;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;
using CrossModal.Training;

namespace CrossModal.Tests.Runs;

/// <summary>What a whole run leaves behind, as DESIGN.md, section 5, promises it to the outside.</summary>
public sealed class RunFolderTests(TinyRun tiny) : RunTests(tiny)
{
    [Fact]
    public void TheDescriptionSaysAllThatDecidedTheRun()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Tiny.Whole.Path, "run.json")));
        var run = json.RootElement;
        Assert.Equal("train s2i", run.GetProperty("command").GetString());
        Assert.Equal(Path.GetFullPath(Tiny.Data), run.GetProperty("data").GetString());
        Assert.Equal(64, run.GetProperty("data_fingerprint").GetString()!.Length);
        Assert.Equal(TinyData.Classes, run.GetProperty("classes").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("quick", run.GetProperty("preset").GetString());
        Assert.Equal("cpu", run.GetProperty("device").GetString());
        Assert.Equal(5, run.GetProperty("seed").GetInt32());
        Assert.Equal(4, run.GetProperty("model").GetProperty("width").GetInt32());
        Assert.Equal(3, run.GetProperty("gan").GetProperty("epochs").GetInt32());
        Assert.Equal(4, run.GetProperty("gan").GetProperty("batch").GetInt32());
        Assert.Equal(2e-4, run.GetProperty("gan").GetProperty("learning_rate").GetDouble());
        Assert.Equal(6, run.GetProperty("sound_classifier").GetProperty("epochs").GetInt32());
        Assert.All(["version", "runtime", "platform"], name => Assert.NotEqual("", run.GetProperty(name).GetString()));

        var read = RunSettings.Read(Tiny.Whole.Settings);
        Assert.Equal(File.ReadAllText(Tiny.Whole.Settings), read.ToJson());
    }

    [Fact]
    public void MetricsHaveALineAnEpochOfEachStage()
    {
        var lines = Tiny.Whole.ReadMetrics();
        foreach (var (stage, epochs) in new[] { ("sound classifier", 6), ("image classifier", 3), ("gan", 3) })
            Assert.Equal(Enumerable.Range(1, epochs), lines.Where(line => line.Stage == stage)
                .Select(line => line.Epoch!.Value));
        var gan = lines.Where(line => line.Stage == "gan").ToArray();
        Assert.Equal([6, 12, 18], gan.Select(line => (int)line.Step));
        foreach (var line in gan)
        {
            Assert.Equal(
                [
                    "step", "stage", "epoch", "discriminator_loss", "generator_loss", "score_real", "score_wrong", "score_fake",
                        "train_accuracy",
                    "validation_accuracy",
                ],
                line.Values.Select(value => value.Key));
            Assert.All(["score_real", "score_wrong", "score_fake", "train_accuracy", "validation_accuracy"], name =>
                Assert.InRange((double)line.Values[name]!, 0, 1));
            Assert.All(["discriminator_loss", "generator_loss"], name => Assert.InRange((double)line.Values[name]!, 0.01, 10));
        }
    }

    [Fact]
    public void TheEvaluationHasThePromisedKeys()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Tiny.Whole.Path, "evaluation.json")));
        var evaluation = json.RootElement;

        // A few colors and tones: classifiers that learn at all name most of them right.
        Assert.InRange(evaluation.GetProperty("judge_real_accuracy").GetDouble(), 0.7, 1);
        Assert.InRange(evaluation.GetProperty("sound_classifier_accuracy").GetDouble(), 0.7, 1);
        Assert.Equal(1 / 3.0, evaluation.GetProperty("chance_accuracy").GetDouble(), 1e-12);
        Assert.Equal(18, evaluation.GetProperty("step").GetInt32());
        foreach (var (split, count) in new[] { ("train", TinyData.TrainPairs), ("validation", TinyData.ValidationPairs) })
        {
            var part = evaluation.GetProperty(split);
            Assert.Equal(count, part.GetProperty("count").GetInt32());
            Assert.InRange(part.GetProperty("accuracy").GetDouble(), 0, 1);
            var classes = part.GetProperty("classes").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetDouble());
            Assert.Equal(TinyData.Classes, classes.Keys);
            Assert.Equal(classes.Values.Average(), part.GetProperty("macro_accuracy").GetDouble(), 1e-12);
        }

        var epochs = evaluation.GetProperty("epochs").EnumerateArray().ToArray();
        Assert.Equal([1, 2, 3], epochs.Select(epoch => epoch.GetProperty("epoch").GetInt32()));
        Assert.All(epochs, epoch =>
            Assert.Equal(["epoch", "train_accuracy", "validation_accuracy"], epoch.EnumerateObject().Select(value => value.Name)));

        // Few sounds: what is measured after an epoch and at the end is the same.
        Assert.Equal(evaluation.GetProperty("validation").GetProperty("accuracy").GetDouble(), epochs[2].GetProperty("validation_accuracy")
            .GetDouble());
        Assert.Equal(evaluation.GetProperty("train").GetProperty("accuracy").GetDouble(), epochs[2].GetProperty("train_accuracy")
            .GetDouble());
    }

    [Fact]
    public void PicturesAndCheckpointsLieWhereTheyShould()
    {
        string[] expected =
        [
            "checkpoints/best.safetensors", "checkpoints/judge.safetensors", "checkpoints/last.safetensors",
                "checkpoints/sound-classifier.safetensors",
            "confusion.json", "confusion.png", "curves.png", "evaluation.json", "metrics.jsonl", "run.json",
            "samples/epoch-0001.json", "samples/epoch-0001.png", "samples/epoch-0002.json", "samples/epoch-0002.png",
            "samples/epoch-0003.json", "samples/epoch-0003.png", "steps.jsonl",
        ];
        Assert.Equal(expected, Directory.GetFiles(Tiny.Whole.Path, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Tiny.Whole.Path, file).Replace('\\', '/')).Order(StringComparer.Ordinal));
        foreach (var picture in expected.Where(name => name.EndsWith(".png", StringComparison.Ordinal)))
            Assert.True(ImageFile.ReadSize(Path.Combine(Tiny.Whole.Path, picture)) is { Width: > 100, Height: > 100 }, picture);
        Assert.Equal(3, Tiny.WholeSummary.Pictures.Count);
        Assert.All(Tiny.WholeSummary.Pictures, picture => Assert.True(File.Exists(picture), picture));
        Assert.Equal(Tiny.Whole.Path, Tiny.WholeSummary.Folder);
    }

    [Fact]
    public void TheCheckpointHoldsEverythingAndTheBestIsTheBestEpoch()
    {
        var names = TinyGan.StoredTensors(Tiny.Whole.Last).Keys;
        Assert.All(
            [
                "generator.project.weight", "discriminator.conv1.weight", "ema.project.weight",
                    "optimizer.generator.exp_avg.project.weight",
                "optimizer.discriminator.step", "random.noise",
            ],
            name => Assert.Contains(name, names));
        Assert.Equal("18", Checkpoint.ReadMetadata(Tiny.Whole.Last)["step"]);
        var gan = Tiny.Whole.ReadMetrics().Where(line => line.Stage == "gan").ToArray();
        var best = gan.MaxBy(line => line.ValidationAccuracy)!;
        var text = Checkpoint.ReadMetadata(Tiny.Whole.Best);
        Assert.Equal((int)best.Step, int.Parse(text["step"], CultureInfo.InvariantCulture));
        Assert.Equal(best.ValidationAccuracy!.Value, double.Parse(text["best"], CultureInfo.InvariantCulture));
    }

    [Fact]
    public void TheSameSeedGivesTheSameRunOnAnyNumberOfThreads()
    {
        var again = NewFolder();
        TinyRun.Train(Tiny.Settings, again, threads: 2);
        AssertSameRun(Tiny.Whole, again);
        TinyGan.AssertSame(TinyGan.StoredTensors(Tiny.Whole.Judge), TinyGan.StoredTensors(again.Judge));
        TinyGan.AssertSame(TinyGan.StoredTensors(Tiny.Whole.SoundClassifier), TinyGan.StoredTensors(again.SoundClassifier));
    }

    [Fact]
    public void EvenARunShorterThanAnEpochEndsWithSamplesACheckpointAndAnEvaluation()
    {
        var folder = WithClassifiers();
        TinyRun.Train(Tiny.Settings with { Gan = Tiny.Settings.Gan with { Steps = 2 } }, folder);
        Assert.True(File.Exists(folder.Sample(1)));
        Assert.Equal("2", Checkpoint.ReadMetadata(folder.Last)["step"]);
        using var json = JsonDocument.Parse(File.ReadAllText(folder.Evaluation));
        Assert.Equal(2, json.RootElement.GetProperty("step").GetInt32());
        Assert.Equal(1, json.RootElement.GetProperty("epochs").GetArrayLength());
    }

    [Fact]
    public void AFolderWithARunIsNotTakenForANewOne()
    {
        var before = File.ReadAllBytes(Tiny.Whole.Settings);
        var options = new RunOptions { Data = Tiny.Data, Device = new DeviceSettings("cpu", 1), Out = Tiny.Whole.Path };
        foreach (var kind in RunKind.All)
        {
            var error = Assert.ThrowsAny<BadInputException>(() => kind.Directions.Count > 0
                ? GanTraining.Train(kind, options, new SilentReporter(), TestContext.Current.CancellationToken)
                : SoloTraining.Train(kind, options, new SilentReporter(), TestContext.Current.CancellationToken));
            var path = Tiny.Whole.Path;
            Assert.Equal($"{path}: a run is there already; choose another folder",
                error.Message);
        }

        Assert.Equal(before, File.ReadAllBytes(Tiny.Whole.Settings));
        var file = Path.Combine(Tiny.Root, "a-file");
        File.WriteAllText(file, "");
        Assert.Contains("is a file", Assert.ThrowsAny<BadInputException>(() => RunFolder.Create(file, RunKind.SoundToImage)).Message);
    }

    [Fact]
    public void WhatCannotBeTrainedIsToldBeforeAnythingIsWritten()
    {
        var folder = NewFolder();
        var error = Assert.ThrowsAny<BadInputException>(() =>
            TinyRun.Train(Tiny.Settings with { Gan = Tiny.Settings.Gan with { Batch = 25 } }, folder));
        Assert.Equal("25: there are 24 training pairs; choose a smaller batch", error.Message);
        Assert.False(Directory.Exists(folder.Path));
        using var cpu = Device.Open("cpu", 1);
        var both = new RunOptions { Data = Tiny.Data, Epochs = 1, Steps = 1 };
        Assert.Contains("epochs and steps",
            Assert.ThrowsAny<BadInputException>(() => RunSettings.Create(RunKind.SoundToImage, both, cpu)).Message);
        Assert.Contains("slow: no such preset", Assert.ThrowsAny<BadInputException>(() => Presets.Find("slow")).Message);
    }

    [Theory]
    [InlineData("i2s")]
    [InlineData("cmcgan")]
    public void ASpectrogramIsNotAsLargeAsAPictureMayBe(string kind)
    {
        using var cpu = Device.Open("cpu", 1);
        var large = new RunOptions { Settings = [SettingList.Size.Choose(256)] };
        var error = Assert.Throws<SettingException>(() => RunSettings.Create(RunKind.All.Single(one => one.Name == kind), large, cpu));
        Assert.Equal("256: a spectrogram has at most 128 frames and mels; choose 32, 64 or 128", error.Message);
        Assert.Equal(256, RunSettings.Create(RunKind.SoundToImage, large, cpu).Model.ImageSize);
    }

    [Fact]
    public void MetricsSurviveAKillWithinALineAndForgetWhatWillBeWrittenAgain()
    {
        var folder = NewFolder();
        folder.AppendMetrics(("step", 0), ("stage", "sound classifier"));
        folder.AppendMetrics(("step", 6), ("stage", "gan"), ("epoch", 1));
        folder.AppendMetrics(("step", 12), ("stage", "gan"), ("epoch", 2));
        File.AppendAllText(folder.Metrics, "{\"step\":18,\"sta");
        Assert.Equal([0, 6, 12], folder.ReadMetrics().Select(line => (int)line.Step));
        Assert.Equal([0, 6], folder.RewindMetrics(6).Select(line => (int)line.Step));
        folder.AppendMetrics(("step", 13), ("stage", "gan"));
        Assert.Equal([0, 6, 13], folder.ReadMetrics().Select(line => (int)line.Step));
        folder.DropMetrics("gan");
        Assert.Equal(["{\"step\":0,\"stage\":\"sound classifier\"}"], File.ReadAllLines(folder.Metrics));
    }

    [Fact]
    public void TwoTrainingsDoNotShareAFolder()
    {
        var folder = CopyOfWhole();
        using (folder.Hold())
        {
            var error = Assert.ThrowsAny<BadInputException>(() => TinyRun.Resume(folder, options => options with { Epochs = 4 }));
            Assert.Equal($"{folder.Path}: another process is training in this folder; wait for it, or choose another folder",
                error.Message);
        }

        TinyRun.Resume(folder, options => options with { Steps = 19 });
        Assert.False(File.Exists(Path.Combine(folder.Path, "run.lock")));
    }

    /// <summary>
    /// A folder that was seen empty and is held by now is looked at again: who began earlier does not write over who ended.
    /// </summary>
    [Fact]
    public void AFolderIsHeldBeforeItIsLookedAt()
    {
        var folder = NewFolder();
        using (folder.Hold())
        {
            foreach (var kind in RunKind.All)
                Assert.Contains("another process is training in this folder",
                    Assert.ThrowsAny<BadInputException>(() => RunFolder.Create(folder.Path, kind)).Message);
        }

        // Held and not used, it is not there.
        Assert.False(Directory.Exists(folder.Path));
        var (made, held) = RunFolder.Create(folder.Path, RunKind.SoundToImage);
        using (held)
            made.Write(Tiny.Settings);
        Assert.True(Assert.ThrowsAny<RunExistsException>(() => RunFolder.Create(folder.Path, RunKind.SoundToImage)).CanContinue);
        Assert.False(Assert.ThrowsAny<RunExistsException>(() => RunFolder.Create(folder.Path, RunKind.SoundClassifier)).CanContinue);
        Assert.Equal([folder.Settings], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void TwoStartsInOneSecondTakeTwoNames()
    {
        var name = Path.Combine(NewFolder().Path, "s2i-20261129-120000");
        var taken = new ConcurrentBag<(string Path, FolderHold Hold)>();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken },
            _ => taken.Add(FolderHold.TakeNew(name, "run.lock")));
        Assert.Equal(Enumerable.Range(1, 8).Select(i => i == 1 ? name : $"{name}-{i}").Order(), taken.Select(one => one.Path).Order());
        foreach (var (path, hold) in taken)
        {
            hold.Dispose();
            Assert.False(Directory.Exists(path));
        }
    }

    [Fact]
    public void WhatIsLeftOfARunWithoutItsDescriptionIsNotTakenForANewOnes()
    {
        var folder = CopyOfWhole();
        File.Delete(folder.Settings);
        var before = File.ReadAllBytes(folder.Metrics);
        Assert.Equal($"{folder.Path}: has metrics.jsonl and no run.json; choose another folder",
            Assert.ThrowsAny<SettingException>(() => RunFolder.Create(folder.Path, RunKind.SoundToImage)).Message);
        Assert.Equal(before, File.ReadAllBytes(folder.Metrics));
    }

    /// <summary>Judge and encoder say what they are of; others are refused by what differs, and not reused in silence.</summary>
    [Fact]
    public void NetworksOfAnotherRunAreRefused()
    {
        var data = Path.Combine(Tiny.Root, $"others-{Guid.NewGuid():N}");
        TinyData.WriteClassFolders(data);
        var classifier = Tiny.Settings.SoundClassifier;
        foreach (var (says, settings) in new (string, RunSettings)[]
        {
            ("its seed is 5", Tiny.Settings with { Seed = 6 }),
            ("it was trained with other settings", Tiny.Settings with { SoundClassifier = classifier with { LearningRate = 0.5 } }),
            ("it was trained on other data", Tiny.Settings with { Data = data }),
        })
        {
            var folder = WithClassifiers();
            Assert.Equal($"{folder.SoundClassifier}: is not of this run ({says}); remove it, or choose another folder",
                Assert.ThrowsAny<BadInputException>(() => TinyRun.Train(settings, folder)).Message);
        }

        var mixed = WithClassifiers();
        File.Copy(mixed.Judge, mixed.SoundClassifier, overwrite: true);
        Assert.Contains("(it is of the stage 'image classifier')",
            Assert.ThrowsAny<BadInputException>(() => TinyRun.Train(Tiny.Settings, mixed)).Message);

        // One of before, which does not say, is believed where a description stands beside it, and else not.
        var (old, lost) = (CopyOfWhole(), WithClassifiers());
        foreach (var folder in new[] { old, lost })
            Silence(folder.Judge);
        TinyRun.Resume(old);
        AssertSameRun(Tiny.Whole, old);
        Assert.Equal($"{lost.Judge}: does not say what it was trained on, and there was no run.json beside it; remove it, or choose "
            + "another folder", Assert.ThrowsAny<BadInputException>(() => TinyRun.Train(Tiny.Settings, lost)).Message);
    }

    /// <summary>Writes a checkpoint as version 0.1.0 did.</summary>
    private void Silence(string path)
    {
        using var device = Device.Open("cpu", 1);
        var run = RunSettings.Read(Tiny.Whole.Settings);
        using var masks = ClassifierTraining.ImageMasks(device, run);
        using var judge = ClassifierTraining.CreateImageJudge(device, run, masks);
        var checkpoint = new Checkpoint().Add("image_classifier", judge);
        checkpoint.Load(path);
        checkpoint.Save(path);
    }
}
