using System.Text.Json;
using CrossModal.Adversarial;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;

namespace CrossModal.Experiments;

/// <summary>What <c>variants.json</c> holds.</summary>
internal sealed record VariantsReport(ExperimentSettings Settings, double ChanceAccuracy, IReadOnlyList<ExperimentRow> Rows);

/// <summary>
/// The command <c>experiment variants</c>: Table 5 and Fig. 9 of Chen et al. 2017, S2I-C, S2I-N and S2I-A, and image to sound, whose figure
/// is the one that Hao et al. 2018 (CMCGAN) report for it; then CMCGAN itself, both directions of one run, with the figures of that paper.
/// </summary>
internal static class VariantsExperiment
{
    /// <summary>CMCGAN's rows: those of one run.</summary>
    private const string Both = "CMCGAN", BothToImage = "CMCGAN S2I", BothToSound = "CMCGAN I2S";

    private static readonly (string Name, RunKind Kind, Variant Variant, double? PaperTrain, double? PaperTest)[] Plan =
    [
        ("S2I-C", RunKind.SoundToImage, Variant.C, 0.8737, 0.7556),
        ("S2I-N", RunKind.SoundToImage, Variant.N, 0.1262, 0.1232),
        ("S2I-A", RunKind.SoundToImage, Variant.A, 0.1063, 0.1095),
        ("I2S", RunKind.ImageToSound, Variant.C, null, 0.1117),
        (BothToImage, RunKind.Cmcgan, Variant.C, 0.9105, 0.7661),
        (BothToSound, RunKind.Cmcgan, Variant.C, 0.8109, 0.5189),
    ];

    public static RunSummary Run(RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        var settings = ExperimentSettings.Of("experiment variants", options);
        var folder = ExperimentFolder.Open(options.Out, settings);
        PlannedRun[] runs =
        [
            .. Plan.Where(plan => plan.Kind != RunKind.Cmcgan)
                .Select(plan => new PlannedRun(plan.Name, plan.Kind, options with { Settings = [SettingList.Variant.Choose(plan.Variant)] })),
            new PlannedRun(Both, RunKind.Cmcgan, options, Weight: 2),
        ];
        FinishedRun[] finished = [.. RunSeries.Execute("experiment variants", folder, runs, reporter, cancel)
            .SelectMany(run => run.Report.ImageToSound is { } toSound
            ? new[] { run with { Name = BothToImage }, run with { Name = BothToSound, Report = toSound } } : [run])];
        ExperimentRow[] rows = [.. finished.Zip(Plan, (run, plan) => ExperimentRow.Of(plan.Name, run, plan.PaperTrain, plan.PaperTest))];
        var report = new VariantsReport(settings, finished[0].Report.ChanceAccuracy, rows);
        AtomicFile.WriteText(folder.In("variants.json"), JsonSerializer.Serialize(report, ExperimentJson.Default.VariantsReport));
        AtomicFile.WriteText(folder.In("variants.md"), Markdown(report));
        CurvePlot.Write(folder.In("variants.png"), "Generated samples named right, by epoch", "epoch",
            ExperimentRow.Curves("validation", finished, epoch => epoch.ValidationAccuracy),
                ExperimentRow.Curves("training", finished, epoch => epoch.TrainAccuracy));
        return new RunSummary(folder.Path,
            [.. rows.Select(row =>
                (row.Name, $"{row.Accuracy()}  training {row.Train.Accuracy:0.0%}  paper "
                + $"{ExperimentRow.Paper(row.PaperValidationAccuracy)} and {ExperimentRow.Paper(row.PaperTrainAccuracy)}"))],
            [folder.In("variants.png"), .. finished.Select(run => run.Folder.Sample(run.Report.Epochs[^1].Epoch)).Distinct()
                .Where(File.Exists)]);
    }

    /// <summary>The table as Markdown, with the settings that made it.</summary>
    internal static string Markdown(VariantsReport report)
    {
        var lines = new List<string>
        {
            report.Settings.Describe(report.ChanceAccuracy),
            "",
            "| variant | paper, test | paper, train | here, validation | over classes | here, training | FID or FAD | diversity | best "
                + "epoch | lowest after it | last epoch | judge on real | minutes |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        };
        lines.AddRange(report.Rows.Select(row =>
            $"| {row.Name} | {ExperimentRow.Paper(row.PaperValidationAccuracy)} | {ExperimentRow.Paper(row.PaperTrainAccuracy)} | "
            + $"{row.Accuracy()} of {row.Validation.Count} "
            + $"| {row.Validation.MacroAccuracy:0.0%} | {row.Train.Accuracy:0.0%} of {row.Train.Count} | {row.Frechet()} | "
                + $"{row.Diversity()} | {row.BestEpochAccuracy:0.0%} at {row.BestEpoch} "
            + $"| {row.WorstLaterAccuracy:0.0%} | {row.LastEpochAccuracy:0.0%} | {row.JudgeRealAccuracy:0.0%} | {row.Seconds / 60:0.0} |"));
        return string.Join('\n', lines) + "\n";
    }
}
