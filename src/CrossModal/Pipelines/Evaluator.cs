using CrossModal.Adversarial;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>The command <c>evaluate</c>: what generated samples are worth.</summary>
internal static class Evaluator
{
    /// <param name="saved">A finished run that generates something.</param>
    /// <param name="data">Other data with the same classes; null for those of the run.</param>
    /// <exception cref="BadInputException">The data have other classes, or a checkpoint is damaged.</exception>
    internal static (EvaluationReport Report, RunSummary Summary) Evaluate(Device device, SavedRun saved, string? data,
        IRunReporter reporter, CancellationToken cancel)
    {
        var (run, folder) = saved;
        var step = GanProgress.Read(folder.Last).Step;
        using var opened = TrainingData.Open(data is null ? run : run with { Data = data, Pairs = 0 }, device, reporter, cancel,
            trainedOn: run.Classes);
        opened.RequirePoses(run);
        using var session = GanSession.Open(new RunContext(device, run, folder, opened, reporter, cancel));
        using var generator = session.LoadGenerator();
        var metrics = folder.ReadMetrics();
        return Measure(session, session.Directions(generator), step,
            [.. GanTraining.StagesOf(run.Kind).Select(stage => RunFolder.EpochsIn(metrics, stage))]);
    }

    /// <summary>Measures generated samples of both splits, writes the figures and their pictures, and sums them up.</summary>
    /// <param name="step">The step of the weights that are measured.</param>
    /// <param name="epochs">The accuracies by epoch of each direction.</param>
    internal static (EvaluationReport Report, RunSummary Summary) Measure(GanSession session,
        IReadOnlyList<SampledDirection> directions, long step, IReadOnlyList<IReadOnlyList<EpochAccuracy>> epochs)
    {
        var (context, folder) = (session.Context, session.Context.Folder);
        var measured = directions.Select((sampled, i) => new DirectionMeasurement(context, sampled, step)
            .Measure(directions.Count == 1 ? "evaluation" : $"evaluation, {sampled.Direction.Outputs()}", epochs[i])).ToArray();
        var reports = measured.Select(one => one.Report).ToArray();
        reports[0] = session.Complete(reports[0], directions[0]);
        var report = reports[0] with { ImageToSound = reports.ElementAtOrDefault(1) };
        report.Write(folder.Evaluation);

        var confusions = new List<string>();
        foreach (var (direction, named) in directions.Zip(measured, (sampled, one) => (sampled.Direction, one.Validation)))
        {
            confusions.Add(folder.ConfusionOf(context.Run, direction));
            ConfusionPlot.Write(confusions[^1], $"Generated {direction.Outputs()} of validation {direction.Conditions()}", named.Classes,
                named.Counts);
        }

        var summary = new RunSummary(folder.Path,
            [.. directions.Zip(reports).SelectMany(pair => DirectionMeasurement.Rows(pair.First.Direction, pair.Second)),
                ("chance", $"{reports[0].ChanceAccuracy:0.0%}")],
            DirectionMeasurement.Pictures(folder, epochs[0], confusions,
                [.. directions.Select((sampled, i) => DirectionMeasurement.Panel(sampled.Direction, epochs[i]))]));
        return (report, summary);
    }
}
