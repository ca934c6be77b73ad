using System.Text.Json;
using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Cli;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Pipelines;

/// <summary>A whole run of image to sound on the tiny data, and what comes of it.</summary>
public sealed class ImageToSoundRunTests(TinyRun tiny) : RunTests(tiny)
{
    private RunSettings Run => Tiny.Settings with
    {
        Kind = RunKind.ImageToSound,
        Model = Tiny.Settings.Model with { Channels = 1 },
        Gan = Tiny.Settings.Gan with { Epochs = 2 },
    };

    [Fact]
    public void ARunEndsWithFiguresPicturesAndSounds()
    {
        var folder = NewFolder();
        var summary = TinyRun.Train(Run, folder);
        foreach (var file in new[] { folder.Settings, folder.Metrics, folder.Evaluation, folder.Confusion, folder.Curves,
            folder.ImageClassifier, folder.Judge, folder.Last, folder.Best, folder.Sample(2) })
            Assert.True(File.Exists(file), file);
        Assert.False(File.Exists(folder.SoundClassifier));
        Assert.Contains(folder.Sample(2), summary.Pictures);
        using var evaluation = JsonDocument.Parse(File.ReadAllText(folder.Evaluation));
        var root = evaluation.RootElement;
        Assert.InRange(root.GetProperty("image_encoder_accuracy").GetDouble(), 0, 1);
        Assert.Equal(JsonValueKind.Null, root.GetProperty("sound_classifier_accuracy").ValueKind);
        var metrics = root.GetProperty("validation").GetProperty("metrics");
        Assert.True(metrics.GetProperty("fad").GetProperty("value").GetDouble() > 0);
        Assert.False(metrics.TryGetProperty("fid", out _));
        Assert.Equal(root.GetProperty("validation").GetProperty("accuracy").GetDouble(), metrics.GetProperty("accuracy")
            .GetProperty("value").GetDouble());
        Assert.Equal(TinyData.ValidationPairs, root.GetProperty("waveforms").GetProperty("count").GetInt32());

        // A picture of the data, and what it sounds like.
        var input = Directory.GetFiles(Path.Combine(Tiny.Data, "img"), "*.png", SearchOption.AllDirectories).Order().First();
        using (var run = TrainedRun.Open(folder.Path, new DeviceSettings("cpu", 1)))
        {
            var picture = RgbImage.LoadSquare(input, run.ImageSize);
            Assert.NotNull(run.Recognize(picture));
            var heard = run.Generate(picture, seed: 5);
            Assert.Equal((LogMelSpectrogram.Samples, LogMelSpectrogram.SampleRate), (heard.Samples.Length, heard.SampleRate));
            Assert.Contains(heard.Samples, sample => Math.Abs(sample) > 0);
            Assert.All(heard.Samples, sample => Assert.InRange(sample, -1, 1));
            Assert.Equal(heard.Frames * heard.Mels, heard.Levels.Length);
            Assert.All(heard.Levels, level => Assert.InRange(level, -80, 0.01f));
            Assert.Equal(heard.Samples, run.Generate(RgbImage.Load(input), seed: 5).Samples);
            var several = run.Generate(picture, count: 2, seed: 6);
            Assert.NotEqual(several[0].Samples, several[1].Samples);
            Assert.Contains("is a run of `train i2s`; give the folder of a run of `train s2i`",
                Assert.ThrowsAny<BadInputException>(() => run.Generate(heard)).Message);
        }

        // The same by the command, which also draws the spectrograms.
        var wav = Path.Combine(folder.Path, "heard", "more.wav");
        var played = Invocation.InProcess("generate", "i2s", "--run", folder.Path, "--input", input, "--output", wav, "--count", "2",
            "--device", "cpu", "--threads", "1");
        Assert.Equal("", played.Error);
        Assert.Contains("looks like ", played.Output);
        Assert.Equal(["more-1.png", "more-1.wav", "more-2.png", "more-2.wav"],
            Directory.GetFiles(Path.GetDirectoryName(wav)!).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.True(ImageFile.ReadSize(Path.Combine(folder.Path, "heard", "more-1.png")).Width > 500);

        // A picture of the sound's name stays: the spectrogram gets another.
        var own = Path.Combine(folder.Path, "heard", "own.png");
        File.Copy(input, own);
        Assert.Equal("", Invocation.InProcess("generate", "i2s", "--run", folder.Path, "--input", own, "--output",
            Path.ChangeExtension(own, ".wav"), "--device", "cpu", "--threads", "1").Error);
        Assert.Equal(File.ReadAllBytes(input), File.ReadAllBytes(own));
        Assert.True(File.Exists(Path.ChangeExtension(own, ".spectrogram.png")));

        // Measured again, the same figures.
        var before = File.ReadAllText(folder.Evaluation);
        File.Delete(folder.Evaluation);
        EvaluatorTests.Evaluate(folder);
        Assert.Equal(before, File.ReadAllText(folder.Evaluation));
    }

    /// <summary>The autoencoder knows no labels, so nothing names the sound, and its code is what the pictures are made of.</summary>
    [Fact]
    public void VariantAIsConditionedOnTheAutoencoder()
    {
        var folder = NewFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Judge)!);
        File.Copy(Tiny.Whole.Judge, folder.Judge);
        var run = Tiny.Settings with
        {
            Variant = Variant.A,
            SoundAutoencoder =
            new ClassifierSettings { Epochs = 1, MinimumSteps = 0, Batch = 8 },
            Gan = Tiny.Settings.Gan with { Epochs = 1 }
        };
        TinyRun.Train(run, folder);
        Assert.True(File.Exists(folder.SoundAutoencoder));
        Assert.False(File.Exists(folder.SoundClassifier));
        using var evaluation = JsonDocument.Parse(File.ReadAllText(folder.Evaluation));
        Assert.Equal(JsonValueKind.Null, evaluation.RootElement.GetProperty("sound_classifier_accuracy").ValueKind);
        using var opened = TrainedRun.Open(folder.Path, new DeviceSettings("cpu", 1));
        var sound = AudioClip.Load(Directory.GetFiles(Path.Combine(Tiny.Data, "chunk"), "*.wav", SearchOption.AllDirectories)[0]);
        Assert.Equal(64, opened.Generate(sound).Width);
        Assert.Null(opened.Recognize(sound));
    }

    /// <summary>The pose scenario has an encoder of its own; without poses beside the data nothing is measured of them.</summary>
    [Fact]
    public void ThePoseScenarioHasAnEncoderOfItsOwn()
    {
        var folder = WithClassifiers();
        var run = Tiny.Settings with
        {
            Scenario = Scenario.Pose,
            SoundEncoder = new ClassifierSettings { Epochs = 1, MinimumSteps = 0, Batch = 8 },
            Gan = Tiny.Settings.Gan with { Epochs = 1 },
        };
        TinyRun.Train(run, folder);
        Assert.True(File.Exists(folder.SoundEncoder));
        using var evaluation = JsonDocument.Parse(File.ReadAllText(folder.Evaluation));
        Assert.False(evaluation.RootElement.TryGetProperty("pose", out _));
        var error = Assert.ThrowsAny<BadInputException>(() =>
            TinyRun.Resume(folder, options => options with { Settings = [SettingList.Scenario.Choose(Scenario.Instrument)] }));
        Assert.Contains("that run has scenario pose;", error.Message);
    }
}
