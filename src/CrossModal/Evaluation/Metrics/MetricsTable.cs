using CrossModal.Runs;

namespace CrossModal.Evaluation.Metrics;

/// <summary>Metrics for the screen: a row a figure, its 95 % interval in brackets.</summary>
internal static class MetricsTable
{
    /// <summary>Rows for a <see cref="Runs.RunSummary"/>; what was not measured has none.</summary>
    public static IReadOnlyList<(string Name, string Value)> Rows(MetricsReport report)
    {
        var (one, training) = (report.Counts.Songs == 1, report.TrainingSamples);
        var rows = new List<(string Name, string Value)>
        {
            ("named as their condition's class", Share(report.Accuracy)),
            ("  over classes (macro)", Share(report.MacroAccuracy)),
        };
        if (report.TwoSample is { } told)
        {
            rows.Add(("told from real ones (two-sample test)", $"{Share(new Interval(told.Value, told.Low, told.High))}, chance 50.0%"));
            foreach (var (size, share) in told.Smaller)
                rows.Add(($"  made smaller, {size} × {size}", Share(share)));
        }

        if (report.Fid is { } fid)
            rows.Add(("Fréchet inception distance (FID)", Frechet(fid)));
        if (report.Fad is { } fad)
            rows.Add(("Fréchet audio distance (FAD)", Frechet(fad)));
        if (report.Kid is { } kid)
            rows.Add((report.Fad is null ? "kernel inception distance (KID)" : "kernel audio distance", Kernel(kid)));
        if (report.KidByClass is { } classes)
            rows.Add(("  class by class (mean)", $"{Plain(new Interval(classes.Value, classes.Low, classes.High), "0.0000")}"
                + $"{Beside(classes.RealHalves, training?.KidByClass, "0.0000")}, worst {classes.Worst.Replace('_', ' ')} "
                + $"{classes.Classes[classes.Worst].Value:0.0000}"));
        Neighbors("near real ones (precision)", report.Precision, training?.Precision, "0.0%");
        Neighbors("real ones near generated ones (recall)", report.Recall, training?.Recall, "0.0%");
        Neighbors("  density", report.Density, training?.Density, "0.00");
        Neighbors("  coverage", report.Coverage, training?.Coverage, "0.0%");
        rows.Add(("Inception score", Plain(report.InceptionScore, "0.00")));
        Recall(report.Retrieval?.Class, "finds a real one of its class");
        Recall(report.Retrieval?.Instance, "finds the real one of its own moment");
        if (report.Mismatch is { } mismatch)
            rows.Add(("right with another class's condition", $"{Share(mismatch.Mismatched)}, chance {mismatch.Chance:0.0%}"));
        if (report.Diversity is { } diversity)
        {
            rows.Add(("differences within one condition, pixels", Shares(diversity.Pixels)));
            rows.Add(("differences within one condition, features", Shares(diversity.Features)));
        }

        var songs = report.Counts.Songs switch { null => "", 1 => ", of one song: no intervals", var several => $", {several} songs" };
        rows.Add(("based on", $"{report.Counts.Generated} generated, {report.Counts.Real} real{songs}"));
        return rows;

        void Neighbors(string name, NeighborFigure? figure, double? ofTraining, string format)
        {
            if (figure is not null)
                rows.Add((name, Plain(new Interval(figure.Value, figure.Low, figure.High), format)
                    + Beside(figure.RealHalves, ofTraining, format)));
        }

        void Recall(IReadOnlyList<RecallAt>? recalls, string name)
        {
            foreach (var recall in recalls ?? [])
                rows.Add(($"{name}, R@{recall.K}", $"{Share(recall.Recall)}, chance {recall.Chance:0.0%}"));
        }

        string Frechet(FrechetFigure figure) =>
            Plain(new Interval(figure.Value, figure.Low, figure.High), "0.00") + Beside(figure.RealHalves, training?.Frechet, "0.00");

        string Kernel(KernelFigure figure) =>
            $"{Plain(new Interval(figure.Value, figure.Low, figure.High), "0.0000")}, standard error "
                + $"{figure.StandardError:0.0000}{Beside(figure.RealHalves, null, "0.0000")}";

        // What real samples have: validation samples among themselves, and training samples in the place of generated ones.
        static string Beside(double? halves, double? ofTraining, string format) =>
            (halves is { } value ? $", halves of the real ones {value.ToString(format)}" : "")
            + (ofTraining is { } other ? $", training ones {other.ToString(format)}" : "");

        string Share(Interval interval) => Plain(interval, "0.0%");

        string Plain(Interval interval, string format) =>
            one ? interval.Value.ToString(format)
                : $"{interval.Value.ToString(format)} [{interval.Low.ToString(format)}, {interval.High.ToString(format)}]";

        string Shares(DistanceShares shares)
        {
            var parts = new List<string> { Plain(shares.SameCondition, "0.000") };
            if (shares.ShareOfReal is { } real)
                parts.Add($"{real:0%} of real ones of one class");
            if (shares.ShareOfDifferent is { } different)
                parts.Add($"{different:0%} of other conditions");
            return string.Join(", ", parts);
        }
    }
}
