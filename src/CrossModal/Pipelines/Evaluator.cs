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
    /// <summary>Hexadecimal digits of a fingerprint that tell data of the same folder name apart.</summary>
    private const int NameDigits = 8;

    /// <summary>Measures a run and writes the figures into its folder; what cannot be written is still shown.</summary>
    /// <param name="saved">A finished run that generates something.</param>
    /// <param name="data">Other data with the same classes; null for those of the run.</param>
    /// <exception cref="BadInputException">The data have other classes, or a checkpoint is damaged.</exception>
    internal static (EvaluationReport Report, RunSummary Summary) Evaluate(Device device, SavedRun saved, string? data,
        IRunReporter reporter, CancellationToken cancel)
    {
        var (run, folder) = saved;
        var (held, obstacle) = TryHold(folder);
        using var hold = held;
        if (obstacle is not null)
            reporter.Warning($"{obstacle}; the figures are shown and not written");
        var place = data is null ? run.Data : RunSettings.Locate(data);
        var step = GanProgress.Read(folder.Last).Step;
        using var opened = TrainingData.Open(place == run.Data ? run : run with { Data = place, Pairs = 0 }, device, reporter, cancel,
            trainedOn: run.Classes);
        opened.RequirePoses(run);
        var context = new RunContext(device, run, folder, opened, reporter, cancel) { HasOwnData = IsOwn(run, opened) };
        if (!context.HasOwnData && data is null)
            reporter.Warning($"the data in {run.Data} are not those that the run was trained on");
        using var session = GanSession.Open(context);
        using var generator = session.LoadGenerator();
        var metrics = folder.ReadMetrics();
        return Measure(session, session.Directions(generator), step,
            [.. GanTraining.StagesOf(run.Kind).Select(stage => RunFolder.EpochsIn(metrics, stage))], obstacle);
    }

    /// <summary>Measures generated samples of both splits, writes the figures and their pictures, and sums them up.</summary>
    /// <param name="step">The step of the weights that are measured.</param>
    /// <param name="epochs">The accuracies by epoch of each direction.</param>
    /// <param name="obstacle">Why nothing can be written; null where it is to be tried.</param>
    internal static (EvaluationReport Report, RunSummary Summary) Measure(GanSession session,
        IReadOnlyList<SampledDirection> directions, long step, IReadOnlyList<IReadOnlyList<EpochAccuracy>> epochs,
        string? obstacle = null)
    {
        var (context, folder) = (session.Context, session.Context.Folder);
        var measured = directions.Select((sampled, i) => new DirectionMeasurement(context, sampled, step)
            .Measure(directions.Count == 1 ? "evaluation" : $"evaluation, {sampled.Direction.Outputs()}", epochs[i])).ToArray();
        var reports = measured.Select(one => one.Report).ToArray();
        reports[0] = session.Complete(reports[0], directions[0]);
        var report = reports[0] with
        {
            ImageToSound = reports.ElementAtOrDefault(1),
            Measured = MeasuredObject.Of(context, folder.Last),
        };
        IReadOnlyList<string> pictures = [];
        try
        {
            if (obstacle is null)
            {
                // The figures come last: where they are, everything is.
                var name = context.HasOwnData ? null : NameOf(context.Data);
                pictures = Draw(context, [.. directions.Zip(measured, (sampled, one) => (sampled.Direction, one.Validation))], epochs,
                    name);
                report.Write(folder.EvaluationOf(name));
            }
        }
        catch (BadInputException error)
        {
            obstacle = error.Message;
        }

        return (report, new RunSummary(folder.Path,
            [.. directions.Zip(reports).SelectMany(pair => DirectionMeasurement.Rows(pair.First.Direction, pair.Second)),
                ("chance", $"{reports[0].ChanceAccuracy:0.0%}")], pictures)
        { Unwritten = obstacle is null ? null : $"the figures were not written: {obstacle}" });
    }

    /// <summary>Draws how the judges name what was generated, and the accuracies by epoch; gives all pictures to look at.</summary>
    /// <param name="name">Of data that are not the run's own, which say nothing of its epochs; null for its own.</param>
    private static IReadOnlyList<string> Draw(RunContext context,
        IReadOnlyList<(Direction Direction, ConfusionMatrix Named)> validation, IReadOnlyList<IReadOnlyList<EpochAccuracy>> epochs,
        string? name)
    {
        var (run, folder) = (context.Run, context.Folder);
        var confusions = new List<string>();
        foreach (var (direction, named) in validation)
        {
            confusions.Add(folder.ConfusionOf(run, direction, name));
            ConfusionPlot.Write(confusions[^1], $"Generated {direction.Outputs()} of validation {direction.Conditions()}", named.Classes,
                named.Counts);
        }

        SampleNaming.Of(validation).Write(folder.ConfusionNumbersOf(name));
        return name is not null ? confusions : DirectionMeasurement.Pictures(folder, epochs[0], confusions,
            [.. validation.Select((one, i) => DirectionMeasurement.Panel(one.Direction, epochs[i]))]);
    }

    /// <summary>A run of before fingerprints, or one whose place is asked for, is believed to be of what is there.</summary>
    private static bool IsOwn(RunSettings run, TrainingData opened) =>
        run.DataFingerprint == "" ? opened.Name == run.Data : opened.Pairs.Are(run.DataFingerprint);

    private static string NameOf(TrainingData data) =>
        $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(data.Name))}-{data.Pairs.Fingerprint[..NameDigits]}";

    /// <summary>A folder that cannot be written, or is another's at the moment, is known before anything is measured.</summary>
    private static (IDisposable? Hold, string? Obstacle) TryHold(RunFolder folder)
    {
        try
        {
            return (folder.Hold(), null);
        }
        catch (BadInputException error)
        {
            return (null, error.Message);
        }
    }
}
