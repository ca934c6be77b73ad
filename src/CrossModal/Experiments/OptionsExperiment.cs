using System.Text.Json;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;

namespace CrossModal.Experiments;

/// <summary>What <c>options.json</c> holds.</summary>
internal sealed record OptionsReport(ExperimentSettings Settings, double ChanceAccuracy, IReadOnlyList<ExperimentRow> Rows);

/// <summary>
/// The command <c>experiment options</c>: what each option of preset <c>best</c> does by itself. All runs have the preset's sizes, data and
/// rate; the first has the paper's game alone, each other one option beside it, the last all of them.
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
        ("hinge", [GanSettings.LossSetting.AsIn(Presets.Best)]),
        ("two rates", [GanSettings.DiscriminatorRateSetting.AsIn(Presets.Best)]),
        ("R1", [GanSettings.R1Setting.AsIn(Presets.Best)]),
        ("label smoothing", [GanSettings.RealTargetSetting.Choose(0.9)]),
        ("augmentation", [GanSettings.AugmentSetting.AsIn(Presets.Best)]),
        ("auxiliary classifier", [GanSettings.AuxiliarySetting.AsIn(Presets.Best)]),
        ("mode seeking", [GanSettings.ModeSeekingSetting.AsIn(Presets.Best)]),
        ("all of preset best",
            [.. SettingList.OfGan.Select(setting => setting.AsIn(Presets.Best)), GanSettings.EmaSetting.AsIn(Presets.Quick)]),
    ];

    public static RunSummary Run(RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        var settings = ExperimentSettings.Of("experiment options", options);
        var folder = ExperimentFolder.Open(options.Out, settings);
        PlannedRun[] runs = [.. Plan.Select(plan =>
            new PlannedRun(plan.Name.Replace(' ', '-'), RunKind.SoundToImage, options with { Settings = [.. Plain, .. plan.Beside] }))];
        var finished = RunSeries.Execute("experiment options", folder, runs, reporter, cancel);
        ExperimentRow[] rows = [.. finished.Zip(Plan, (run, plan) => ExperimentRow.Of(plan.Name, run))];
        var report = new OptionsReport(settings, finished[0].Report.ChanceAccuracy, rows);
        AtomicFile.WriteText(folder.In("options.json"), JsonSerializer.Serialize(report, ExperimentJson.Default.OptionsReport));
        AtomicFile.WriteText(folder.In("options.md"), Markdown(report));
        CurvePlot.Write(folder.In("options.png"), "Generated images named right, by epoch", "epoch",
            ExperimentRow.Curves("validation", finished, epoch => epoch.ValidationAccuracy));
        return new RunSummary(folder.Path,
            [.. rows.Select(row => (row.Name, $"{row.Accuracy()}  FID {row.Frechet()}  diversity {row.Diversity()}"))],
            [folder.In("options.png"), .. finished.Select(run => run.Folder.Sample(run.Report.Epochs[^1].Epoch)).Where(File.Exists)]);
    }

    private static string Markdown(OptionsReport report)
    {
        var lines = new List<string>
        {
            report.Settings.Describe(report.ChanceAccuracy),
            "",
            "| option | validation | FID | diversity | best epoch | lowest after it | last epoch | minutes |",
            "|---|---|---|---|---|---|---|---|",
        };
        lines.AddRange(report.Rows.Select(row =>
            $"| {row.Name} | {row.Accuracy()} | {row.Frechet()} | {row.Diversity()} | {row.BestEpochAccuracy:0.0%} at {row.BestEpoch} | "
            + $"{row.WorstLaterAccuracy:0.0%} "
            + $"| {row.LastEpochAccuracy:0.0%} | {row.Seconds / 60:0.0} |"));
        return string.Join('\n', lines) + "\n";
    }
}
