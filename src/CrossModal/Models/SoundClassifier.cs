using CrossModal.Audio;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Names the instrument of a log-mel spectrogram and gives the code φ(A) that the GAN is conditioned on (Chen et al. 2017, Fig. 4: 3×3
/// convolutions of 4, 8, 16 and 16 kernels, 1024, 128, classes). Chosen here: stride 2.
/// </summary>
/// <param name="random">For the first weights.</param>
/// <param name="masks">For dropout; not owned.</param>
/// <param name="classes">Instruments.</param>
/// <param name="codeSize">Numbers of the code.</param>
/// <param name="input">Of a spectrogram: [frames, mels or bins, 1]; null for <see cref="LogMelLayout.Standard"/>.</param>
/// <param name="convolutions">3 or 4: the paper's two classifiers; 3 end with 16 kernels as 4 do.</param>
/// <param name="hidden">Numbers of the layer behind them.</param>
internal sealed class SoundClassifier(RandomStream random, RandomStream masks, int classes, int codeSize, Shape? input = null,
    int convolutions = 4, int hidden = FeatureNetwork.PaperHidden)
    : Classifier(random, masks, input ?? Standard, Plan(convolutions), classes, codeSize, hidden)
{
    private static readonly int[] Kernels = [4, 8, 16, 16];

    /// <summary>Of a spectrogram of <see cref="LogMelLayout.Standard"/>.</summary>
    internal static Shape Standard { get; } = new(LogMelSpectrogram.Frames, LogMelSpectrogram.Mels, 1);

    /// <summary>The convolutions, each with stride 2.</summary>
    internal static IReadOnlyList<FeatureConvolution> Plan(int convolutions = 4)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(convolutions, 3);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(convolutions, Kernels.Length);
        return [.. Kernels.Take(convolutions).Select(kernels => new FeatureConvolution(kernels, Stride: 2))];
    }
}
