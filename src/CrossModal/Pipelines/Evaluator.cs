using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>The command <c>evaluate</c>: what generated samples are worth.</summary>
public static class Evaluator
{
    /// <param name="runFolder">Of a finished run that generates something.</param>
    /// <param name="data">Other data with the same classes; null for those of the run.</param>
    /// <exception cref="BadInputException">The folder is no such run, or the data have other classes.</exception>
    public static RunSummary Evaluate(string runFolder, string? data, DeviceSettings device, IRunReporter reporter,
        CancellationToken cancel)
    {
        var (run, folder) = SavedRun.Open(runFolder, RunKind.All.Where(kind => kind.Directions.Count > 0));
        using var open = Device.Open(device);
        using var opened = TrainingData.Open(data ?? run.Data, data is null ? run.Pairs : 0, run.Seed, open, reporter, cancel);
        if (!opened.Pairs.Classes.SequenceEqual(run.Classes))
            throw new BadInputException($"--data {data ?? run.Data}: has the classes {string.Join(", ", opened.Pairs.Classes)}; the run "
                + $"was trained on {string.Join(", ", run.Classes)}");
        if (!Checkpoint.ReadMetadata(folder.Last).TryGetValue("step", out var text) || !long.TryParse(text, out var step))
            throw new BadInputException($"{folder.Last}: has no step number; it is no checkpoint of a training run");
        using var session = GanSession.Open(new RunContext(open, run, folder, opened, reporter, cancel));
        using var generator = session.LoadGenerator();
        var metrics = folder.ReadMetrics();
        return Measure(session, session.Directions(generator), step,
            [.. GanTraining.StagesOf(run.Kind).Select(stage => RunFolder.EpochsIn(metrics, stage))]);
    }

    /// <summary>Measures generated samples of both splits, writes the figures and their pictures, and sums them up.</summary>
    /// <param name="step">The step of the weights that are measured.</param>
    /// <param name="epochs">The accuracies by epoch of each direction.</param>
    internal static RunSummary Measure(GanSession session, IReadOnlyList<SampledDirection> directions, long step,
        IReadOnlyList<IReadOnlyList<EpochAccuracy>> epochs)
    {
        var (context, folder) = (session.Context, session.Context.Folder);
        var measured = directions.Select((sampled, i) => new DirectionMeasurement(context, sampled, step)
            .Measure(directions.Count == 1 ? "evaluation" : $"evaluation, {sampled.Direction.Outputs()}", epochs[i])).ToArray();
        var reports = measured.Select(one => one.Report).ToArray();
        reports[0] = session.Complete(reports[0], directions[0]);
        (reports[0] with { ImageToSound = reports.ElementAtOrDefault(1) }).Write(folder.Evaluation);

        var confusions = new List<string>();
        foreach (var (direction, named) in directions.Zip(measured, (sampled, one) => (sampled.Direction, one.Validation)))
        {
            confusions.Add(folder.ConfusionOf(context.Run, direction));
            ConfusionPlot.Write(confusions[^1], $"Generated {direction.Outputs()} of validation {direction.Conditions()}", named.Classes,
                named.Counts);
        }

        return new RunSummary(folder.Path,
            [.. directions.Zip(reports).SelectMany(pair => DirectionMeasurement.Rows(pair.First.Direction, pair.Second)),
                ("chance", $"{reports[0].ChanceAccuracy:0.0%}")],
            DirectionMeasurement.Pictures(folder, epochs[0], confusions,
                [.. directions.Select((sampled, i) => DirectionMeasurement.Panel(sampled.Direction, epochs[i]))]));
    }
}
