using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Experiments;

/// <summary>One scenario: what it was measured to be, and the poses of its pictures where the data have poses.</summary>
internal sealed record ScenarioRow(ExperimentRow Run, PoseReport? Pose);

/// <summary>What <c>scenarios.json</c> holds.</summary>
/// <param name="DataFingerprint">64 hexadecimal digits that other data do not have.</param>
internal sealed record ScenariosReport(ExperimentSettings Settings, double ChanceAccuracy, IReadOnlyList<ScenarioRow> Rows,
    string DataFingerprint);

/// <summary>
/// The command <c>experiment scenarios</c>: sound to image trained instrument-oriented and pose-oriented (Chen et al. 2017, §5), and for
/// both how far pictures follow the pose that their sound asks for, which the paper could only look at.
/// </summary>
internal static class ScenariosExperiment
{
    /// <summary>Pose first: it trains the regressor that the other then takes from it.</summary>
    private static readonly (string Name, Scenario Scenario)[] Plan = [("pose", Scenario.Pose), ("instrument", Scenario.Instrument)];

    private static readonly TableColumn<ExperimentRow>[] Columns =
    [
        new("scenario", row => row.Name), new("validation", row => row.Accuracy()), new("FID", row => row.Frechet()),
        .. ExperimentRow.DistributionColumns, ExperimentRow.Minutes,
    ];

    private static readonly TableColumn<PoseRow>[] PoseColumns =
    [
        new("scenario", row => row.Scenario), new("component", row => row.Component), new("instruments", row => row.Instruments),
        new("generated", row => $"{row.Figure.Correlation:0.00} [{row.Figure.Low:0.00}, {row.Figure.High:0.00}]"),
        new("shuffled sounds", row => $"{row.Figure.Floor:0.00} (95 % under {row.Figure.FloorHigh:0.00})"),
        new("real images", row => $"{row.Real.Correlation:0.00}"),
    ];

    public static RunSummary Run(RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        using var table = new ExperimentTable("scenarios", options);
        PlannedRun[] runs = [.. Plan.Select(plan =>
            new PlannedRun(plan.Name, RunKind.SoundToImage, options with { Settings = [SettingList.Scenario.Choose(plan.Scenario)] }))];
        FinishedRun[] finished = [.. table.Train(runs, reporter, cancel).Reverse()];
        ScenarioRow[] rows = [.. finished.Select(run =>
            new ScenarioRow(ExperimentRow.Of(run.Name, run), run.Report.Pose ?? Poses(run, options.Device, reporter, cancel)))];
        var chance = finished[0].Report.ChanceAccuracy;
        table.Write(new ScenariosReport(table.Settings, chance, rows, finished[0].Run.DataFingerprint),
            ExperimentJson.Default.ScenariosReport,
        [
            table.Settings.Describe(chance), "", .. ExperimentTable.Lines(Columns, rows.Select(row => row.Run)), "",
            .. rows.All(row => row.Pose is null) ? ["No poses are known of these data."]
                : ExperimentTable.Lines(PoseColumns, rows.SelectMany(PoseRows)),
        ]);
        table.DrawCurves("images", finished);
        return table.Summarize(
            rows.SelectMany(row => new[] { (row.Run.Name, row.Run.Accuracy()) }.Concat(row.Pose?.Rows() ?? [])), finished);
    }

    /// <summary>The poses of a run that was not trained for them.</summary>
    private static PoseReport? Poses(FinishedRun finished, DeviceSettings device, IRunReporter reporter, CancellationToken cancel)
    {
        using var open = Device.Open(device);
        using var data = TrainingData.Open(finished.Run, open, reporter, cancel);
        var context = new RunContext(open, finished.Run, finished.Folder, data, reporter, cancel);
        using var session = GanSession.Open(context);
        using var generator = session.LoadGenerator();
        var sampled = session.Directions(generator)[0];
        return PoseReport.Measure(context, sampled.Samples, sampled.Codes(Split.Validation, int.MaxValue));
    }

    private static IEnumerable<PoseRow> PoseRows(ScenarioRow row)
    {
        foreach (var (component, figure) in row.Pose?.Generated ?? new Dictionary<string, PoseFigure>())
        {
            yield return new PoseRow(row.Run.Name, component, "all", figure, row.Pose!.Real[component]);
            if (row.Pose.Legible.TryGetValue(component, out var legible))
                yield return new PoseRow(row.Run.Name, component, $"the {legible.Instruments.Count} that show it", legible,
                    row.Pose.LegibleReal[component]);
        }
    }

    /// <summary>A component of the pose, over some instruments.</summary>
    private sealed record PoseRow(string Scenario, string Component, string Instruments, PoseFigure Figure, PoseFigure Real);
}
