using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// The convolutions of a discriminator before anything is joined: kernel 4, stride 2, padding 1 down to 4×4, LeakyReLU 0.2, widths that
/// double, batch normalization but on the first (Reed et al. 2016). With <see cref="ModelSettings.SpectralNorm"/> the weights are
/// normalized instead of the activations.
/// </summary>
internal class DiscriminatorStack : Module
{
    private readonly (Convolution2d Convolution, BatchNorm? Norm)[] _stages;

    /// <param name="random">For the first weights.</param>
    /// <param name="settings">Sizes; <see cref="ModelSettings.Channels"/> are those of what is seen.</param>
    public DiscriminatorStack(RandomStream random, ModelSettings settings)
        : base(random.Device)
    {
        Settings = settings;
        _stages = new (Convolution2d, BatchNorm?)[settings.Stages];
        var (spectral, inputs, channels) = (settings.SpectralNorm, settings.Channels, settings.Width);
        for (var stage = 0; stage < _stages.Length; stage++)
        {
            var convolution = Add($"conv{stage + 1}",
                new Convolution2d(random, inputs, channels, 4, new ConvolutionOptions(Stride: 2, Padding: 1),
                    stage == 0 || spectral ? Leaky : Activation.None, bias: stage == 0 || spectral, Initializer(spectral), spectral));
            _stages[stage] = (convolution, stage > 0 && !spectral ? Add($"norm{stage + 1}", Norm(random, channels)) : null);
            (inputs, channels) = (channels, 2 * channels);
        }

        Channels = inputs;
    }

    /// <summary>Channels of the features.</summary>
    public int Channels { get; }

    internal static Activation Leaky { get; } = Activation.LeakyRelu(0.2);

    protected ModelSettings Settings { get; }

    /// <summary>
    /// Samples [batch, size, size, channels] to features [batch, 4, 4, 8 · width]. The batch may be <paramref name="groups"/> equal parts,
    /// each normalized by itself.
    /// </summary>
    /// <exception cref="ArgumentException">Samples of another shape.</exception>
    public Tensor Features(Tensor samples, int groups)
    {
        var (side, channels) = (Settings.ImageSize, Settings.Channels);
        if (samples.Shape.Rank != 4 || samples.Shape != new Shape(samples.Shape[0], side, side, channels))
            throw new ArgumentException($"discriminator: samples {samples.Shape} must be [batch, {side}, {side}, {channels}]");
        return _stages.Aggregate(samples, (x, stage) => Activate(stage.Convolution, stage.Norm, x, groups));
    }

    /// <summary>A convolution and LeakyReLU behind it, with batch normalization between where there is one.</summary>
    internal static Tensor Activate(Convolution2d convolution, BatchNorm? norm, Tensor x, int groups) =>
        norm is null ? convolution.Forward(x) : norm.Forward(convolution, x, groups);

    /// <summary>Normalized weights have no scale of their own, but their first directions should be spread.</summary>
    internal static Initializer Initializer(bool spectral) => spectral ? Initializers.XavierNormal() : Initializers.Normal();

    internal static BatchNorm Norm(RandomStream random, int channels) => new(random, channels, Leaky, Initializers.Normal(0.02, mean: 1));
}
