using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>The command <c>evaluate</c>: how many generated images are named right.</summary>
public static class Evaluator
{
    private const int Sounds = 5000;

    /// <param name="data">Other data with the same classes; null for those of the run.</param>
    public static RunSummary Evaluate(string runFolder, string? data, DeviceSettings device, IRunReporter reporter, CancellationToken cancel)
    {
        var folder = new RunFolder(runFolder);
        var run = RunConfiguration.Read(folder.Configuration);
        if (run.Command != GanTraining.Command)
            throw new BadInputException($"--run {runFolder}: is a run of `{run.Command}`; only runs of `{GanTraining.Command}` generate something to evaluate");
        RequireFiles(folder);
        using var open = Device.Open(device);
        using var opened = TrainingData.Open(data ?? run.Data, data is null ? run.Pairs : 0, run.Seed, open, reporter, cancel);
        if (!opened.Pairs.Classes.SequenceEqual(run.Classes))
            throw new BadInputException($"--data {data ?? run.Data}: has the classes {string.Join(", ", opened.Pairs.Classes)}; the run was trained on {string.Join(", ", run.Classes)}");
        using var session = new GanSession(open, run, folder, opened, reporter, cancel);
        using var generator = OpenGenerator(open, run, folder);
        var images = session.Images(generator.Forward);
        var epochs = GanTraining.Epochs(folder.ReadMetrics());
        if (!Checkpoint.ReadMetadata(folder.Last).TryGetValue("step", out var text) || !long.TryParse(text, out var step))
            throw new BadInputException($"{folder.Last}: has no step number; it is no checkpoint of a training run");
        var report = session.Evaluate(images, Sounds, step, epochs, reporter, cancel, out var confusion);
        return Finish(folder, report, confusion);
    }

    /// <summary>The generator of a run's last checkpoint, with its averaged weights where they are kept, ready to sample.</summary>
    internal static Generator OpenGenerator(Device device, RunConfiguration run, RunFolder folder)
    {
        using var random = new RandomStream(device, run.Seed);
        var generator = new Generator(random, run.Model) { Training = false };
        new Checkpoint().Add(run.Gan.Ema > 0 ? "ema" : "generator", generator).Load(folder.Last, everything: false);
        return generator;
    }

    /// <summary>Names the file that an unfinished run lacks.</summary>
    internal static void RequireFiles(RunFolder folder)
    {
        foreach (var file in new[] { folder.SoundClassifier, folder.Judge, folder.Last })
        {
            if (!File.Exists(file))
                throw new BadInputException($"{file}: not there yet; finish the run with --resume {folder.Path}");
        }
    }

    /// <summary>Writes the figures and their pictures, and sums them up.</summary>
    internal static RunSummary Finish(RunFolder folder, EvaluationReport report, ConfusionMatrix validation)
    {
        report.Write(folder.Evaluation);
        ConfusionPlot.Write(folder.Confusion, "Generated images of validation sounds", validation.Classes, validation.Counts);
        var pictures = new List<string> { folder.Confusion };
        if (report.Epochs.Count > 1)
        {
            double[] x = [.. report.Epochs.Select(epoch => (double)epoch.Epoch)];
            CurvePlot.Write(folder.Curves, "Generated images named right", "epoch", new CurvePanel("accuracy",
            [
                new Curve("training sounds", x, [.. report.Epochs.Select(epoch => epoch.TrainAccuracy)]),
                new Curve("validation sounds", x, [.. report.Epochs.Select(epoch => epoch.ValidationAccuracy)]),
            ], Percent: true));
            pictures.Add(folder.Curves);
        }

        if (report.Epochs.Count > 0 && File.Exists(folder.Sample(report.Epochs[^1].Epoch)))
            pictures.Insert(0, folder.Sample(report.Epochs[^1].Epoch));
        return new RunSummary(folder.Path,
        [
            ("generated images named right, validation sounds", $"{report.Validation.Accuracy:0.0%} of {report.Validation.Count}"),
            ("  over classes (macro)", $"{report.Validation.MacroAccuracy:0.0%}"),
            ("generated images named right, training sounds", $"{report.Train.Accuracy:0.0%} of {report.Train.Count}"),
            ("judge on real validation images", $"{report.JudgeRealAccuracy:0.0%}"),
            ("sound classifier on validation sounds", $"{report.SoundClassifierAccuracy:0.0%}"),
            ("chance", $"{report.ChanceAccuracy:0.0%}"),
        ], pictures);
    }
}
