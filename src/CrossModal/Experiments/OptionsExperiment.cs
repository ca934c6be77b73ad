using CrossModal.Runs;

namespace CrossModal.Experiments;

/// <summary>
/// The command <c>experiment options</c>: what each option of the presets does by itself. All runs have the preset's sizes, data and rate;
/// the first has the paper's game alone, each other one option beside it, the last two all options of the presets <c>best</c> and
/// <c>photos</c>.
/// </summary>
internal static class OptionsExperiment
{
    /// <summary>The paper's game.</summary>
    private static readonly ChosenSetting[] Plain = [.. SettingList.OfGan.Select(setting => setting.AsIn(Presets.Paper))];

    private static readonly (string Name, IReadOnlyList<ChosenSetting> Beside)[] Plan =
    [
        ("plain", []),
        ("moving average", [GanSettings.EmaSetting.AsIn(Presets.Quick)]),
        ("spectral norm", [SettingList.SpectralNorm.AsIn(Presets.Best)]),
        ("hinge", [GanSettings.LossSetting.AsIn(Presets.Photos)]),
        ("two rates", [GanSettings.DiscriminatorRateSetting.AsIn(Presets.Photos)]),
        ("R1", [GanSettings.R1Setting.AsIn(Presets.Photos)]),
        ("label smoothing", [GanSettings.RealTargetSetting.Choose(0.9)]),
        ("augmentation", [GanSettings.AugmentSetting.AsIn(Presets.Photos)]),
        ("auxiliary classifier", [GanSettings.AuxiliarySetting.AsIn(Presets.Photos)]),
        ("mode seeking", [GanSettings.ModeSeekingSetting.Choose(Presets.ModeSeekingWeight)]),
        ("upsampling", [SettingList.Upsampling.AsIn(Presets.Best)]),
        ("autoencoder", [GanSettings.VaeSetting.AsIn(Presets.Best)]),
        ("all of preset best", AllOf(Presets.Best)), ("all of preset photos", AllOf(Presets.Photos)),
    ];

    private static readonly TableColumn<ExperimentRow>[] Columns =
    [
        new("option", row => row.Name), new("validation", row => row.Accuracy()), new("FID", row => row.Frechet()),
        .. ExperimentRow.DistributionColumns, .. ExperimentRow.EpochColumns, ExperimentRow.Minutes,
    ];

    /// <summary>All options of a preset; the moving average of fewer epochs.</summary>
    private static IReadOnlyList<ChosenSetting> AllOf(RunSettings preset) =>
        [.. SettingList.OfGan.Select(setting => setting.AsIn(preset)), GanSettings.EmaSetting.AsIn(Presets.Quick)];

    public static RunSummary Run(RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        using var table = new ExperimentTable("options", options);
        PlannedRun[] runs = [.. Plan.Select(plan =>
            new PlannedRun(plan.Name.Replace(' ', '-'), RunKind.SoundToImage, options with { Settings = [.. Plain, .. plan.Beside] }))];
        var finished = table.Train(runs, reporter, cancel);
        ExperimentRow[] rows = [.. finished.Zip(Plan, (run, plan) => ExperimentRow.Of(plan.Name, run))];
        table.Write(new TableReport(table.Settings, finished[0].Report.ChanceAccuracy, rows, finished[0].Run.DataFingerprint),
            ExperimentJson.Default.TableReport,
            [table.Settings.Describe(finished[0].Report.ChanceAccuracy), "", .. ExperimentTable.Lines(Columns, rows)]);
        table.DrawCurves("images", finished);
        return table.Summarize(rows.Select(row => (row.Name, $"{row.Accuracy()}  FID {row.Frechet()}  diversity {row.Diversity()}")),
            finished);
    }
}
