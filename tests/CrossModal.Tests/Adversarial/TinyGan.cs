using System.Runtime.InteropServices;
using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Adversarial;

/// <summary>A GAN of a few thousand weights, fed with batches that are a function of the step.</summary>
internal static class TinyGan
{
    public const int Batch = 4;

    public static readonly ModelSettings Model = new() { Width = 4, ImageSize = 32, CodeSize = 8, NoiseSize = 5 };

    public static readonly GanSettings Settings = new() { Batch = Batch, Ema = 0.9 };

    /// <summary>For an auxiliary head; left aside where there is none.</summary>
    private static readonly int[] Labels = [0, 1, 2, 0];

    public static ConditionalGan Create(Device device, ulong seed = 7, bool capture = true, GanSettings? settings = null,
        ModelSettings? model = null) =>
        new(device, model ?? Model, settings ?? Settings, seed) { Capture = capture };

    /// <summary>
    /// Images of three colors and a code for each, both with noise: a number of the code that were the same for a whole batch would vanish
    /// in the batch norm behind it, its gradient would be rounding alone, and Adam, which looks at the sign, would take another way on each
    /// device.
    /// </summary>
    public static (float[] Real, float[] Wrong, float[] Code) BatchOf(long step)
    {
        var random = new CountedRandom(99, (ulong)step);
        var length = Model.ImageSize * Model.ImageSize * ModelSettings.Colors;
        var (real, wrong, code) = (new float[Batch * length], new float[Batch * length], new float[Batch * Model.CodeSize]);
        for (var i = 0; i < Batch; i++)
        {
            var color = random.NextInt(3);
            for (var k = 0; k < length; k++)
            {
                real[i * length + k] = (k % 3 == color ? 0.7f : -0.5f) + random.NextUniform(-0.2f, 0.2f);
                wrong[i * length + k] = (k % 3 == (color + 1) % 3 ? 0.7f : -0.5f) + random.NextUniform(-0.2f, 0.2f);
            }

            for (var k = 0; k < Model.CodeSize; k++)
                code[i * Model.CodeSize + k] = (k % 3 == color ? 0.8f : -0.3f) + random.NextUniform(-0.2f, 0.2f);
        }

        return (real, wrong, code);
    }

    /// <summary>Steps <paramref name="first"/> to <paramref name="last"/> − 1; the scores of each.</summary>
    public static GanScores[] Run(ConditionalGan gan, long first, long last)
    {
        var scores = new GanScores[last - first];
        for (var step = first; step < last; step++)
        {
            var (real, wrong, code) = BatchOf(step);
            gan.SetBatch(real, wrong, code, Labels, code);
            gan.Step();
            scores[step - first] = gan.ReadScores();
        }

        return scores;
    }

    /// <summary>The whole state, tensor by tensor, as it would be written into a checkpoint.</summary>
    public static Dictionary<string, byte[]> StateOf(ConditionalGan gan)
    {
        var path = Path.Combine(Path.GetTempPath(), $"crossmodal-gan-{Guid.NewGuid():N}.safetensors");
        try
        {
            gan.CreateCheckpoint().Save(path);
            return StoredTensors(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The bytes of each tensor of a checkpoint.</summary>
    public static Dictionary<string, byte[]> StoredTensors(string path)
    {
        using var file = SafeTensors.Open(path);
        return file.Tensors.Values.ToDictionary(tensor => tensor.Name, file.Read);
    }

    /// <summary>Asserts that two states are the same bit by bit, and names the first tensor that is not.</summary>
    public static void AssertSame(Dictionary<string, byte[]> expected, Dictionary<string, byte[]> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.NotEmpty(expected);
        foreach (var (name, bytes) in expected)
            Assert.True(bytes.AsSpan().SequenceEqual(actual[name]), Difference(name));

        static string Beginning(byte[] bytes) =>
            string.Join(' ', MemoryMarshal.Cast<byte, float>(bytes)[..Math.Min(4, bytes.Length / 4)].ToArray());

        // Rounding, another stream of random numbers and weights that were never trained look different: what is said must tell them apart.
        string Difference(string first)
        {
            string[] all = [.. expected.Where(named => !named.Value.AsSpan().SequenceEqual(actual[named.Key])).Select(named => named.Key)];
            return $"{first} differs, with {all.Length - 1} of {expected.Count - 1} others: it begins {Beginning(expected[first])} and "
                + $"{Beginning(actual[first])}; "
                + $"the same are {string.Join(' ', expected.Keys.Except(all))}";
        }
    }
}
