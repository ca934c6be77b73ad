using CrossModal.Adversarial;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>
/// The command <c>train cmcgan</c>: data, two judges, one model for both directions (Hao et al. 2018), evaluation, in one go.
/// </summary>
internal static class CmcganTraining
{
    /// <summary>As a run remembers it.</summary>
    public const string Command = "train cmcgan";

    /// <summary>
    /// The stage of the lines of metrics that hold the accuracies of image to sound; those of sound to image stand with the losses.
    /// </summary>
    internal const string ImageToSoundStage = "gan image to sound";

    public static RunSummary Train(RunOptions options, IRunReporter reporter, CancellationToken cancel) =>
        RunOpening.Open(Command, options, reporter, (run, folder, resume, device) => Train(run, folder, resume, device, reporter, cancel));

    internal static RunSummary Train(RunConfiguration run, RunFolder folder, bool resume, Device device, IRunReporter reporter,
        CancellationToken cancel)
    {
        using var data = TrainingData.Open(run, null, reporter, cancel);
        run = RunOpening.Settle(run, data, folder, resume);
        using var held = folder.Hold();
        folder.Write(run);
        using var session = new CmcganSession(device, run, folder, data, reporter, cancel);
        reporter.Message(
            $"of the real validation examples the judges name {session.JudgeOf(Direction.SoundToImage).RealAccuracy.Accuracy:0.0%} of the "
            + $"images "
            + $"and {session.JudgeOf(Direction.ImageToSound).RealAccuracy.Accuracy:0.0%} of the spectrograms right");

        Cmcgan Create(bool capture) => new(device, run.Model, run.Gan, run.Cmcgan, run.Classes.Count, run.Seed) { Capture = capture };
        using var gan = Create(capture: true);
        var loop = new GanLoop<Cmcgan>(run, folder, session.Batches, gan, () => Create(capture: false));
        if (resume && File.Exists(folder.Last))
            loop.Resume(folder.Last);
        var metrics = folder.RewindMetrics(loop.NextStep);
        var (images, sounds) = (GanTraining.Epochs(metrics), GanTraining.Epochs(metrics, ImageToSoundStage));
        loop.Train(reporter, epoch =>
        {
            var (toImage, imageCodes) = Measure(session, Direction.SoundToImage, gan.Sampler, epoch);
            var (toSound, soundCodes) = Measure(session, Direction.ImageToSound, gan.Sampler, epoch);
            images.Add(toImage);
            sounds.Add(toSound);
            folder.AppendMetrics(("step", loop.NextStep), ("stage", ImageToSoundStage), ("epoch", epoch),
                ("train_accuracy", toSound.TrainAccuracy), ("validation_accuracy", toSound.ValidationAccuracy));
            CmcganPictures.Draw(folder.Sample(epoch),
                $"epoch {epoch}: {toImage.ValidationAccuracy:0%} of generated images and {toSound.ValidationAccuracy:0%} of spectrograms "
                + $"named right",
                session, gan.Sampler, imageCodes, soundCodes);
            return toImage;
        }, cancel);

        gan.UpdateSampler();
        return CmcganEvaluation.Measure(session, gan.Sampler, folder, loop.NextStep, images, sounds, reporter, cancel).Summary;
    }

    /// <summary>The accuracies of one direction on a part of each split, and the validation codes that it was measured on.</summary>
    private static (EpochAccuracy Accuracy, ConditionCodes Validation) Measure(CmcganSession session, Direction direction,
        CrossModalGenerator networks, int epoch)
    {
        var samples = session.Samples(direction, networks);
        var train = session.Codes(direction, networks, Split.Train, GanTraining.EpochConditions);
        var validation = session.Codes(direction, networks, Split.Validation, GanTraining.EpochConditions);
        return (new EpochAccuracy(epoch, Accuracy(train, session.Run.Seed), Accuracy(validation, session.Run.Seed + 1)), validation);

        double Accuracy(ConditionCodes codes, ulong seed) => samples.Judge(codes, codes.Spread(codes.Count), seed).Accuracy;
    }
}
