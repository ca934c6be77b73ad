using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Evaluation;

/// <summary>
/// Sounds of an epoch to listen to: one of a validation picture for each of some classes, always of the same picture and noise.
/// </summary>
internal static class EpochSounds
{
    /// <summary>Classes that are heard; making a spectrogram into sound takes longer than making the spectrogram.</summary>
    private const int MostClasses = 4;

    private const ulong PhaseSeed = 2017;

    /// <param name="device">Where they are made.</param>
    /// <param name="sampled">A direction whose samples are spectrograms.</param>
    /// <param name="seed">Of the run.</param>
    public static IReadOnlyList<(string Class, GeneratedSound Sound)> Make(Device device, SampledDirection sampled, ulong seed)
    {
        var (codes, layout) = (sampled.Codes(Split.Validation, MostClasses), sampled.Samples.Layout);
        var classes = sampled.Judge.RealAccuracy.Classes;
        int[] rows = [.. Enumerable.Range(0, codes.Count).GroupBy(row => codes.Classes[row]).OrderBy(rows => rows.Key)
            .Select(rows => rows.First()).Take(MostClasses)];
        using var pause = Tape.Paused();
        using var scope = new Scope();
        var spectrograms = sampled.Samples.Make(codes, rows,
            place => new CountedRandom(seed, RandomStreams.EpochPictures | (uint)rows[place]));
        using var inversion = new SpectrogramInversion(device, layout);
        var sounds = inversion.Compute(spectrograms, PhaseSeed).Clamp(-1, 1).ToArray().Chunk(LogMelSpectrogram.Samples);
        return [.. rows.Select(row => classes[codes.Classes[row]])
            .Zip(sounds.Zip(spectrograms.ToArray().Chunk(layout.Length), (sound, values) => new GeneratedSound(sound, values, layout)))];
    }
}
