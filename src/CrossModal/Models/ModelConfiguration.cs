namespace CrossModal.Models;

/// <summary>
/// The sizes of the networks. The defaults are the preset <c>paper</c>: where Chen et al. 2017 give no figure (widths, kernels), the ones of
/// Reed et al. 2016, from whom the loss comes.
/// </summary>
public sealed record ModelConfiguration
{
    /// <summary>Pixels of an image's side.</summary>
    public int ImageSize { get; init; } = 64;

    /// <summary>Numbers of the sound's code φ(A) (Chen et al. 2017, Fig. 1).</summary>
    public int CodeSize { get; init; } = 64;

    /// <summary>Numbers of the noise z (Fig. 1).</summary>
    public int NoiseSize { get; init; } = 10;

    /// <summary>Channels next to the image in generator and discriminator; they double with each halving of the image: 64, 128, 256, 512.</summary>
    public int Width { get; init; } = 64;
}
