using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>What the generated samples of a run of <c>train cmcgan</c> are worth, in both directions.</summary>
internal static class CmcganEvaluation
{
    /// <summary>Measures a run again.</summary>
    /// <param name="data">Its data, or others with the same classes.</param>
    /// <param name="step">The step of its last checkpoint.</param>
    public static (EvaluationReport Report, RunSummary Summary) Evaluate(Device device, RunConfiguration run, RunFolder folder,
        TrainingData data, long step, IRunReporter reporter, CancellationToken cancel)
    {
        using var session = new CmcganSession(device, run, folder, data, reporter, cancel);
        using var random = new RandomStream(device, run.Seed);
        using var networks = new CrossModalGenerator(random, run.Model, run.Cmcgan.CodeClasses > 0 ? run.Classes.Count
            : 0)
        { Training = false };
        new Checkpoint().Add(Evaluator.SampledWeights(run), networks).Load(folder.Last, everything: false);
        var metrics = folder.ReadMetrics();
        return Measure(session, networks, folder, step, GanTraining.Epochs(metrics),
            GanTraining.Epochs(metrics, CmcganTraining.ImageToSoundStage), reporter, cancel);
    }

    /// <summary>
    /// Measures generated samples of both splits and both directions, writes the figures and their pictures, and sums them up.
    /// </summary>
    public static (EvaluationReport Report, RunSummary Summary) Measure(CmcganSession session, CrossModalGenerator networks,
        RunFolder folder, long step, IReadOnlyList<EpochAccuracy> imageEpochs, IReadOnlyList<EpochAccuracy> soundEpochs,
        IRunReporter reporter, CancellationToken cancel)
    {
        var (images, imageNames) = Measure(session, Direction.SoundToImage, networks, step, imageEpochs, reporter, cancel);
        var (sounds, soundNames) = Measure(session, Direction.ImageToSound, networks, step, soundEpochs, reporter, cancel);
        images = images with { ImageToSound = sounds };
        images.Write(folder.Evaluation);
        ConfusionPlot.Write(folder.Confusion, "Generated images of validation sounds", imageNames.Classes, imageNames.Counts);
        ConfusionPlot.Write(folder.SoundConfusion, "Generated spectrograms of validation images", soundNames.Classes, soundNames.Counts);
        var pictures = DirectionMeasurement.Pictures(folder, imageEpochs, [folder.Confusion, folder.SoundConfusion],
            DirectionMeasurement.Panel(Direction.SoundToImage, imageEpochs),
            DirectionMeasurement.Panel(Direction.ImageToSound, soundEpochs));
        return (images, new RunSummary(folder.Path,
            [.. DirectionMeasurement.Rows(Direction.SoundToImage, images), .. DirectionMeasurement.Rows(Direction.ImageToSound, sounds),
                ("chance", $"{images.ChanceAccuracy:0.0%}")], pictures));
    }

    private static (EvaluationReport Report, ConfusionMatrix Validation) Measure(CmcganSession session, Direction direction,
        CrossModalGenerator networks, long step,
        IReadOnlyList<EpochAccuracy> epochs, IRunReporter reporter, CancellationToken cancel) =>
        new DirectionMeasurement(session.Device, session.Run, session.JudgeOf(direction), session.Samples(direction, networks),
            session.Codes(direction, networks, Split.Train),
            session.Codes(direction, networks, Split.Validation), session.Data.Pairs.Layout.IsPaired, step)
                .Measure($"evaluation, {direction.Outputs()}", epochs, reporter, cancel);
}
