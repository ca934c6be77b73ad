using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>The command <c>generate s2i</c>: pictures of the player of a sound.</summary>
public static class SoundToImageGeneration
{
    private const int MostColumns = 8, Scale = 4;

    /// <param name="input">A WAV of any length and rate: its loudest half second is heard.</param>
    /// <param name="output">A PNG: one picture, or a grid of <paramref name="count"/>.</param>
    public static void Generate(string runFolder, string input, string output, int count, ulong seed, DeviceSettings device,
        IRunReporter reporter)
    {
        var saved = SavedRun.Open(runFolder, Direction.SoundToImage);
        var window = LoudestWindow(ReadChecked(input, reporter).Samples);
        using var open = Device.Open(device);
        using var sampler = new ConditionalSampler(open, saved, Direction.SoundToImage);
        using var frontEnd = new LogMelSpectrogram(open, sampler.Layout);
        using var pause = Tape.Paused();
        using var scope = new Scope();
        var spectrogram = frontEnd.Compute(Tensor.From(open, new Shape(1, LogMelSpectrogram.Samples), window));
        var heard = sampler.Describe(input, "sounds like", spectrogram, reporter);
        var pictures = SamplePicture.OfBatch(sampler.Make(spectrogram, count, seed));
        if (count == 1)
        {
            ImageFile.WritePng(output, pictures[0]);
            return;
        }

        var rows = pictures.Chunk(MostColumns).Select(row => (IReadOnlyList<RgbImage?>)row).ToArray();
        new SampleGrid(heard, [], [], rows).Write(output, Scale);
    }

    /// <exception cref="BadInputException">There is nothing to hear, or the file cannot be read.</exception>
    private static AudioClip ReadChecked(string input, IRunReporter reporter)
    {
        var clip = WavFile.ReadMono(input);
        var check = SoundCheck.Of(clip);
        if (check.IsSilent)
        {
            var peak = check.Peak == 0 ? "every sample is 0" : $"its loudest sample lies {-check.PeakDecibels:0} dB below full scale";
            throw new BadInputException($"{input}: is silent ({peak}); give a recording in which something sounds");
        }

        if (check.IsClipped)
            reporter.Warning($"{Path.GetFileName(input)}: is clipped ({check.ClippedShare:0.0%} of its samples stand at full scale), which "
                + $"adds overtones; record it at a lower level");
        if (check.IsShort)
            reporter.Message($"{Path.GetFileName(input)} lasts {check.Seconds:0.00} s and is filled up with silence to 0.5 s");
        return clip.At(LogMelSpectrogram.SampleRate);
    }

    /// <summary>
    /// The half second with the most energy, at steps of a tenth of its length; a shorter sound is filled up with silence.
    /// </summary>
    private static float[] LoudestWindow(float[] samples)
    {
        var window = new float[LogMelSpectrogram.Samples];
        var (best, bestEnergy) = (0, -1.0);
        for (var start = 0; start == 0 || start + window.Length <= samples.Length; start += window.Length / 10)
        {
            var energy = 0.0;
            foreach (var sample in samples.AsSpan(start, Math.Min(window.Length, samples.Length - start)))
                energy += (double)sample * sample;
            if (energy > bestEnergy)
                (best, bestEnergy) = (start, energy);
        }

        samples.AsSpan(best, Math.Min(window.Length, samples.Length - best)).CopyTo(window);
        return window;
    }
}
