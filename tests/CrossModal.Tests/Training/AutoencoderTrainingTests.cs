using System.Text.Json;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Adversarial;
using CrossModal.Tests.Pipelines;
using CrossModal.Training;

namespace CrossModal.Tests.Training;

public sealed class AutoencoderTrainingTests(TinyRun tiny) : RunTests(tiny)
{
    private static ClassifierSettings Settings => new() { Epochs = 12, MinimumSteps = 0, Batch = 8, LearningRate = 2e-3, WeightDecay = 0 };

    [Fact]
    public void ItLearnsToDrawTheTinySoundsAgain()
    {
        var folder = NewFolder();
        var options = new RunOptions
        {
            Data = Tiny.Data,
            Device = new DeviceSettings("cpu", 1),
            Epochs = 80,
            Batch = 8,
            Seed = 5,
            Out = folder.Path
        };
        var reporter = new RecordingReporter();
        var summary = SoloTraining.Train(RunKind.SoundAutoencoder, options, reporter, TestContext.Current.CancellationToken);
        Assert.Contains("sound autoencoder", reporter.Stages);
        var lines = folder.ReadMetrics();
        Assert.Equal(Enumerable.Range(1, 80), lines.Select(line => line.Epoch!.Value));
        using var json = JsonDocument.Parse(File.ReadAllText(folder.Evaluation));
        var measured = json.RootElement.GetProperty("validation");
        Assert.Equal(TinyData.ValidationPairs, measured.GetProperty("count").GetInt32());
        Assert.InRange(measured.GetProperty("explained_variance").GetDouble(), 0.6, 1);
        Assert.Equal((double)lines[^1].Values["validation_error_decibels"]!, measured.GetProperty("error_decibels").GetDouble());
        Assert.InRange(measured.GetProperty("error_decibels").GetDouble(), 0.1, (double)lines[0].Values["validation_error_decibels"]! / 2);
        Assert.Contains(summary.Pictures, picture => picture == folder.Reconstructions);
        Assert.True(ImageFile.ReadSize(folder.Reconstructions).Height > 3 * 256);
        Assert.Contains("sound_autoencoder.encoder.code.weight", TinyGan.StoredTensors(folder.SoundAutoencoder).Keys);
    }

    /// <summary>The second time it is loaded: the same codes, and no training.</summary>
    [Fact]
    public void WhatIsThereIsLoaded()
    {
        var folder = NewFolder();
        using var device = Device.Open("cpu", 1);
        using var data = TinyData.Open(Tiny.Data, 0, 5, device, new SilentReporter(), TestContext.Current.CancellationToken);
        var run = Tiny.Settings with { SoundAutoencoder = Settings with { Epochs = 1 }, Classes = data.Pairs.Classes };
        var (trained, first) = CodesOf(run, folder, new RecordingReporter());
        var silent = new RecordingReporter();
        var (loaded, second) = CodesOf(run, folder, silent);
        Assert.Equal(trained, loaded);
        Assert.Equal(first, second);
        Assert.Empty(silent.Stages);
        Assert.Contains("(its seed is 5)",
            Assert.ThrowsAny<BadInputException>(() => CodesOf(run with { Seed = 6 }, folder, silent)).Message);

        (float[] Codes, Reconstruction Measured) CodesOf(RunSettings run, RunFolder folder, IRunReporter reporter)
        {
            using var model = AutoencoderTraining.Create(device, run);
            var measured = AutoencoderTraining.TrainOrLoad(model,
                new RunContext(device, run, folder, data, reporter, TestContext.Current.CancellationToken));
            return (Codes(model, data), measured);
        }
    }

    [Fact]
    public void TheErrorIsInDecibelsAndTheMeanExplainsNothing()
    {
        using var device = Device.Open("cpu", 1);
        using var random = new RandomStream(device, 1);
        using var model = new SoundAutoencoder(random, 4);
        using var data = TinyData.Open(Tiny.Data, 0, 5, device, new SilentReporter(), TestContext.Current.CancellationToken);
        var set = data.Sounds(Split.Validation);
        var copy = AutoencoderTraining.Measure(model, x => x, set);
        Assert.Equal((0, 1, set.Count), (copy.ErrorDecibels, copy.ExplainedVariance, copy.Count));

        // A tenth of the scale from −1 to 1, which spans 80 dB.
        Assert.Equal(8, AutoencoderTraining.Measure(model, x => x + 0.2, set).ErrorDecibels, 0.001);
        var (mean, row) = (new float[set.Shape.Count], new float[set.Shape.Count]);
        for (var i = 0; i < set.Count; i++)
        {
            data.Spectrograms(Split.Validation, LogMelLayout.Standard).Read(i, row);
            for (var k = 0; k < mean.Length; k++)
                mean[k] += row[k] / set.Count;
        }

        var drawn = AutoencoderTraining.Measure(model, x => Tensor.From(device, new Shape(1, 44, 128, 1), mean).BroadcastTo(x.Shape), set);
        Assert.Equal(0, drawn.ExplainedVariance, 0.001);
    }

    [Fact]
    public void ShapesAndTheRangeOfTheCode()
    {
        using var device = Device.Open("cpu", 1);
        using var random = new RandomStream(device, 1);
        using var model = new SoundAutoencoder(random, 64);
        using var pause = Tape.Paused();
        using var scope = new Scope();
        var code = model.Encode(random.Uniform(new Shape(2, 44, 128, 1), -1, 1));
        Assert.Equal(new Shape(2, 64), code.Shape);
        Assert.All(code.ToArray(), value => Assert.InRange(value, -1f, 1f));
        Assert.Equal(new Shape(2, 44, 128, 1), model.Decode(code).Shape);
    }

    private static float[] Codes(SoundAutoencoder model, TrainingData data)
    {
        var codes = new List<float>();
        TrainingLoop.Visit(model, data.Sounds(Split.Validation), (_, input) =>
            codes.AddRange(model.Encode(input).ToArray()));
        return [.. codes];
    }
}
