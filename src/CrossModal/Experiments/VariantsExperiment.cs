using CrossModal.Runs;

namespace CrossModal.Experiments;

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

    private static readonly TableColumn<ExperimentRow>[] Columns =
    [
        new("variant", row => row.Name), new("paper, test", row => ExperimentRow.Paper(row.PaperValidationAccuracy)),
        new("paper, train", row => ExperimentRow.Paper(row.PaperTrainAccuracy)),
        new("here, validation", row => $"{row.Accuracy()} of {row.Validation.Count}"),
        new("over classes", row => $"{row.Validation.MacroAccuracy:0.0%}"),
        new("here, training", row => $"{row.Train.Accuracy:0.0%} of {row.Train.Count}"), new("FID or FAD", row => row.Frechet()),
        .. ExperimentRow.DistributionColumns, .. ExperimentRow.EpochColumns,
        new("judge on real", row => $"{row.JudgeRealAccuracy:0.0%}"), ExperimentRow.Minutes,
    ];

    public static RunSummary Run(RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        using var table = new ExperimentTable("variants", options);
        PlannedRun[] runs =
        [
            .. Plan.Where(plan => !plan.Kind.HasBothDirections).Select(plan =>
                new PlannedRun(plan.Name, plan.Kind, options with { Settings = [SettingList.Variant.Choose(plan.Variant)] })),
            new PlannedRun(Both, RunKind.Cmcgan, options, Weight: 2),
        ];
        FinishedRun[] finished = [.. table.Train(runs, reporter, cancel).SelectMany(run => run.Report.ImageToSound is { } toSound
            ? new[] { run with { Name = BothToImage }, run with { Name = BothToSound, Report = toSound } } : [run])];
        ExperimentRow[] rows = [.. finished.Zip(Plan, (run, plan) => ExperimentRow.Of(plan.Name, run, plan.PaperTrain, plan.PaperTest))];
        table.Write(new TableReport(table.Settings, finished[0].Report.ChanceAccuracy, rows, finished[0].Run.DataFingerprint),
            ExperimentJson.Default.TableReport,
            [table.Settings.Describe(finished[0].Report.ChanceAccuracy), "", .. ExperimentTable.Lines(Columns, rows)]);
        table.DrawCurves("samples", finished, training: true);
        return table.Summarize(rows.Select(row =>
            (row.Name, $"{row.Accuracy()}  training {row.Train.Accuracy:0.0%}  paper "
                + $"{ExperimentRow.Paper(row.PaperValidationAccuracy)} and {ExperimentRow.Paper(row.PaperTrainAccuracy)}")), finished);
    }
}
