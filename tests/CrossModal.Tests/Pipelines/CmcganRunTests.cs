using System.Text.Json;
using CrossModal.Adversarial;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Training;
using CrossModal.Training;

namespace CrossModal.Tests.Pipelines;

/// <summary>One whole run of <c>train cmcgan</c>, made when the first test asks for it and shared by the rest.</summary>
public sealed class TinyCmcganRun(TinyRun tiny)
{
    private readonly Lazy<(RunFolder Folder, RunSummary Summary)> _whole = new(() =>
    {
        var folder = new RunFolder(Path.Combine(tiny.Root, "cmcgan"));
        return (folder, Train(Settings(tiny), folder));
    });

    /// <summary>Two epochs of six steps, on one thread.</summary>
    internal RunFolder Whole => _whole.Value.Folder;

    internal RunSummary Summary => _whole.Value.Summary;

    internal static RunSettings Settings(TinyRun tiny) => tiny.Settings with
    {
        Kind = RunKind.Cmcgan,
        Gan = tiny.Settings.Gan with { Epochs = 2 },
        Cmcgan = new CmcganSettings { Reconstruction = 5, Cycle = 2, CodeClasses = 1 },
    };

    internal static RunSummary Train(RunSettings run, RunFolder folder, IRunReporter? reporter = null,
        CancellationToken? cancel = null)
    {
        using var device = Device.Open("cpu", 1);
        return GanTraining.Train(run, folder, resume: false, device, reporter ?? new SilentReporter(), cancel
            ?? TestContext.Current.CancellationToken);
    }
}

