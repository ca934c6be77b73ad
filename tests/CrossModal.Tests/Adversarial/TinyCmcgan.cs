using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Tests.Adversarial;

/// <summary>A CMCGAN of a few thousand weights, fed with batches that are a function of the step.</summary>
internal static class TinyCmcgan
{
    public const int Batch = 3, Classes = 4;

    public static readonly ModelSettings Model = new() { Width = 4, ImageSize = 16, CodeSize = 8, NoiseSize = 5 };

    public static readonly GanSettings Settings = new() { Batch = Batch, Ema = 0.9 };

    /// <summary>Every term is there.</summary>
    public static readonly CmcganSettings Terms = new() { Reconstruction = 4, Cycle = 3, CodeClasses = 0.5 };

    public static Cmcgan Create(Device device, bool capture = true, GanSettings? settings = null, CmcganSettings? terms = null,
        ModelSettings? model = null) =>
        new(device, model ?? Model, settings ?? Settings, terms ?? Terms, Classes, seed: 7) { Capture = capture };

    /// <summary>Images, spectrograms and wrong images, each of the level of its class and noise, and the classes.</summary>
    public static (float[] Image, float[] Sound, float[] Wrong, int[] Labels) BatchOf(long step)
    {
        var random = new CountedRandom(98, (ulong)step);
        var side = Model.ImageSize * Model.ImageSize;
        var (image, sound, wrong, labels) = (new float[Batch * side * 3], new float[Batch * side], new float[Batch * side * 3],
            new int[Batch]);
        for (var i = 0; i < Batch; i++)
        {
            labels[i] = random.NextInt(Classes);
            Fill(image.AsSpan(i * side * 3, side * 3), labels[i]);
            Fill(sound.AsSpan(i * side, side), labels[i]);
            Fill(wrong.AsSpan(i * side * 3, side * 3), (labels[i] + 1) % Classes);
        }

        return (image, sound, wrong, labels);

        void Fill(Span<float> values, int label)
        {
            foreach (ref var value in values)
                value = 0.3f * label - 0.5f + random.NextUniform(-0.3f, 0.3f);
        }
    }

    /// <summary>Steps <paramref name="first"/> to <paramref name="last"/> − 1; the scores of each.</summary>
    public static GanScores[] Run(Cmcgan gan, long first, long last)
    {
        var scores = new GanScores[last - first];
        for (var step = first; step < last; step++)
        {
            var (image, sound, wrong, labels) = BatchOf(step);
            gan.SetBatch(image, sound, wrong, labels);
            gan.Step();
            scores[step - first] = gan.ReadScores();
        }

        return scores;
    }

    /// <summary>The whole state, tensor by tensor, as it would be written into a checkpoint.</summary>
    public static Dictionary<string, byte[]> StateOf(Cmcgan gan)
    {
        var path = Path.Combine(Path.GetTempPath(), $"crossmodal-cmcgan-{Guid.NewGuid():N}.safetensors");
        try
        {
            gan.CreateCheckpoint().Save(path);
            return TinyGan.StoredTensors(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
