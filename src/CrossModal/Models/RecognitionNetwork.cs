using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Tells of a real sample which noise would have the generator draw it: a normal distribution of each number of the noise (the recognition
/// model of Kingma and Welling 2014; beside a GAN, Larsen et al. 2016; with a condition, Bao et al. 2017, CVAE-GAN). A discriminator's
/// convolutions with batch normalization, and a linear layer. Only training has it.
/// </summary>
internal sealed class RecognitionNetwork : DiscriminatorStack
{
    /// <summary>Bounds of the logarithm of a variance, so that its exponential is a number whatever the first weights are.</summary>
    private const double LeastLogVariance = -8, MostLogVariance = 4;

    private readonly Linear _moments;

    /// <param name="random">For the first weights.</param>
    /// <param name="settings">Sizes of the generator's networks.</param>
    public RecognitionNetwork(RandomStream random, ModelSettings settings)
        : base(random, settings with { SpectralNorm = false }) =>
        _moments = Add("moments", new Linear(random, 4 * 4 * Channels, 2 * settings.NoiseSize, initializer: Initializers.XavierNormal(),
            inputImage: new Shape(4, 4, Channels)));

    /// <summary>Samples [batch, size, size, channels] to means and logarithms of variances, [batch, noise] each.</summary>
    public (Tensor Mean, Tensor LogVariance) Forward(Tensor samples)
    {
        var moments = _moments.Forward(Features(samples, groups: 1)).To(Device.FloatType);
        var size = Settings.NoiseSize;
        return (moments.Slice(1, 0, size), moments.Slice(1, size, size).Clamp(LeastLogVariance, MostLogVariance));
    }

    /// <summary>
    /// How far these distributions are from the standard normal one that noise is drawn from: Σ (μ² + σ² − log σ² − 1) / 2 over a sample's
    /// numbers (Kingma and Welling 2014, appendix B), in nats, the mean over samples.
    /// </summary>
    public static Tensor Divergence(Tensor mean, Tensor logVariance) =>
        (mean.Square() + logVariance.Exp() - logVariance - 1).Sum([1]).Mean() * 0.5;
}
