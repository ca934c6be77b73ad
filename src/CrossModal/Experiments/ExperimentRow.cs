using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Runs;

namespace CrossModal.Experiments;

/// <summary>What <c>variants.json</c> and <c>options.json</c> hold.</summary>
/// <param name="DataFingerprint">64 hexadecimal digits that other data do not have.</param>
internal sealed record TableReport(ExperimentSettings Settings, double ChanceAccuracy, IReadOnlyList<ExperimentRow> Rows,
    string DataFingerprint);

/// <summary>One training in an experiment's table. Accuracies are shares; the paper's are of its own data.</summary>
/// <param name="PaperValidationAccuracy">The paper's test sounds.</param>
/// <param name="BestEpoch">Of the accuracies measured after each epoch on validation conditions.</param>
internal sealed record ExperimentRow(string Name, double? PaperTrainAccuracy, double? PaperValidationAccuracy, SplitAccuracy Train,
    SplitAccuracy Validation, int BestEpoch, double BestEpochAccuracy,
    double WorstLaterAccuracy, double LastEpochAccuracy, double JudgeRealAccuracy, double Seconds)
{
    /// <summary>How the accuracy went by epoch.</summary>
    internal static IReadOnlyList<TableColumn<ExperimentRow>> EpochColumns { get; } =
    [
        new("best epoch", row => $"{row.BestEpochAccuracy:0.0%} at {row.BestEpoch}"),
        new("lowest after it", row => $"{row.WorstLaterAccuracy:0.0%}"), new("last epoch", row => $"{row.LastEpochAccuracy:0.0%}"),
    ];

    /// <summary>How near generated samples are to real ones, and how much of what those are.</summary>
    internal static IReadOnlyList<TableColumn<ExperimentRow>> DistributionColumns { get; } =
    [
        new("told from real", row => Share(row.Validation.Metrics?.TwoSample?.Value)),
        new("when smallest", row => Share(row.Validation.Metrics?.TwoSample?.Smaller.LastOrDefault()?.Share.Value)),
        new("precision", row => Share(row.Validation.Metrics?.Precision?.Value)),
        new("recall", row => Share(row.Validation.Metrics?.Recall?.Value)), new("diversity", row => row.Diversity()),
    ];

    internal static TableColumn<ExperimentRow> Minutes { get; } = new("minutes", row => $"{row.Seconds / 60:0.0}");

    internal static ExperimentRow Of(string name, FinishedRun run, double? paperTrain = null, double? paperTest = null)
    {
        var epochs = run.Report.Epochs;
        var best = epochs.MaxBy(epoch => epoch.ValidationAccuracy)!;
        return new ExperimentRow(name, paperTrain, paperTest, run.Report.Train, run.Report.Validation, best.Epoch, best.ValidationAccuracy,
            epochs.Where(epoch => epoch.Epoch >= best.Epoch).Min(epoch => epoch.ValidationAccuracy), epochs[^1].ValidationAccuracy,
                run.Report.JudgeRealAccuracy, run.Seconds);
    }

    /// <summary>The accuracies by epoch of several runs, as Fig. 9 of Chen et al. 2017.</summary>
    internal static CurvePanel Curves(string split, IEnumerable<FinishedRun> runs, Func<EpochAccuracy, double> value) =>
        new($"accuracy, {split}",
        [.. runs.Select(run =>
            new Curve(run.Name, [.. run.Report.Epochs.Select(epoch => (double)epoch.Epoch)], [.. run.Report.Epochs.Select(value)]))],
            Percent: true);

    /// <summary>Validation accuracy with its interval.</summary>
    internal string Accuracy() =>
        Validation.Metrics is { } metrics ? $"{Validation.Accuracy:0.0%} [{metrics.Accuracy.Low:0.0%}, {metrics.Accuracy.High:0.0%}]"
        : $"{Validation.Accuracy:0.0%}";

    /// <summary>The Fréchet distance of validation samples to real ones.</summary>
    internal string Frechet() => (Validation.Metrics?.Fid ?? Validation.Metrics?.Fad) is { } figure ? $"{figure.Value:0.00}" : "–";

    /// <summary>How much samples of one condition differ, as a share of what real samples of one class do.</summary>
    internal string Diversity() => Validation.Metrics?.Diversity?.Pixels.ShareOfReal is { } share ? $"{share:0%}" : "–";

    private static string Share(double? value) => value is { } known ? $"{known:0.0%}" : "–";

    internal static string Paper(double? value) => value is { } known ? $"{known:0.00%}" : "–";
}
