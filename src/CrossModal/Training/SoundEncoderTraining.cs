using CrossModal.Audio;
using CrossModal.Data;
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
    /// <summary>
    /// Weight of the reconstruction's mean squared error beside the cross-entropy of the classes, which is far larger. With 20 codes told
    /// less of the hand; with 200 they named fewer instruments.
    /// </summary>
    private const double Reconstruction = 60;

    /// <summary>
    /// Weight of the error in how each mel differs from its neighbor. Loudness and the tilt of the spectrum, in which sounds differ most,
    /// hardly enter there; where the harmonics lie does, and that is the note.
    /// </summary>
    private const double Harmonics = 120;

    /// <summary>
    /// A frame counts floor + (1 − floor) · exp(−frame / decay): the last a hundredth of the first, half of it after three frames (35 ms).
    /// What is spent on later frames is lost to the moment that the image shows.
    /// </summary>
    private const double Floor = 0.01, Decay = 4;

    /// <param name="decodes">Whether with the decoder that it is trained with.</param>
    public static JointSoundEncoder Create(Device device, RunSettings run, bool decodes)
    {
        using var random = new RandomStream(device, run.Seed, RandomStreams.JointEncoderWeights);
        return new JointSoundEncoder(random, run.Classes.Count, run.Model.CodeSize, decodes);
    }

    /// <summary>
    /// Trains the encoder into the run folder, or loads it where a run that is continued has it already. Gives how its codes name the
    /// validation sounds.
    /// </summary>
    public static ConfusionMatrix TrainOrLoad(JointSoundEncoder model, RunContext context)
    {
        var (run, data) = (context.Run, context.Data);
        using var frames = FrameScales(model.Device);
        return new TrainedStage<ConfusionMatrix>("sound encoder", model, run.SoundEncoder, run.Seed)
        {
            Loss = batch => Loss(model, batch, frames),
            Examples = () => data.Sounds(Split.Train),
            Augment = shape => Augmentations.OfSounds(run.SoundEncoder, shape),
            Measure = () => ConfusionMatrix.Of(model, x => model.Classify(model.Encode(x)), data.Sounds(Split.Validation)),
            Finish = () =>
            {
                var codes = ConditionCodes.Of(model.Device, data.Sounds(Split.Train), run.Model.CodeSize, model.Encode);
                model.Sphere(codes.Values, codes.Classes);
            },
        }.TrainOrLoad(context, context.Folder.SoundEncoder, "sound_encoder");
    }

    private static Tensor Loss(JointSoundEncoder model, ExampleBatch batch, Tensor frames)
    {
        var code = model.Encode(batch.Input);
        return Losses.SoftmaxCrossEntropy(model.Classify(code), batch.Labels) + DrawingError(model.Decode(code), batch.Input, frames);
    }

    /// <summary>What it costs that spectrograms [batch, 44, 128, 1] were drawn as others; a scalar.</summary>
    /// <param name="frames">As <see cref="FrameScales"/> gives them.</param>
    internal static Tensor DrawingError(Tensor drawn, Tensor spectrograms, Tensor frames)
    {
        var error = (drawn - spectrograms) * frames;
        var neighbors = LogMelSpectrogram.Mels - 1;
        return Reconstruction * error.Square().Mean()
            + Harmonics * (error.Slice(2, 1, neighbors) - error.Slice(2, 0, neighbors)).Square().Mean();
    }

    /// <summary>The root of each frame's weight, which are 1 in the mean: errors are squared behind it.</summary>
    internal static Tensor FrameScales(Device device)
    {
        double[] weights =
            [.. Enumerable.Range(0, LogMelSpectrogram.Frames).Select(frame => Floor + (1 - Floor) * Math.Exp(-frame / Decay))];
        using var outside = Scope.Suspended();
        return Tensor.From(device, new Shape(1, weights.Length, 1, 1),
            [.. weights.Select(weight => (float)Math.Sqrt(weight / weights.Average()))]);
    }
}
