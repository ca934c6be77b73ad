using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>Trains the sound autoencoder, whose code the GAN of variant S2I-A is conditioned on. No labels are used.</summary>
internal static class AutoencoderTraining
{
    private const string Name = "sound autoencoder";
    private const ulong WeightStream = 14;

    /// <summary>Levels of a spectrogram span 80 dB between −1 and 1.</summary>
    private const double DecibelsOfOne = 40;

    /// <summary>Sounds of each class that are drawn, each beside its reconstruction.</summary>
    private const int DrawnSounds = 4;

    /// <summary>The command <c>train sound-autoencoder</c>.</summary>
    public static RunSummary Train(RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        const string command = "train sound-autoencoder";
        using var device = Device.Open(options.Device);
        if (device.Remark is { } remark)
            reporter.Warning(remark);
        var run = RunConfiguration.Create(command, options, device);
        run = run with { SoundAutoencoder = ClassifierTraining.Asked(run.SoundAutoencoder, options) };
        var folder = RunFolder.Create(options.Out, command);
        using var data = TrainingData.Open(run, device, reporter, cancel);
        run = run with { DataFingerprint = data.Pairs.Fingerprint, Classes = data.Pairs.Classes };
        folder.Write(run);
        using var model = Create(device, run);
        var measured = TrainOrLoad(model, run, folder, data, reporter, cancel);
        new ReconstructionReport(measured).Write(folder.Evaluation);
        Draw(folder.Reconstructions, model, run, data);
        return new RunSummary(folder.Path,
        [
            ("reconstruction error, validation sounds", $"{measured.ErrorDecibels:0.0} dB"),
                ("explained variance", $"{measured.ExplainedVariance:0.0%}"), ("sounds", $"{measured.Count}"),
        ], [folder.Reconstructions]);
    }

    internal static SoundAutoencoder Create(Device device, RunConfiguration run)
    {
        using var random = new RandomStream(device, run.Seed, WeightStream);
        return new SoundAutoencoder(random, run.Model.CodeSize);
    }

    /// <summary>Trains the autoencoder into the run folder, or loads it where a run that is continued has it already.</summary>
    internal static Reconstruction TrainOrLoad(SoundAutoencoder model, RunConfiguration run, RunFolder folder, TrainingData data,
        IRunReporter reporter, CancellationToken cancel)
    {
        var checkpoint = new Checkpoint().Add("sound_autoencoder", model);
        var validation = ClassifierTraining.Sounds(data.Pairs.Validation, data.ValidationSpectrograms!);
        if (File.Exists(folder.SoundAutoencoder))
        {
            checkpoint.Load(folder.SoundAutoencoder);
            return Measure(model, model.Forward, validation);
        }

        folder.DropMetrics(Name);
        var train = ClassifierTraining.Sounds(data.Pairs.Train, data.TrainSpectrograms!);
        var loop = new TrainingLoop(Name, model, batch =>
            Losses.MeanSquaredError(model.Forward(batch.Input), batch.Input), run.SoundAutoencoder, run.Seed);
        var measured = new Reconstruction(0, 0, 0);
        using (var stage = reporter.Stage(Name, TrainingLoop.StepsOf(run.SoundAutoencoder, train.Count), "steps"))
        {
            loop.Train(train, ClassifierTraining.SoundAugmentation(run.SoundAutoencoder, train.Shape), stage, (epoch, loss) =>
            {
                measured = Measure(model, model.Forward, validation);
                folder.AppendMetrics(("step", 0), ("stage", Name), ("epoch", epoch), ("loss", loss),
                    ("validation_error_decibels", measured.ErrorDecibels),
                    ("validation_explained_variance", measured.ExplainedVariance));
                return $"validation {measured.ErrorDecibels:0.0} dB";
            }, cancel);
        }

        checkpoint.Save(folder.SoundAutoencoder, new Dictionary<string,
            string>
        { ["validation_error_decibels"] = $"{measured.ErrorDecibels}" });
        return measured;
    }

    /// <summary>How well a module's <paramref name="reconstruct"/> gives back the spectrograms of a set.</summary>
    internal static Reconstruction Measure(Module model, Func<Tensor, Tensor> reconstruct, ExampleSet set)
    {
        var length = (int)set.Shape.Count;
        var (sum, squares, row) = (new double[length], new double[length], new float[length]);
        var error = 0.0;
        TrainingLoop.Visit(model, set, (first, input) =>
        {
            var drawn = reconstruct(input).ToArray();
            for (var i = 0; i < input.Shape[0]; i++)
            {
                set.Read(first + i, row);
                for (var k = 0; k < length; k++)
                {
                    var difference = (double)row[k] - drawn[i * length + k];
                    error += difference * difference;
                    sum[k] += row[k];
                    squares[k] += (double)row[k] * row[k];
                }
            }
        });
        var spread = Enumerable.Range(0, length).Sum(k => squares[k] - sum[k] * sum[k] / set.Count);
        return new Reconstruction(DecibelsOfOne * Math.Sqrt(error / ((double)set.Count * length)), spread > 0 ? 1 - error / spread
            : 0, set.Count);
    }

    /// <summary>A row a class: spectrograms of validation sounds, each beside its reconstruction.</summary>
    private static void Draw(string path, SoundAutoencoder model, RunConfiguration run, TrainingData data)
    {
        var split = data.Pairs.Validation;
        var all = ClassifierTraining.Sounds(split, data.ValidationSpectrograms!);
        var rows = new List<IReadOnlyList<RgbImage?>>();
        for (var c = 0; c < run.Classes.Count; c++)
        {
            var own = Enumerable.Range(0, split.SoundCount).Where(i => split.SoundClass(i) == c).ToArray();
            var shown = own.Length == 0 ? [] : Enumerable.Range(0, DrawnSounds).Select(k => own[k * own.Length / DrawnSounds]).ToArray();
            var row = new List<RgbImage?>();
            var chosen = new ExampleSet(shown.Length, all.Shape, _ => c, (i, destination) => all.Read(shown[i], destination));
            TrainingLoop.Visit(model, chosen, (first, input) =>
            {
                var (drawn, length) = (model.Forward(input).ToArray(), (int)all.Shape.Count);
                for (var i = 0; i < input.Shape[0]; i++)
                {
                    row.Add(SamplePicture.Of(data.ValidationSpectrograms!.Row(shown[first + i]), all.Shape));
                    row.Add(SamplePicture.Of(drawn.AsSpan(i * length, length), all.Shape));
                }
            });
            rows.Add(row);
        }

        string[] labels = [.. Enumerable.Range(0, DrawnSounds).SelectMany(_ => new[] { "sound", "again" })];
        new SampleGrid("Validation sounds and what their codes keep of them", labels, run.Classes, rows).Write(path);
    }
}
