using System.Text.Json;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Training;

namespace CrossModal.Experiments;

/// <summary>One row of the variants' table. Accuracies are shares; the paper's are of its own data.</summary>
/// <param name="PaperValidationAccuracy">The paper's test sounds.</param>
/// <param name="BestEpoch">Of the accuracies measured after each epoch on validation conditions.</param>
public sealed record VariantRow(string Name, double? PaperTrainAccuracy, double? PaperValidationAccuracy, SplitAccuracy Train, SplitAccuracy Validation, int BestEpoch, double BestEpochAccuracy,
    double LastEpochAccuracy, double JudgeRealAccuracy, double Seconds);

/// <summary>What <c>variants.json</c> holds.</summary>
public sealed record VariantsReport(ExperimentSettings Settings, double ChanceAccuracy, IReadOnlyList<VariantRow> Rows);

/// <summary>
/// The command <c>experiment variants</c>: Table 5 and Fig. 9 of Chen et al. 2017, S2I-C, S2I-N and S2I-A, and image to sound, whose figure is the one that Hao et al. 2018 (CMCGAN) report for it.
/// </summary>
public static class VariantsExperiment
{
    private static readonly (string Name, Direction Direction, Variant Variant, double? PaperTrain, double? PaperTest)[] Plan =
    [
        ("S2I-C", Direction.SoundToImage, Variant.C, 0.8737, 0.7556),
        ("S2I-N", Direction.SoundToImage, Variant.N, 0.1262, 0.1232),
        ("S2I-A", Direction.SoundToImage, Variant.A, 0.1063, 0.1095),
        ("I2S", Direction.ImageToSound, Variant.C, null, 0.1117),
    ];

    public static RunSummary Run(RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        var settings = ExperimentSettings.Of("experiment variants", options);
        var folder = ExperimentFolder.Open(options.Out, settings);
        PlannedRun[] runs = [.. Plan.Select(plan => new PlannedRun(plan.Name.ToLowerInvariant(), plan.Direction, options with { Variant = plan.Variant }))];
        var finished = RunSeries.Execute("experiment variants", folder, runs, reporter, cancel);
        VariantRow[] rows = [.. finished.Zip(Plan, (run, plan) => RowOf(plan.Name, plan.PaperTrain, plan.PaperTest, run))];
        var report = new VariantsReport(settings, finished[0].Report.ChanceAccuracy, rows);
        AtomicFile.WriteText(folder.In("variants.json"), JsonSerializer.Serialize(report, ReportJson.Default.VariantsReport));
        AtomicFile.WriteText(folder.In("variants.md"), Markdown(report));
        CurvePlot.Write(folder.In("variants.png"), "Generated samples named right, by epoch", "epoch", Panel("validation", epoch => epoch.ValidationAccuracy), Panel("training", epoch => epoch.TrainAccuracy));
        return new RunSummary(folder.Path,
            [.. rows.Select(row => (row.Name, $"{row.Validation.Accuracy:0.0%}  training {row.Train.Accuracy:0.0%}  paper {Paper(row.PaperValidationAccuracy)} and {Paper(row.PaperTrainAccuracy)}"))],
            [folder.In("variants.png"), .. finished.Select(run => run.Folder.Sample(run.Report.Epochs[^1].Epoch)).Where(File.Exists)]);

        CurvePanel Panel(string split, Func<EpochAccuracy, double> value) => new($"accuracy, {split}",
            [.. finished.Zip(Plan, (run, plan) => new Curve(plan.Name, [.. run.Report.Epochs.Select(epoch => (double)epoch.Epoch)], [.. run.Report.Epochs.Select(value)]))], Percent: true);
    }

    internal static VariantRow RowOf(string name, double? paperTrain, double? paperTest, FinishedRun run)
    {
        var best = run.Report.Epochs.MaxBy(epoch => epoch.ValidationAccuracy)!;
        return new VariantRow(name, paperTrain, paperTest, run.Report.Train, run.Report.Validation, best.Epoch, best.ValidationAccuracy, run.Report.Epochs[^1].ValidationAccuracy,
            run.Report.JudgeRealAccuracy, run.Seconds);
    }

    /// <summary>The table as Markdown, with the settings that made it.</summary>
    internal static string Markdown(VariantsReport report)
    {
        var lines = new List<string>
        {
            $"`{report.Settings.Command}`, data {Path.GetFileName(report.Settings.Data)}, preset {report.Settings.Preset}, seed {report.Settings.Seed}; chance {report.ChanceAccuracy:0.0%}",
            "",
            "| variant | paper, test | paper, train | here, validation | over classes | here, training | best epoch | last epoch | judge on real | minutes |",
            "|---|---|---|---|---|---|---|---|---|---|",
        };
        lines.AddRange(report.Rows.Select(row => $"| {row.Name} | {Paper(row.PaperValidationAccuracy)} | {Paper(row.PaperTrainAccuracy)} | {row.Validation.Accuracy:0.0%} of {row.Validation.Count} "
            + $"| {row.Validation.MacroAccuracy:0.0%} | {row.Train.Accuracy:0.0%} of {row.Train.Count} | {row.BestEpochAccuracy:0.0%} at {row.BestEpoch} | {row.LastEpochAccuracy:0.0%} "
            + $"| {row.JudgeRealAccuracy:0.0%} | {row.Seconds / 60:0.0} |"));
        return string.Join('\n', lines) + "\n";
    }

    private static string Paper(double? value) => value is { } known ? $"{known:0.00%}" : "–";
}