/// <summary>What a run of <c>train cmcgan</c> leaves behind, how it is continued, and what can be done with it.</summary>
public sealed class CmcganRunTests(TinyRun tiny, TinyCmcganRun cmcgan) : RunTests(tiny), IClassFixture<TinyCmcganRun>
{
    [Fact]
    public void TheEvaluationIsOfSoundToImageWithASectionOfTheOtherDirection()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(cmcgan.Whole.Evaluation));
        var (images, sounds) = (json.RootElement, json.RootElement.GetProperty("image_to_sound"));
        Assert.False(sounds.TryGetProperty("image_to_sound", out _));
        foreach (var direction in new[] { images, sounds })
        {
            // A few colors and tones: judges that learn at all name most of them right.
            Assert.True(direction.GetProperty("judge_real_accuracy").GetDouble() >= 0.6, File.ReadAllText(cmcgan.Whole.Metrics));
            Assert.Equal(1 / 3.0, direction.GetProperty("chance_accuracy").GetDouble(), 1e-12);
            Assert.Equal(12, direction.GetProperty("step").GetInt32());
            Assert.Equal(TinyData.TrainPairs, direction.GetProperty("train").GetProperty("count").GetInt32());
            Assert.Equal(TinyData.ValidationPairs, direction.GetProperty("validation").GetProperty("count").GetInt32());
            Assert.Equal(TinyData.Classes, direction.GetProperty("validation").GetProperty("classes").EnumerateObject()
                .Select(entry => entry.Name));
            Assert.Equal([1, 2], direction.GetProperty("epochs").EnumerateArray().Select(epoch => epoch.GetProperty("epoch").GetInt32()));

            // With no more conditions than are measured after an epoch, the last epoch is the evaluation.
            Assert.Equal(direction.GetProperty("epochs")[1].GetProperty("validation_accuracy").GetDouble(),
                direction.GetProperty("validation").GetProperty("accuracy").GetDouble());
        }
    }

    /// <summary>As the studio plays: from a sound to a picture, and from that to a sound, as the commands make it.</summary>
    [Fact]
    public void BothDirectionsArePlayed()
    {
        using var device = Device.Open("cpu", 1);
        var saved = SavedRun.Open(cmcgan.Whole.Path, RunKind.All);
        using (var draws = new LiveRun(device, saved))
        {
            using var sounds = new LiveSoundRun(device, saved);
            var noise = new float[draws.NoiseSize];
            var drawn = draws.Draw(draws.Hear(TinyData.Tone(1, 0.5, 7)).Code, noise);
            Assert.Null(drawn.Score);
            var made = sounds.Make(drawn.Image, noise, seed: 3);
            Assert.Null(made.Score);
            Assert.Contains(made.Heard.Class, TinyData.Classes);
            Assert.Equal(sounds.Layout.Length, made.Spectrogram.Length);
            Assert.Equal(made.Samples, sounds.Make(drawn.Image, noise, seed: 3).Samples);
            var refused = Assert.ThrowsAny<BadInputException>(() => sounds.Make(drawn.Image, [1, float.NaN], seed: 3));
            Assert.Contains("a noise has 12 finite numbers", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, device.LiveBytes);
    }

    [Fact]
    public void AllFilesOfARunAreThere()
    {
        var folder = cmcgan.Whole;
        Assert.Same(RunKind.Cmcgan, RunSettings.Read(folder.Settings).Kind);
        Assert.Equal(5, RunSettings.Read(folder.Settings).Cmcgan.Reconstruction);
        foreach (var picture in new[] { folder.Sample(1), folder.Sample(2), folder.Confusion, folder.SoundConfusion, folder.Curves })
            Assert.True(ImageFile.ReadSize(picture).Width > 100, picture);

        // Five images and five spectrograms stand in a row.
        Assert.True(ImageFile.ReadSize(folder.Sample(1)).Width > 10 * 2 * 64);
        Assert.All(cmcgan.Summary.Pictures, picture => Assert.True(File.Exists(picture), picture));
        var lines = folder.ReadMetrics();
        foreach (var (stage, epochs) in new[] { ("image classifier", 3), ("sound judge", 6), ("gan", 2),
            (GanTraining.ImageToSoundStage, 2) })
            Assert.Equal(Enumerable.Range(1, epochs), lines.Where(line => line.Stage == stage)
                .Select(line => line.Epoch!.Value));
        Assert.All(lines.Where(line => line.Stage == "gan"), line =>
            Assert.All(["score_real", "score_wrong", "score_fake"], name => Assert.InRange((double)line.Values[name]!, 0, 1)));
        Assert.Equal("12", Checkpoint.ReadMetadata(folder.Last)["step"]);
        Assert.True(File.Exists(folder.Best));
    }

    /// <summary>Within the first epoch, and at its end.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void ACancelledRunSavesAndContinuesBitForBit(long step)
    {
        var folder = NewFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Judge)!);
        File.Copy(cmcgan.Whole.Judge, folder.Judge);
        File.Copy(cmcgan.Whole.SoundJudge, folder.SoundJudge);
        var (reporter, token) = RecordingReporter.CancelAt("GAN", step);
        Assert.ThrowsAny<OperationCanceledException>(() => TinyCmcganRun.Train(TinyCmcganRun.Settings(Tiny), folder, reporter, token));

        // As if the run had been killed between the two lines of the next epoch.
        folder.AppendMetrics(("step", 12), ("stage", GanTraining.ImageToSoundStage), ("epoch", 2), ("train_accuracy", 0.123),
            ("validation_accuracy", 0.123));
        Resume(folder);
        AssertSameRun(cmcgan.Whole, folder, classifierMetrics: false);
    }

    [Fact]
    public void ARunIsContinuedOnlyAsItWasBegun()
    {
        var folder = CopyOf(cmcgan.Whole);
        Assert.Equal($"{folder.Path}: that run has cycle 2; leave cycle out, or start a new run",
            Refused(() => Resume(folder, CmcganSettings.CycleSetting.Choose(3))));
        Assert.Contains("is a run of `train cmcgan`, not of `train s2i`", Refused(() => TinyRun.Resume(folder)));
        var other = CopyOfWhole();
        Assert.Contains("is a run of `train s2i`, not of `train cmcgan`", Refused(() => Resume(other)));
    }

    [Fact]
    public void AFinishedRunIsMeasuredAgainWithTheSameFigures()
    {
        var folder = CopyOf(cmcgan.Whole);
        foreach (var file in new[] { folder.Evaluation, folder.Confusion, folder.SoundConfusion })
            File.Delete(file);
        var summary = EvaluatorTests.Evaluate(folder);
        Assert.Equal(cmcgan.Summary.Rows, summary.Rows);
        Assert.Equal(File.ReadAllText(cmcgan.Whole.Evaluation), File.ReadAllText(folder.Evaluation));
        Assert.Equal(File.ReadAllBytes(cmcgan.Whole.SoundConfusion), File.ReadAllBytes(folder.SoundConfusion));
        foreach (var file in new[] { folder.SoundJudge, folder.Judge, folder.Last })
        {
            File.Delete(file);
            Assert.Equal(file, Assert.Throws<UnfinishedRunException>(() => EvaluatorTests.Evaluate(folder)).File);
        }
    }

    [Fact]
    public void BothDirectionsGenerate()
    {
        using var run = TrainedRun.Open(cmcgan.Whole.Path, new DeviceSettings("cpu", 1));
        Assert.True(run.MakesImages && run.MakesSounds);
        var sound = new AudioClip(TinyData.Tone(1, 0.5, 77), 44100);
        Assert.Equal(64, run.Generate(sound).Width);
        var image = RgbImage.Load(Directory.GetFiles(Path.Combine(Tiny.Data, "img"), "oboe*.png", SearchOption.AllDirectories)[0]);
        Assert.Equal((22050, 64, 64), (run.Generate(image).Samples.Length, run.Generate(image).Frames, run.Generate(image).Mels));
        Assert.NotNull(run.Recognize(sound));
        Assert.NotNull(run.Recognize(image));
    }

    /// <summary>What an encoder and a decoder that were loaded by themselves make is what the whole model makes.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PartsLoadedAloneAreThoseOfTheModel(bool fromSound)
    {
        var (direction, channels) = fromSound ? (Direction.SoundToImage, 1) : (Direction.ImageToSound, 3);

        // Before the pause: this may be the first test to ask for the whole run, which would learn nothing within it.
        var run = RunSettings.Read(cmcgan.Whole.Settings);
        using var device = Device.Open("cpu", 1);
        using var scope = new Scope();
        using var pause = Tape.Paused();
        using var random = new RandomStream(device, 3);
        var (sample, noise) = (random.Uniform(new Shape(2, 64, 64, channels), -1, 1), random.Normal(new Shape(2, run.Model.NoiseSize)));
        using var encoder = ConditionEncoder.Load(device, run, cmcgan.Whole, direction);
        using var decoder = new SavedRun(run, cmcgan.Whole).LoadGenerator(device, direction);
        var alone = decoder.Forward(encoder.Encode(sample), noise);

        using var networks = new CrossModalGenerator(random, run.Model, run.Classes.Count) { Training = false };
        new Checkpoint().Add("ema", networks).Load(cmcgan.Whole.Last, everything: false);
        var (encode, decode) = direction == Direction.SoundToImage ? (networks.SoundEncoder, networks.ImageDecoder)
            : (networks.ImageEncoder, networks.SoundDecoder);
        Assert.Equal(decode.Forward(encode.Forward(sample), noise).ToArray(), alone.ToArray());
        Assert.Equal(direction == Direction.SoundToImage ? 3 : 1, alone.Shape[3]);
    }

    /// <summary>Of a preset only what the step of CMCGAN has is written down as being on; what the user asks for is laid over it.</summary>
    [Fact]
    public void APresetIsTakenAsFarAsCmcganHasIt()
    {
        using var device = Device.Open("cpu", 1);
        RunSettings Of(string preset, params ChosenSetting[] chosen) =>
            RunSettings.Create(RunKind.Cmcgan, new RunOptions { Preset = preset, Settings = chosen }, device);
        foreach (var preset in Presets.Names)
        {
            var run = Of(preset);
            Assert.Equal((0.0, false, 0.0), (run.Gan.R1, run.Gan.Augment, run.Gan.Auxiliary));
            Assert.Equal(preset == "paper" ? 0 : 1, run.Cmcgan.CodeClasses);
            Assert.Equal(Presets.ForSpectrograms(Presets.Find(preset)).Gan.Loss, run.Gan.Loss);
        }

        Assert.Equal(Presets.Paper.Gan.Epochs, Of("paper").Gan.Epochs);
        Assert.Equal(new CmcganSettings { Reconstruction = 3, Cycle = 0, CodeClasses = 0.5 },
            Of("quick", CmcganSettings.ReconstructionSetting.Choose(3), CmcganSettings.CycleSetting.Choose(0),
                CmcganSettings.CodeClassesSetting.Choose(0.5)).Cmcgan);
        Assert.Equal(Presets.Quick.Gan,
            RunSettings.Create(RunKind.SoundToImage, new RunOptions(), device).Gan with { Epochs = Presets.Quick.Gan.Epochs });
    }

    private static RunSummary Resume(RunFolder folder, params ChosenSetting[] chosen) => GanTraining.Train(RunKind.Cmcgan,
        new RunOptions { Resume = folder.Path, Device = new DeviceSettings("cpu", 1), Settings = chosen },
            new SilentReporter(), TestContext.Current.CancellationToken);

    private static string Refused(Action action)
    {
        var message = Assert.ThrowsAny<BadInputException>(action).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
