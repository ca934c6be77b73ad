using CrossModal.Audio;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>Whether spectrograms survive being made into sound. Accuracies are shares, 0 to 1.</summary>
/// <param name="Accuracy">How the judge names the spectrograms of the sounds.</param>
/// <param name="SpectrogramAccuracy">How it names the spectrograms that they were made of.</param>
/// <param name="Kept">The first as a share of the second; null where that is 0.</param>
/// <param name="Count">Sounds that were named.</param>
public sealed record WaveformAccuracy(double Accuracy, double SpectrogramAccuracy, double? Kept, int Count)
{
    private const ulong PhaseSeed = 2017;

    /// <summary>Makes a spectrogram of each condition, a sound of that, and a spectrogram of the sound, and has both named.</summary>
    /// <param name="rows">Of <paramref name="codes"/>: the conditions.</param>
    internal static WaveformAccuracy Measure(RunContext context, SampledDirection sampled, ConditionCodes codes, IReadOnlyList<int> rows,
        Action<int> progress)
    {
        var device = context.Device;
        using var inversion = new SpectrogramInversion(device, sampled.Samples.Layout);
        using var frontEnd = new LogMelSpectrogram(device, sampled.Samples.Layout);
        var heard = new List<int>();
        var seen = sampled.Samples.Collect(new SampleRequest(codes, rows, context.Run.Seed + 1), progress, context.Cancel,
            (_, batch) => heard.AddRange(Hear(batch))).Named;
        var (right, before) = (0, 0);
        for (var i = 0; i < rows.Count; i++)
        {
            right += heard[i] == codes.Classes[rows[i]] ? 1 : 0;
            before += seen[i] == codes.Classes[rows[i]] ? 1 : 0;
        }

        return new WaveformAccuracy(right / (double)rows.Count, before / (double)rows.Count, before > 0 ? right / (double)before
            : null, rows.Count);

        int[] Hear(Tensor spectrograms)
        {
            // Through 16 bits, as a file would be.
            var sounds = inversion.Compute(spectrograms, PhaseSeed).Clamp(-1, 1).ToArray();
            for (var i = 0; i < sounds.Length; i++)
                sounds[i] = WavFile.ToInt16(sounds[i]) / 32768f;
            var again = frontEnd.Compute(Tensor.From(device, new Shape(spectrograms.Shape[0], LogMelSpectrogram.Samples), sounds));
            return ConfusionMatrix.Named(sampled.Judge.Network.Examine(again).Logits);
        }
    }
}
