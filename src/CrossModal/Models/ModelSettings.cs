using System.Numerics;
using System.Text.Json.Serialization;
using CrossModal.Audio;
using CrossModal.Kernels;

namespace CrossModal.Models;

/// <summary>
/// The sizes of the networks. The defaults are the preset <c>paper</c>: where Chen et al. 2017 give no figure (widths, kernels), the ones
/// of Reed et al. 2016, from whom the loss comes.
/// </summary>
internal sealed record ModelSettings
{
    /// <summary>Channels of an image.</summary>
    public const int Colors = 3;

    private const int SmallestImage = 16, LargestImage = 256;

    /// <summary>Channels of what is made: three of an image, one of a spectrogram.</summary>
    [Within(1, 4)]
    public int Channels { get; init; } = Colors;

    /// <summary>
    /// Pixels of an image's side, and frames and mels of a spectrogram that is made: a power of two, at least 16, and at most 256, of a
    /// spectrogram 128. Data, caches, networks and pictures take their size from here.
    /// </summary>
    [PowerOfTwo(SmallestImage, LargestImage)]
    public int ImageSize { get; init; } = 64;

    /// <summary>
    /// How spectrograms are laid out that are made, or that a model of both directions hears. Where images alone are made they may be
    /// larger than any spectrogram, and this is of no use.
    /// </summary>
    [JsonIgnore]
    public LogMelLayout Spectrogram => LogMelLayout.Square(Math.Min(ImageSize, LogMelLayout.LargestSquare));

    /// <summary>How often an image is halved down to 4×4.</summary>
    [JsonIgnore]
    public int Stages => BitOperations.Log2((uint)ImageSize / 4);

    /// <summary>Numbers of the sound's code φ(A) (Chen et al. 2017, Fig. 1).</summary>
    [Within(1, 4096)]
    public int CodeSize { get; init; } = 64;

    /// <summary>Numbers of the noise z (Fig. 1).</summary>
    [Within(1, 4096)]
    public int NoiseSize { get; init; } = 10;

    /// <summary>
    /// Channels next to the image in generator and discriminator; they double with each halving of the image: 64, 128, 256, 512.
    /// </summary>
    [Within(1, 256)]
    public int Width { get; init; } = 64;

    /// <summary>
    /// Whether the generator doubles its sides by repeating pixels before 3×3 convolutions, in place of transposed convolutions of kernel
    /// 4, and ends with a 3×3 convolution at full size.
    /// </summary>
    public bool Upsampling { get; init; }

    /// <summary>
    /// Spectral normalization of the discriminator's weights (Miyato et al. 2018) in place of batch normalization of its activations: its
    /// slope stays bounded, and what it teaches the generator stays smooth.
    /// </summary>
    public bool SpectralNorm { get; init; }

    /// <summary>
    /// Classes of the discriminator's auxiliary head (Odena et al. 2017), which names the instrument beside judging what is real; 0: no
    /// such head.
    /// </summary>
    [Within(0, int.MaxValue)]
    public int AuxiliaryClasses { get; init; }

    /// <summary>
    /// Whether the discriminator has a head that tells from the sample alone what the condition's code says beside its class (after the
    /// latent regressor of Chen et al. 2016, InfoGAN).
    /// </summary>
    public bool CodeHead { get; init; }
}
