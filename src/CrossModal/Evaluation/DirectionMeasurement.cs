using CrossModal.Data;
using CrossModal.Evaluation.Metrics;
using CrossModal.Evaluation.TwoSample;
using CrossModal.Imaging;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>
/// What one direction of a run is worth: measured on both splits, and put into the rows and curves that every run ends with.
/// </summary>
/// <param name="step">The step of the weights that are measured.</param>
internal sealed class DirectionMeasurement(RunContext context, SampledDirection sampled, long step)
{
    /// <summary>Conditions of each split that are measured, and spectrograms that are made into sound and heard.</summary>
    private const int Conditions = 5000, HeardSounds = 130;

    /// <summary>The figures, and how the validation samples are named.</summary>
    /// <param name="stageName">What the bar is called.</param>
    public (EvaluationReport Report, ConfusionMatrix Validation) Measure(string stageName, IReadOnlyList<EpochAccuracy> epochs)
    {
        var (run, judge) = (context.Run, sampled.Judge);
        var measurement = new SplitMeasurement(context, sampled);
        var (train, validation) = (sampled.Codes(Split.Train, int.MaxValue), sampled.Codes(Split.Validation, int.MaxValue));
        var fromSound = sampled.Direction == Direction.SoundToImage;
        var heardRows = fromSound ? [] : validation.Spread(HeardSounds);
        var ofTrain = new MeasuredSplit(Split.Train, train, train.Spread(Conditions), run.Seed, Whole: false);
        var ofValidation = new MeasuredSplit(Split.Validation, validation, validation.Spread(Conditions), run.Seed + 1, Whole: true);
        var kept = new KeptSamples(ofValidation.Rows.Count);
        var (report, named) = Figures();
        var metrics = report.Validation.Metrics! with
        {
            TwoSample = new RunTwoSampleTest(context, sampled).Measure(ofValidation, kept, $"{stageName}, two-sample test"),
        };
        return (report with { Validation = report.Validation with { Metrics = metrics } }, named);

        (EvaluationReport, ConfusionMatrix) Figures()
        {
            var (trainUnits, validationUnits) = (measurement.UnitsOf(ofTrain), measurement.UnitsOf(ofValidation));
            using var stage =
                context.Reporter.Stage(stageName, trainUnits + validationUnits + heardRows.Count, sampled.Direction.Outputs());
            var (_, trainAccuracy) = OfSplit(ofTrain, stage, 0);
            var (named, validationAccuracy) = OfSplit(ofValidation, stage, trainUnits, kept.Keep);
            return (new EvaluationReport(judge.RealAccuracy.Accuracy, null, null, 1.0 / run.Classes.Count, step, trainAccuracy,
                validationAccuracy, epochs)
            {
                Waveforms = fromSound ? null : WaveformAccuracy.Measure(context, sampled, validation, heardRows,
                    done => stage.Report(trainUnits + validationUnits + done)),
            }, named);
        }

        (ConfusionMatrix, SplitAccuracy) OfSplit(MeasuredSplit split, IRunStage stage, int before, Action<int, Tensor>? each = null)
        {
            var (matrix, metrics) = measurement.Measure(split, done => stage.Report(before + done), each);
            return (matrix, SplitAccuracy.Of(matrix) with { Metrics = metrics });
        }
    }

    /// <summary>For the screen: a heading and a row a figure.</summary>
    public static IEnumerable<(string Name, string Value)> Rows(Direction direction, EvaluationReport report)
    {
        var (outputs, conditions) = (direction.Outputs(), direction.Conditions());
        yield return ($"generated {outputs} of validation {conditions}", "");
        foreach (var row in report.Validation.Metrics is { } metrics ? MetricsTable.Rows(metrics) : [])
            yield return row;
        if (report.Waveforms is { } waveforms)
            yield return ("named right when made into sound",
                $"{waveforms.Accuracy:0.0%}, the same {waveforms.Count} as spectrograms {waveforms.SpectrogramAccuracy:0.0%}");
        foreach (var row in report.Pose?.Rows() ?? [])
            yield return row;
        yield return ($"generated {outputs} of training {conditions} named right", $"{report.Train.Accuracy:0.0%} of {report.Train.Count}");
        yield return ($"judge on real validation {outputs}", $"{report.JudgeRealAccuracy:0.0%}");
        if (report.SoundClassifierAccuracy is { } sounds)
            yield return ("sound classifier on validation sounds", $"{sounds:0.0%}");
        if (report.ImageEncoderAccuracy is { } images)
            yield return ("image encoder on validation images", $"{images:0.0%}");
    }

    /// <summary>Accuracy by epoch.</summary>
    public static CurvePanel Panel(Direction direction, IReadOnlyList<EpochAccuracy> epochs)
    {
        double[] x = [.. epochs.Select(epoch => (double)epoch.Epoch)];
        return new CurvePanel($"accuracy, {direction.Outputs()}",
        [
            new Curve($"training {direction.Conditions()}", x, [.. epochs.Select(epoch => epoch.TrainAccuracy)]),
            new Curve($"validation {direction.Conditions()}", x, [.. epochs.Select(epoch => epoch.ValidationAccuracy)]),
        ], Percent: true);
    }

    /// <summary>
    /// Draws the curves of a run that has more than one epoch, and gives all pictures of a finished run to look at, those of samples first.
    /// </summary>
    public static IReadOnlyList<string> Pictures(RunFolder folder, IReadOnlyList<EpochAccuracy> epochs, IReadOnlyList<string> confusions,
        params CurvePanel[] panels)
    {
        var pictures = new List<string>(confusions);
        if (epochs.Count > 1)
        {
            CurvePlot.Write(folder.Curves, "Generated samples named right", "epoch", panels);
            pictures.Add(folder.Curves);
        }

        if (epochs.Count > 0 && File.Exists(folder.Sample(epochs[^1].Epoch)))
            pictures.Insert(0, folder.Sample(epochs[^1].Epoch));
        return pictures;
    }
}
