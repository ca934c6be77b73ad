using CrossModal.Data;
using CrossModal.Evaluation.Metrics;
using CrossModal.Imaging;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>What the generated samples of a run of <c>train cmcgan</c> are worth, in both directions.</summary>
internal static class CycleGanEvaluation
{
    /// <summary>Measures a run again.</summary>
    /// <param name="data">Its data, or others with the same classes.</param>
    /// <param name="step">The step of its last checkpoint.</param>
    public static RunSummary Evaluate(Device device, RunConfiguration run, RunFolder folder, TrainingData data, long step, IRunReporter reporter, CancellationToken cancel)
    {
        using var session = new CycleGanSession(device, run, folder, data, reporter, cancel);
        using var random = new RandomStream(device, run.Seed);
        using var networks = new CrossModalGenerator(random, run.Model, run.Cycle.CodeClasses > 0 ? run.Classes.Count : 0) { Training = false };
        new Checkpoint().Add(Evaluator.SampledWeights(run), networks).Load(folder.Last, everything: false);
        var metrics = folder.ReadMetrics();
        return Measure(session, networks, folder, step, GanTraining.Epochs(metrics), GanTraining.Epochs(metrics, CycleGanTraining.ImageToSoundStage), reporter, cancel);
    }

    /// <summary>Measures generated samples of both splits and both directions, writes the figures and their pictures, and sums them up.</summary>
    public static RunSummary Measure(CycleGanSession session, CrossModalGenerator networks, RunFolder folder, long step, IReadOnlyList<EpochAccuracy> imageEpochs,
        IReadOnlyList<EpochAccuracy> soundEpochs, IRunReporter reporter, CancellationToken cancel)
    {
        var (images, imageNames) = Measure(session, Direction.SoundToImage, networks, step, imageEpochs, reporter, cancel);
        var (sounds, soundNames) = Measure(session, Direction.ImageToSound, networks, step, soundEpochs, reporter, cancel);
        (images with { ImageToSound = sounds }).Write(folder.Evaluation);
        ConfusionPlot.Write(folder.Confusion, "Generated images of validation sounds", imageNames.Classes, imageNames.Counts);
        ConfusionPlot.Write(folder.SoundConfusion, "Generated spectrograms of validation images", soundNames.Classes, soundNames.Counts);
        List<string> pictures = [folder.Confusion, folder.SoundConfusion];
        if (imageEpochs.Count > 1)
        {
            CurvePlot.Write(folder.Curves, "Generated samples named right", "epoch", Panel(Direction.SoundToImage, imageEpochs), Panel(Direction.ImageToSound, soundEpochs));
            pictures.Add(folder.Curves);
        }

        if (imageEpochs.Count > 0 && File.Exists(folder.Sample(imageEpochs[^1].Epoch)))
            pictures.Insert(0, folder.Sample(imageEpochs[^1].Epoch));
        return new RunSummary(folder.Path, [.. Rows(Direction.SoundToImage, images), .. Rows(Direction.ImageToSound, sounds), ("chance", $"{images.ChanceAccuracy:0.0%}")], pictures);
    }

    private static (EvaluationReport Report, ConfusionMatrix Validation) Measure(CycleGanSession session, Direction direction, CrossModalGenerator networks, long step,
        IReadOnlyList<EpochAccuracy> epochs, IRunReporter reporter, CancellationToken cancel)
    {
        var (run, judge, samples) = (session.Run, session.JudgeOf(direction), session.Samples(direction, networks));
        var (trainCodes, validationCodes) = (session.Codes(direction, networks, Split.Train), session.Codes(direction, networks, Split.Validation));
        var (trainRows, validationRows) = (trainCodes.Spread(Evaluator.Conditions), validationCodes.Spread(Evaluator.Conditions));
        var heardRows = direction == Direction.SoundToImage ? [] : validationCodes.Spread(Evaluator.HeardSounds);
        var measurement = new SplitMeasurement(session.Device, judge, samples, run.Classes, session.Data.Pairs.Layout == DatasetLayout.StemPairs);
        var (trainUnits, validationUnits) = (measurement.UnitsOf(trainRows.Count, whole: false), measurement.UnitsOf(validationRows.Count, whole: true));
        using var stage = reporter.Stage($"evaluation, {direction.Outputs()}", trainUnits + validationUnits + heardRows.Count, direction.Outputs());
        var (train, trainMetrics) = measurement.Measure(Split.Train, trainCodes, trainRows, run.Seed, whole: false, done => stage.Report(done), cancel);
        var (validation, validationMetrics) = measurement.Measure(Split.Validation, validationCodes, validationRows, run.Seed + 1, whole: true, done => stage.Report(trainUnits + done), cancel);
        var report = new EvaluationReport(judge.RealAccuracy.Accuracy, null, null, 1.0 / run.Classes.Count, step,
            SplitAccuracy.Of(train) with { Metrics = trainMetrics }, SplitAccuracy.Of(validation) with { Metrics = validationMetrics }, epochs)
        {
            Waveforms = direction == Direction.SoundToImage ? null : WaveformAccuracy.Measure(session.Device, judge.Judge, samples, validationCodes, heardRows, run.Seed + 1,
                done => stage.Report(trainUnits + validationUnits + done), cancel),
        };
        return (report, validation);
    }

    private static CurvePanel Panel(Direction direction, IReadOnlyList<EpochAccuracy> epochs)
    {
        double[] x = [.. epochs.Select(epoch => (double)epoch.Epoch)];
        return new CurvePanel($"accuracy, {direction.Outputs()}",
        [
            new Curve($"training {direction.Conditions()}", x, [.. epochs.Select(epoch => epoch.TrainAccuracy)]),
            new Curve($"validation {direction.Conditions()}", x, [.. epochs.Select(epoch => epoch.ValidationAccuracy)]),
        ], Percent: true);
    }

    private static List<(string, string)> Rows(Direction direction, EvaluationReport report)
    {
        var (outputs, conditions) = (direction.Outputs(), direction.Conditions());
        List<(string, string)> rows = [($"generated {outputs} of validation {conditions}", ""), .. MetricsTable.Rows(report.Validation.Metrics!)];
        if (report.Waveforms is { } waveforms)
            rows.Add(("named right when made into sound", $"{waveforms.Accuracy:0.0%}, the same {waveforms.Count} as spectrograms {waveforms.SpectrogramAccuracy:0.0%}"));
        rows.Add(($"generated {outputs} of training {conditions} named right", $"{report.Train.Accuracy:0.0%} of {report.Train.Count}"));
        rows.Add(($"judge on real validation {outputs}", $"{report.JudgeRealAccuracy:0.0%}"));
        return rows;
    }
}
