using CrossModal.Data;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>How the sound autoencoder is trained, whose code the GAN of variant S2I-A is conditioned on. No labels are used.</summary>
internal static class AutoencoderTraining
{
    /// <summary>Levels of a spectrogram span 80 dB between −1 and 1.</summary>
    private const double DecibelsOfOne = 40;

    public static SoundAutoencoder Create(Device device, RunSettings run)
    {
        using var random = new RandomStream(device, run.Seed, RandomStreams.AutoencoderWeights);
        return new SoundAutoencoder(random, run.Model.CodeSize);
    }

    /// <summary>Trains the autoencoder into the run folder, or loads it where a run that is continued has it already.</summary>
    public static Reconstruction TrainOrLoad(SoundAutoencoder model, RunContext context)
    {
        var settings = context.Run.SoundAutoencoder;
        return new TrainedStage<Reconstruction>("sound autoencoder", model, settings, context.Run.Seed)
        {
            Loss = batch => Losses.MeanSquaredError(model.Forward(batch.Input), batch.Input),
            Examples = () => context.Data.Sounds(Split.Train),
            Augment = shape => Augmentations.OfSounds(settings, shape),
            Measure = () => Measure(model, model.Forward, context.Data.Sounds(Split.Validation)),
        }.TrainOrLoad(context, context.Folder.SoundAutoencoder, "sound_autoencoder");
    }

    /// <summary>How well a module's <paramref name="reconstruct"/> gives back the spectrograms of a set.</summary>
    public static Reconstruction Measure(Module model, Func<Tensor, Tensor> reconstruct, ExampleSet set)
    {
        var length = (int)set.Shape.Count;
        var (sum, squares, row) = (new double[length], new double[length], new float[length]);
        var error = 0.0;
        TrainingLoop.Visit(model, set, (first, input) =>
        {
            var drawn = reconstruct(input).ToArray();
            for (var i = 0; i < input.Shape[0]; i++)
            {
                set.Read(first + i, row);
                for (var k = 0; k < length; k++)
                {
                    var difference = (double)row[k] - drawn[i * length + k];
                    error += difference * difference;
                    sum[k] += row[k];
                    squares[k] += (double)row[k] * row[k];
                }
            }
        });
        var spread = Enumerable.Range(0, length).Sum(k => squares[k] - sum[k] * sum[k] / set.Count);
        return new Reconstruction(DecibelsOfOne * Math.Sqrt(error / ((double)set.Count * length)), spread > 0 ? 1 - error / spread : 0,
            set.Count);
    }
}
