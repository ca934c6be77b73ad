using CrossModal.Layers;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Models;

/// <summary>
/// Whether an image and a spectrogram are both real and belong together: the discriminator of the joint corresponding adversarial loss (Hao
/// et al. 2018, CMCGAN). Its layers are not taken from there: a stack of convolutions for each modality, as in <see cref="Discriminator"/>,
/// down to 4×4; then the two are joined where that one joins the code, mixed by a 1×1 convolution and scored by a 4×4 one. Features and
/// score are apart, so that a sample which stands in several pairs goes through its stack once.
/// </summary>
internal sealed class CrossModalDiscriminator : Module
{
    private readonly CrossModalFeatures _images, _sounds;
    private readonly Convolution2d _mix, _score;
    private readonly BatchNorm? _mixNorm;

    /// <param name="random">For the first weights.</param>
    /// <param name="configuration">Sizes; with <see cref="ModelConfiguration.SpectralNorm"/> the weights are normalized instead of the
    /// activations.</param>
    public CrossModalDiscriminator(RandomStream random, ModelConfiguration configuration)
        : base(random.Device)
    {
        var spectral = configuration.SpectralNorm;
        _images = Add("image", new CrossModalFeatures(random, CrossModalGenerator.Of(Direction.SoundToImage, configuration)));
        _sounds = Add("sound", new CrossModalFeatures(random, CrossModalGenerator.Of(Direction.ImageToSound, configuration)));
        var channels = _images.Channels;
        _mix = Add("mix", new Convolution2d(random, 2 * channels, channels, 1,
            activation: spectral ? CrossModalFeatures.Leaky : Activation.None,
            bias: spectral, initializer: CrossModalFeatures.Initializer(spectral), spectralNorm: spectral));
        _mixNorm = spectral ? null : Add("mix_norm", CrossModalFeatures.Norm(random, channels));
        _score = Add("score",
            new Convolution2d(random, channels, 1, 4, initializer: CrossModalFeatures.Initializer(spectral), spectralNorm: spectral));
    }

    /// <summary>
    /// Images [batch, size, size, 3] to features [batch, 4, 4, 8 · width]. The batch may be <paramref name="groups"/> equal parts, each
    /// normalized by itself.
    /// </summary>
    public Tensor ImageFeatures(Tensor images, int groups = 1) => _images.Forward(images, groups);

    /// <summary>Spectrograms [batch, size, size, 1] to features, likewise.</summary>
    public Tensor SoundFeatures(Tensor spectrograms, int groups = 1) => _sounds.Forward(spectrograms, groups);

    /// <summary>Features of images and of spectrograms, pair by pair, to logits [batch].</summary>
    /// <exception cref="ArgumentException">Not as many of the one as of the other.</exception>
    public Tensor Score(Tensor imageFeatures, Tensor soundFeatures, int groups = 1)
    {
        if (imageFeatures.Shape != soundFeatures.Shape)
            throw new ArgumentException(
                $"joint discriminator: features of images {imageFeatures.Shape} and of spectrograms {soundFeatures.Shape} must be alike");
        var joint = Tensor.Concatenate(3, imageFeatures, soundFeatures);
        joint = _mixNorm is null ? _mix.Forward(joint) : _mixNorm.Forward(_mix.Forward(joint), groups);
        return _score.Forward(joint).Reshape(joint.Shape[0]);
    }
}

/// <summary>
/// The convolutions of a discriminator before anything is joined: kernel 4, stride 2, padding 1 down to 4×4, LeakyReLU 0.2, widths that
/// double (Reed et al. 2016).
/// </summary>
internal sealed class CrossModalFeatures : Module
{
    internal static readonly Activation Leaky = Activation.LeakyRelu(0.2);

    private readonly ModelConfiguration _configuration;
    private readonly Convolution2d[] _convolutions;
    private readonly BatchNorm?[] _norms;

    public CrossModalFeatures(RandomStream random, ModelConfiguration configuration)
        : base(random.Device)
    {
        _configuration = configuration;
        var (stages, spectral) = (configuration.Stages, configuration.SpectralNorm);
        (_convolutions, _norms) = (new Convolution2d[stages], new BatchNorm?[stages]);
        var (inputs, channels) = (configuration.Channels, configuration.Width);
        for (var stage = 0; stage < stages; stage++)
        {
            _convolutions[stage] =
                Add($"conv{stage + 1}", new Convolution2d(random, inputs, channels, 4, new ConvolutionOptions(Stride: 2, Padding: 1),
                stage == 0 || spectral ? Leaky : Activation.None, bias: stage == 0 || spectral, Initializer(spectral), spectral));
            if (stage > 0 && !spectral)
                _norms[stage] = Add($"norm{stage + 1}", Norm(random, channels));
            (inputs, channels) = (channels, 2 * channels);
        }

        Channels = inputs;
    }

    /// <summary>Channels of the features.</summary>
    public int Channels { get; }

    public Tensor Forward(Tensor samples, int groups)
    {
        var (side, channels) = (_configuration.ImageSize, _configuration.Channels);
        if (samples.Shape.Rank != 4 || samples.Shape != new Shape(samples.Shape[0], side, side, channels))
            throw new ArgumentException($"joint discriminator: samples {samples.Shape} must be [batch, {side}, {side}, {channels}]");
        var x = samples;
        for (var stage = 0; stage < _convolutions.Length; stage++)
            x = _norms[stage] is { } norm ? norm.Forward(_convolutions[stage].Forward(x), groups) : _convolutions[stage].Forward(x);
        return x;
    }

    /// <summary>Normalized weights have no scale of their own, but their first directions should be spread.</summary>
    internal static Initializer Initializer(bool spectral) => spectral ? Initializers.XavierNormal() : Initializers.Normal();

    internal static BatchNorm Norm(RandomStream random, int channels) => new(random, channels, Leaky, Initializers.Normal(0.02, mean: 1));
}
