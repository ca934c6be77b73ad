using System.Text.Json;
using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Pipelines;

/// <summary>A whole run of image to sound on the tiny data, and what comes of it.</summary>
public sealed class ImageToSoundRunTests(TinyRun tiny) : RunTests(tiny)
{
    private RunConfiguration Run => Tiny.Configuration with
    {
        Kind = RunKind.ImageToSound,
        Model = Tiny.Configuration.Model with { Channels = 1 },
        Gan = Tiny.Configuration.Gan with { Epochs = 2 },
    };

    [Fact]
    public void ARunEndsWithFiguresPicturesAndSounds()
    {
        var folder = NewFolder();
        var summary = TinyRun.Train(Run, folder);
        foreach (var file in new[] { folder.Configuration, folder.Metrics, folder.Evaluation, folder.Confusion, folder.Curves,
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
        var wav = Path.Combine(folder.Path, "heard", "one.wav");
        var reporter = new RecordingReporter();
        Assert.Equal([wav, Path.ChangeExtension(wav, ".png")], Generate(input, wav, 1, 5, reporter));
        Assert.Contains("looks like ", Assert.Single(reporter.Messages));
        var clip = WavFile.ReadMono(wav);
        Assert.Equal((LogMelSpectrogram.Samples, LogMelSpectrogram.SampleRate), (clip.Samples.Length, clip.SampleRate));
        Assert.Contains(clip.Samples, sample => Math.Abs(sample) > 0);
        Assert.True(ImageFile.ReadSize(Path.ChangeExtension(wav, ".png")).Width > 500);
        var again = Path.Combine(folder.Path, "heard", "again.wav");
        Generate(input, again, 1, 5, reporter);
        Assert.Equal(File.ReadAllBytes(wav), File.ReadAllBytes(again));
        var several = Generate(input, Path.Combine(folder.Path, "heard", "more.wav"), 2, 6, reporter);
        Assert.Equal(["more-1.wav", "more-1.png", "more-2.wav", "more-2.png"], several.Select(Path.GetFileName));
        Assert.NotEqual(File.ReadAllBytes(several[0]), File.ReadAllBytes(several[2]));

        // Measured again, the same figures; drawn from, it is refused.
        var before = File.ReadAllText(folder.Evaluation);
        File.Delete(folder.Evaluation);
        Evaluator.Evaluate(folder.Path, null, new DeviceSettings("cpu", 1), new SilentReporter(), TestContext.Current.CancellationToken);
        Assert.Equal(before, File.ReadAllText(folder.Evaluation));
        var error = Assert.Throws<BadInputException>(
            () => SoundToImageGeneration.Generate(folder.Path, wav, Path.Combine(folder.Path, "never.png"), 1, 1,
                new DeviceSettings("cpu", 1), reporter));
        Assert.Contains("is a run of `train i2s`; give the folder of a run of `train s2i`", error.Message);

        IReadOnlyList<string> Generate(string picture, string output, int count, ulong seed, IRunReporter reporter) =>
            ImageToSoundGeneration.Generate(folder.Path, picture, output, count, seed, new DeviceSettings("cpu", 1), reporter);
    }

    /// <summary>The autoencoder knows no labels, so nothing names the sound, and its code is what the pictures are made of.</summary>
    [Fact]
    public void VariantAIsConditionedOnTheAutoencoder()
    {
        var folder = NewFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Judge)!);
        File.Copy(Tiny.Whole.Judge, folder.Judge);
        var run = Tiny.Configuration with
        {
            Variant = Variant.A,
            SoundAutoencoder =
            new ClassifierSettings { Epochs = 1, MinimumSteps = 0, Batch = 8 },
            Gan = Tiny.Configuration.Gan with { Epochs = 1 }
        };
        TinyRun.Train(run, folder);
        Assert.True(File.Exists(folder.SoundAutoencoder));
        Assert.False(File.Exists(folder.SoundClassifier));
        using var evaluation = JsonDocument.Parse(File.ReadAllText(folder.Evaluation));
        Assert.Equal(JsonValueKind.Null, evaluation.RootElement.GetProperty("sound_classifier_accuracy").ValueKind);
        var (picture, reporter) = (Path.Combine(folder.Path, "drawn.png"), new RecordingReporter());
        var input = Directory.GetFiles(Path.Combine(Tiny.Data, "chunk"), "*.wav", SearchOption.AllDirectories)[0];
        SoundToImageGeneration.Generate(folder.Path, input, picture, 1, 1, new DeviceSettings("cpu", 1), reporter);
        Assert.Equal((64, 64), ImageFile.ReadSize(picture));
        Assert.DoesNotContain(reporter.Messages, message => message.Contains("sounds like"));
    }

    /// <summary>The pose scenario has an encoder of its own; without poses beside the data nothing is measured of them.</summary>
    [Fact]
    public void ThePoseScenarioHasAnEncoderOfItsOwn()
    {
        var folder = WithClassifiers();
        var run = Tiny.Configuration with
        {
            Scenario = Scenario.Pose,
            SoundEncoder = new ClassifierSettings { Epochs = 1, MinimumSteps = 0, Batch = 8 },
            Gan = Tiny.Configuration.Gan with { Epochs = 1 },
        };
        TinyRun.Train(run, folder);
        Assert.True(File.Exists(folder.SoundEncoder));
        using var evaluation = JsonDocument.Parse(File.ReadAllText(folder.Evaluation));
        Assert.False(evaluation.RootElement.TryGetProperty("pose", out _));
        var error = Assert.Throws<BadInputException>(() =>
            TinyRun.Resume(folder, options => options with { Scenario = Scenario.Instrument }));
        Assert.Contains("that run has --scenario pose;", error.Message);
    }
}
