using CrossModal.Adversarial;
using CrossModal.Evaluation;
using CrossModal.Kernels;
using CrossModal.Runs;

namespace CrossModal.Pipelines;

/// <summary>
/// A command line that may be given again and again, as schedulers do: it begins a run, goes on with it where it was stopped or killed, and
/// has nothing to do where it is finished.
/// </summary>
internal static class RunContinuation
{
    /// <summary>The options with the run in their folder to be resumed, where one is there and that was asked for.</summary>
    public static RunOptions Place(RunOptions options) =>
        options is { Continue: true, Out: { } folder } && File.Exists(new RunFolder(folder).Settings)
            ? options with { Resume = folder } : options;

    /// <summary>
    /// The figures of a run that has all its steps and was measured after the last; null where there is something left to do. Neither its
    /// data nor a device is opened.
    /// </summary>
    /// <param name="options">From <see cref="Place"/>.</param>
    /// <exception cref="BadInputException">The run is none of this kind, or the options contradict it.</exception>
    public static RunSummary? FindFinished(RunKind kind, RunOptions options, IRunReporter reporter)
    {
        if (options is not { Continue: true, Resume: { } path })
            return null;
        options.Require();
        var folder = new RunFolder(path);

        // Nobody changes it while it is looked at.
        using var held = folder.Hold();
        var wanted = RunOpening.Continue(kind, folder, options);
        if (!File.Exists(folder.Last) || !File.Exists(folder.Evaluation))
            return null;
        var step = GanProgress.Read(folder.Last).Step;
        var report = EvaluationReport.Read(folder.Evaluation);
        var epochs = folder.ReadMetrics().Where(line => line.Stage == GanLoop.Stage && line.Step <= step).ToArray();
        if (report.Step != step || !HasAll(wanted, RunSettings.Read(folder.Settings), step, epochs))
            return null;
        reporter.Message($"{folder.Path}: is finished, all {step} steps of it, and measured: nothing is left to do");
        return Summarize(folder, wanted, report);
    }

    /// <summary>One line that says what comes, for whoever reads it in a log.</summary>
    public static string DescribeGoingOn(RunFolder folder) => $"{folder.Path}: goes on "
        + (File.Exists(folder.Last) ? $"after step {GanProgress.Read(folder.Last).Step} of the GAN" : "where its GAN is not begun yet");

    /// <inheritdoc cref="DescribeGoingOn"/>
    public static string DescribeBeginning(RunFolder folder) => $"{folder.Path}: begins, there is no run in it yet";

    /// <summary>Whether so many steps are all that are wanted. How many an epoch has is told by the lines of those that are over.</summary>
    /// <param name="recorded">How the run was last begun or gone on with.</param>
    /// <param name="epochs">The lines of the GAN.</param>
    private static bool HasAll(RunSettings wanted, RunSettings recorded, long step, MetricsLine[] epochs)
    {
        if (wanted.Gan.Steps > 0)
            return step >= wanted.Gan.Steps;

        // Of a run that was stopped by a number of steps, the only epoch may be a part of one.
        return recorded.Gan.Steps == 0 && epochs is [{ Epoch: 1, Step: var perEpoch }, ..] && step >= (long)wanted.Gan.Epochs * perEpoch;
    }

    /// <summary>The figures of the last measurement, and the pictures of it that are there.</summary>
    private static RunSummary Summarize(RunFolder folder, RunSettings run, EvaluationReport report)
    {
        EvaluationReport?[] reports = [report, report.ImageToSound];
        return new RunSummary(folder.Path,
            [.. run.Kind.Directions.Zip(reports.OfType<EvaluationReport>())
                .SelectMany(pair => DirectionMeasurement.Rows(pair.First, pair.Second)), ("chance", $"{report.ChanceAccuracy:0.0%}")],
            [.. run.Kind.Directions.Select(direction => folder.ConfusionOf(run, direction, data: null))
                .Prepend(folder.Sample(report.Epochs is [.., var last] ? last.Epoch : 0)).Append(folder.Curves).Where(File.Exists)]);
    }
}
