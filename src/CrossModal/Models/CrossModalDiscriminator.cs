using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Whether an image and a spectrogram are both real and belong together: the discriminator of the joint corresponding adversarial loss (Hao
/// et al. 2018, CMCGAN). Its layers are not taken from there: a stack of convolutions for each modality, as in <see cref="Discriminator"/>,
/// down to 4×4; then the two are joined where that one joins the code, mixed by a 1×1 convolution and scored by a 4×4 one. Features and
/// score are apart, so that a sample which stands in several pairs goes through its stack once.
/// </summary>
internal sealed class CrossModalDiscriminator : Module
{
    private readonly DiscriminatorStack _images, _sounds;
    private readonly Convolution2d _mix, _score;
    private readonly BatchNorm? _mixNorm;

    /// <param name="random">For the first weights.</param>
    /// <param name="settings">Sizes; with <see cref="ModelSettings.SpectralNorm"/> the weights are normalized instead of the
    /// activations.</param>
    public CrossModalDiscriminator(RandomStream random, ModelSettings settings)
        : base(random.Device)
    {
        var spectral = settings.SpectralNorm;
        _images = Add("image", new DiscriminatorStack(random, CrossModalGenerator.Of(Direction.SoundToImage, settings)));
        _sounds = Add("sound", new DiscriminatorStack(random, CrossModalGenerator.Of(Direction.ImageToSound, settings)));
        var channels = _images.Channels;
        _mix = Add("mix", new Convolution2d(random, 2 * channels, channels, 1,
            activation: spectral ? DiscriminatorStack.Leaky : Activation.None,
            bias: spectral, initializer: DiscriminatorStack.Initializer(spectral), spectralNorm: spectral));
        _mixNorm = spectral ? null : Add("mix_norm", DiscriminatorStack.Norm(random, channels));
        _score = Add("score",
            new Convolution2d(random, channels, 1, 4, initializer: DiscriminatorStack.Initializer(spectral), spectralNorm: spectral));
    }

    /// <summary>
    /// Images [batch, size, size, 3] to features [batch, 4, 4, 8 · width]. The batch may be <paramref name="groups"/> equal parts, each
    /// normalized by itself.
    /// </summary>
    public Tensor ImageFeatures(Tensor images, int groups = 1) => _images.Features(images, groups);

    /// <summary>Spectrograms [batch, size, size, 1] to features, likewise.</summary>
    public Tensor SoundFeatures(Tensor spectrograms, int groups = 1) => _sounds.Features(spectrograms, groups);

    /// <summary>Features of images and of spectrograms, pair by pair, to logits [batch].</summary>
    /// <exception cref="ArgumentException">Not as many of the one as of the other.</exception>
    public Tensor Score(Tensor imageFeatures, Tensor soundFeatures, int groups = 1)
    {
        if (imageFeatures.Shape != soundFeatures.Shape)
            throw new ArgumentException(
                $"joint discriminator: features of images {imageFeatures.Shape} and of spectrograms {soundFeatures.Shape} must be alike");
        var joint = Tensor.Concatenate(3, imageFeatures, soundFeatures);
        return _score.Forward(DiscriminatorStack.Activate(_mix, _mixNorm, joint, groups)).Reshape(joint.Shape[0]);
    }
}
