using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Tests.Training;

/// <summary>
/// A data set that anything learns in a few steps: three instruments, each a tone of its own pitch and a picture of its own color.
/// </summary>
internal static class TinyData
{
    public const int TrainPairs = 24, ValidationPairs = 12;

    public static readonly string[] Classes = ["horn", "oboe", "viola"];

    private static readonly double[] Pitches = [180, 900, 4500];

    /// <summary>Opens data as a run with images of 64 × 64 does.</summary>
    public static TrainingData Open(string data, int pairs, ulong seed, Device device, IRunReporter reporter, CancellationToken cancel) =>
        TrainingData.Open(Presets.Tiny with { Data = data, Pairs = pairs, Seed = seed }, device, reporter, cancel);

    /// <summary>In Sub-URMP's layout: two songs of four windows an instrument for training, one for validation.</summary>
    public static void WritePairs(string folder, string[]? classes = null)
    {
        classes ??= Classes;
        for (var c = 0; c < classes.Length; c++)
        {
            for (var i = 0; i < 12; i++)
            {
                var (split, stem) = (i < 8 ? "train" : "validation", $"{classes[c]}{i / 4:00}_{500 + 100 * (i % 4)}");
                WriteSound(Path.Combine(folder, "chunk", split, classes[c], stem + ".wav"), Tone(c, 0.3 + 0.02 * i, (ulong)i));
                WriteImage(Path.Combine(folder, "img", split, classes[c], stem + ".png"), c, i);
            }
        }
    }

    /// <summary>
    /// One folder a class, where sounds and images belong together by class only; a tenth, drawn by seed, is for validation.
    /// </summary>
    public static void WriteClassFolders(string folder)
    {
        for (var c = 0; c < Classes.Length; c++)
        {
            for (var i = 0; i < 8; i++)
            {
                WriteSound(Path.Combine(folder, "audio", Classes[c], $"take{i}.wav"), Tone(c, 0.3 + 0.02 * i, (ulong)i));
                WriteImage(Path.Combine(folder, "images", Classes[c], $"photo{i}.png"), c, i);
            }
        }
    }

    /// <summary>The tone of a class with two overtones and some noise.</summary>
    public static float[] Tone(int c, double amplitude, ulong seed, int samples = LogMelSpectrogram.Samples)
    {
        var random = new CountedRandom(seed, (ulong)c);
        var (pitch, phase) = (Pitches[c] * (1 + 0.05 * random.NextUniform(-1, 1)), 6 * random.NextUniform());
        var tone = new float[samples];
        for (var n = 0; n < samples; n++)
        {
            var at = 2 * Math.PI * pitch * n / LogMelSpectrogram.SampleRate + phase;
            tone[n] = (float)(amplitude * (Math.Sin(at) + 0.4 * Math.Sin(2 * at) + 0.2 * Math.Sin(3 * at)) / 1.6)
                + 0.002f * random.NextUniform(-1, 1);
        }

        return tone;
    }

    public static void WriteSound(string path, float[] samples, int rate = LogMelSpectrogram.SampleRate)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var stream = File.Create(path);
        WavFile.Write(stream, samples, 1, rate);
    }

    /// <summary>A square of the class' color on gray, its place and brightness by <paramref name="i"/>.</summary>
    private static void WriteImage(string path, int c, int i)
    {
        var image = new RgbImage(16, 16);
        for (var at = 0; at < image.Pixels.Length; at++)
        {
            var (x, y) = (at / 3 % 16 - i % 4, at / 48 - i / 4);
            var inside = x is >= 2 and < 12 && y is >= 2 and < 12;
            image.Pixels[at] = (byte)(inside ? at % 3 == c ? 200 + 5 * (i % 8) : 20 : 110);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var picture = ImageFile.ToSkia(image);
        using var encoded = picture.Encode();
        File.WriteAllBytes(path, encoded.ToArray());
    }
}
