using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>The command <c>generate i2s</c>: the sound of what an image shows, and its spectrogram.</summary>
public static class ImageToSoundGeneration
{
    /// <summary>The loudest sample that is written: what a spectrogram asks beyond it would be clipped.</summary>
    private const float Loudest = 0.999f;

    /// <summary>
    /// Writes one sound, or several numbered ones (<c>name-1.wav</c>, …), each with its spectrogram beside it (<c>.png</c>).
    /// </summary>
    /// <param name="input">A picture of any size: its middle square is seen.</param>
    /// <param name="output">A WAV file: 0.5 s, mono, 44.1 kHz, 16 bits.</param>
    /// <returns>The files that were written.</returns>
    public static IReadOnlyList<string> Generate(string runFolder, string input, string output, int count, ulong seed,
        DeviceSettings device, IRunReporter reporter)
    {
        var saved = SavedRun.Open(runFolder, Direction.ImageToSound);
        var side = saved.Run.Model.ImageSize;
        var pixels = ImageFile.ReadSquare(input, side).Pixels;
        using var open = Device.Open(device);
        using var sampler = new ConditionalSampler(open, saved, Direction.ImageToSound);
        using var inversion = new SpectrogramInversion(open, LogMelLayout.Square);
        using var pause = Tape.Paused();
        using var scope = new Scope();
        var image = Tensor.From(open, new Shape(1, side, side, ModelConfiguration.Colors),
            Array.ConvertAll(pixels, value => value / 127.5f - 1));
        var seen = sampler.Describe(input, "looks like", image, reporter);
        var spectrograms = sampler.Make(image, count, seed);
        var (values, sounds) = (spectrograms.ToFloats(), inversion.Compute(spectrograms, seed).ToFloats());
        var written = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var sound = sounds.AsSpan(i * LogMelSpectrogram.Samples, LogMelSpectrogram.Samples);
            var peak = 0f;
            foreach (var sample in sound)
                peak = Math.Max(peak, Math.Abs(sample));
            if (peak > Loudest)
            {
                foreach (ref var sample in sound)
                    sample *= Loudest / peak;
            }

            var wav = count == 1 ? output : Path.ChangeExtension(output, null) + $"-{i + 1}.wav";
            WavFile.Write(wav, sound, 1, LogMelSpectrogram.SampleRate);
            var picture = Path.ChangeExtension(wav, ".png");
            SpectrogramPlot.Write(picture, seen, values.AsSpan(i * LogMelLayout.Square.Length, LogMelLayout.Square.Length),
                LogMelLayout.Square);
            written.AddRange([wav, picture]);
        }

        return written;
    }
}
