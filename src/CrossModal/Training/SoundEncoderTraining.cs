using CrossModal.Audio;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>
/// Trains the sound encoder of the pose scenario: its code is to tell the instrument, and to draw the spectrogram again. An image shows the
/// moment at which its half second begins, so the first frames count most. No poses are used.
/// </summary>
internal static class SoundEncoderTraining
{
    private const string Name = "sound encoder";
    private const ulong WeightStream = 15;

    /// <summary>
    /// Weight of the reconstruction's mean squared error beside the cross-entropy of the classes, which is far larger. With 20 codes told
    /// less of the hand; with 200 they named fewer instruments.
    /// </summary>
    private const double Reconstruction = 60;

    /// <summary>
    /// A frame counts floor + (1 − floor) · exp(−frame / decay): the last a twentieth of the first, half of it after three frames (35 ms).
    /// </summary>
    private const double Floor = 0.05, Decay = 4;

    public static JointSoundEncoder Create(Device device, RunConfiguration run)
    {
        using var random = new RandomStream(device, run.Seed, WeightStream);
        return new JointSoundEncoder(random, run.Classes.Count, run.Model.CodeSize);
    }

    /// <summary>
    /// Trains the encoder into the run folder, or loads it where a run that is continued has it already. Gives how its codes name the
    /// validation sounds.
    /// </summary>
    public static ConfusionMatrix TrainOrLoad(JointSoundEncoder model, RunConfiguration run, RunFolder folder, TrainingData data,
        IRunReporter reporter, CancellationToken cancel)
    {
        var checkpoint = new Checkpoint().Add("sound_encoder", model);
        var validation = ClassifierTraining.Sounds(data.Pairs.Validation, data.ValidationSpectrograms!);
        ConfusionMatrix Measure() => ClassifierLoop.Evaluate(model, x => model.Classify(model.Encode(x)), validation, run.Classes);
        if (File.Exists(folder.SoundEncoder))
        {
            checkpoint.Load(folder.SoundEncoder);
            return Measure();
        }

        folder.DropMetrics(Name);
        var train = ClassifierTraining.Sounds(data.Pairs.Train, data.TrainSpectrograms!);
        using var frames = FrameScales(model.Device);
        var loop = new TrainingLoop(Name, model, batch => Loss(model, batch, frames), run.SoundEncoder, run.Seed);
        var named = new ConfusionMatrix(run.Classes);
        using (var stage = reporter.Stage(Name, TrainingLoop.StepsOf(run.SoundEncoder, train.Count), "steps"))
        {
            loop.Train(train, ClassifierTraining.SoundAugmentation(run.SoundEncoder, train.Shape), stage, (epoch, loss) =>
            {
                named = Measure();
                folder.AppendMetrics(("step", 0), ("stage", Name), ("epoch", epoch), ("loss", loss),
                    ("validation_accuracy", named.Accuracy));
                return $"validation {named.Accuracy:0.0%}";
            }, cancel);
        }

        var codes = ConditionEncoder.Encode(model.Device, data.Pairs.Train, train, fromSound: true, [.. Enumerable.Range(0, train.Count)],
            run.Model.CodeSize, model.Encode);
        model.Sphere(codes.Values, codes.Classes);
        checkpoint.Save(folder.SoundEncoder, new Dictionary<string, string> { ["validation_accuracy"] = $"{named.Accuracy}" });
        return named;
    }

    private static Tensor Loss(JointSoundEncoder model, ExampleBatch batch, Tensor frames)
    {
        var code = model.Encode(batch.Input);
        return Losses.SoftmaxCrossEntropy(model.Classify(code), batch.Labels)
            + Reconstruction * Losses.MeanSquaredError(model.Decode(code) * frames, batch.Input * frames);
    }

    /// <summary>The root of each frame's weight, which are 1 in the mean: errors are squared behind it.</summary>
    private static Tensor FrameScales(Device device)
    {
        double[] weights =
            [.. Enumerable.Range(0, LogMelSpectrogram.Frames).Select(frame => Floor + (1 - Floor) * Math.Exp(-frame / Decay))];
        using var outside = Scope.Suspended();
        return Tensor.From(device, new Shape(1, weights.Length, 1, 1),
            [.. weights.Select(weight => (float)Math.Sqrt(weight / weights.Average()))]);
    }
}
