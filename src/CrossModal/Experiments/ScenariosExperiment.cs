using System.Text.Json;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Imaging;
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
internal sealed record ScenariosReport(ExperimentSettings Settings, double ChanceAccuracy, IReadOnlyList<ScenarioRow> Rows);

/// <summary>
/// The command <c>experiment scenarios</c>: sound to image trained instrument-oriented and pose-oriented (Chen et al. 2017, §5), and for
/// both how far pictures follow the pose that their sound asks for, which the paper could only look at.
/// </summary>
internal static class ScenariosExperiment
{
    /// <summary>Pose first: it trains the regressor that the other then takes from it.</summary>
    private static readonly (string Name, Scenario Scenario)[] Plan = [("pose", Scenario.Pose), ("instrument", Scenario.Instrument)];

    public static RunSummary Run(RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        var settings = ExperimentSettings.Of("experiment scenarios", options);
        var folder = ExperimentFolder.Open(options.Out, settings);
        PlannedRun[] runs =
            [.. Plan.Select(plan => new PlannedRun(plan.Name, RunKind.SoundToImage, options with { Settings = [SettingList.Scenario.Choose(plan.Scenario)] }))];
        FinishedRun[] finished = [.. RunSeries.Execute("experiment scenarios", folder, runs, reporter, cancel).Reverse()];
        ScenarioRow[] rows = [.. finished.Select(run =>
            new ScenarioRow(ExperimentRow.Of(run.Name, run), run.Report.Pose ?? Poses(run, options.Device, reporter, cancel)))];
        var report = new ScenariosReport(settings, finished[0].Report.ChanceAccuracy, rows);
        AtomicFile.WriteText(folder.In("scenarios.json"), JsonSerializer.Serialize(report, ExperimentJson.Default.ScenariosReport));
        AtomicFile.WriteText(folder.In("scenarios.md"), Markdown(report));
        CurvePlot.Write(folder.In("scenarios.png"), "Generated images named right, by epoch", "epoch",
            ExperimentRow.Curves("validation", finished, epoch => epoch.ValidationAccuracy));
        return new RunSummary(folder.Path,
            [.. rows.SelectMany(row => new[] { (row.Run.Name, row.Run.Accuracy()) }.Concat(row.Pose?.Rows() ?? []))],
            [folder.In("scenarios.png"), .. finished.Select(run => run.Folder.Sample(run.Report.Epochs[^1].Epoch)).Where(File.Exists)]);
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

    private static string Markdown(ScenariosReport report)
    {
        var lines = new List<string>
        {
            report.Settings.Describe(report.ChanceAccuracy),
            "",
            "| scenario | validation | FID | diversity | minutes |",
            "|---|---|---|---|---|",
        };
        lines.AddRange(report.Rows.Select(row =>
            $"| {row.Run.Name} | {row.Run.Accuracy()} | {row.Run.Frechet()} | {row.Run.Diversity()} | {row.Run.Seconds / 60:0.0} |"));
        if (report.Rows.All(row => row.Pose is null))
            return string.Join('\n', [.. lines, "", "No poses are known of these data."]) + "\n";
        lines.AddRange(
            ["", "| scenario | component | instruments | generated | shuffled sounds | real images |", "|---|---|---|---|---|---|"]);
        foreach (var (name, pose) in report.Rows.Where(row => row.Pose is not null).Select(row => (row.Run.Name, row.Pose!)))
        {
            foreach (var (component, figure) in pose.Generated)
            {
                lines.Add(Line(name, component, "all", figure, pose.Real[component]));
                if (pose.Legible.TryGetValue(component, out var legible))
                    lines.Add(Line(name, component, $"the {legible.Instruments.Count} that show it", legible, pose.LegibleReal[component]));
            }
        }

        return string.Join('\n', lines) + "\n";

        static string Line(string name, string component, string instruments, PoseFigure figure, PoseFigure real) =>
            $"| {name} | {component} | {instruments} | {figure.Correlation:0.00} [{figure.Low:0.00}, {figure.High:0.00}] | "
                + $"{figure.Floor:0.00} (95 % under {figure.FloorHigh:0.00}) | {real.Correlation:0.00} |";
    }
}
