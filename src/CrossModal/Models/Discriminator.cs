using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Whether an image (or a spectrogram as an image of one channel) is real and belongs to a code (Chen et al. 2017, Fig. 1; widths after
/// Reed et al. 2016): convolutions of kernel 4, stride 2, padding 1 down to 4×4, LeakyReLU 0.2, batch normalization but on the first; then
/// the code is repeated over 4×4 and joined, mixed by a 1×1 convolution, and scored by a 4×4 one. With
/// <see cref="ModelConfiguration.SpectralNorm"/> the weights are normalized instead of the activations.
/// </summary>
internal sealed class Discriminator : Module
{
    private static readonly Activation Leaky = Activation.LeakyRelu(0.2);

    private readonly ModelConfiguration _configuration;
    private readonly Convolution2d[] _convolutions;
    private readonly BatchNorm?[] _norms;
    private readonly Convolution2d _mix, _score;
    private readonly Linear? _classes, _codes;

    public Discriminator(RandomStream random, ModelConfiguration configuration)
        : base(random.Device)
    {
        _configuration = configuration;
        var (stages, spectral) = (configuration.Stages, configuration.SpectralNorm);
        (_convolutions, _norms) = (new Convolution2d[stages], new BatchNorm?[stages + 1]);
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

        _mix = Add("mix", new Convolution2d(random, inputs + configuration.CodeSize, inputs, 1,
            activation: spectral ? Leaky : Activation.None, bias: spectral, initializer: Initializer(spectral), spectralNorm: spectral));
        if (!spectral)
            _norms[stages] = Add("mix_norm", Norm(random, inputs));
        _score = Add("score", new Convolution2d(random, inputs, 1, 4, initializer: Initializer(spectral), spectralNorm: spectral));
        if (configuration.AuxiliaryClasses > 0)
            _classes = Add("classes",
                new Linear(random, inputs, configuration.AuxiliaryClasses, initializer: Initializer(spectral), spectralNorm: spectral));

        // Where a hand is matters here, so the places are kept apart; and no bound on the slope, because what is regressed has a scale.
        if (configuration.CodeHead)
            _codes = Add("codes", new Linear(random, 4 * 4 * inputs, configuration.CodeSize, inputImage: new Shape(4, 4, inputs)));
    }

    /// <summary>
    /// Images [batch, size, size, channels] and codes [batch, code] to logits [batch]. The batch may be <paramref name="groups"/> equal
    /// parts (real, wrong, fake), each normalized by itself.
    /// </summary>
    /// <exception cref="ArgumentException">Images or codes have another shape.</exception>
    public Tensor Forward(Tensor images, Tensor code, int groups = 1) => Score(Features(images, groups), code, groups);

    /// <summary>
    /// The same, and what the other heads say where there are such: class logits [batch, classes], and what the code says beside its class
    /// [batch, code]. Neither sees the code that was given.
    /// </summary>
    public (Tensor Scores, Tensor? Classes, Tensor? Codes) ForwardWithHeads(Tensor images, Tensor code, int groups = 1)
    {
        var features = Features(images, groups);
        return (Score(features, code, groups), _classes?.Forward(features.Mean([1, 2])), _codes?.Forward(features));
    }

    private Tensor Features(Tensor images, int groups)
    {
        var (side, channels) = (_configuration.ImageSize, _configuration.Channels);
        if (images.Shape.Rank != 4 || images.Shape != new Shape(images.Shape[0], side, side, channels))
            throw new ArgumentException($"discriminator: images {images.Shape} must be [batch, {side}, {side}, {channels}]");
        var x = images;
        for (var stage = 0; stage < _convolutions.Length; stage++)
            x = Activate(stage, _convolutions[stage], x, groups);
        return x;
    }

    private Tensor Score(Tensor x, Tensor code, int groups)
    {
        if (code.Shape != new Shape(x.Shape[0], _configuration.CodeSize))
            throw new ArgumentException($"discriminator: code {code.Shape} must be [{x.Shape[0]}, {_configuration.CodeSize}]");
        var (batch, height, width) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        var repeated = code.Reshape(batch, 1, 1, _configuration.CodeSize)
            .BroadcastTo(new Shape(batch, height, width, _configuration.CodeSize));
        var joint = Activate(_convolutions.Length, _mix, Tensor.Concatenate(3, x, repeated), groups);
        return _score.Forward(joint).Reshape(batch);
    }

    /// <summary>A convolution and LeakyReLU behind it, with batch normalization between where the stage has one.</summary>
    private Tensor Activate(int stage, Convolution2d convolution, Tensor x, int groups) =>
        _norms[stage] is { } norm ? norm.Forward(convolution.Forward(x), groups) : convolution.Forward(x);

    /// <summary>Normalized weights have no scale of their own, but their first directions should be spread.</summary>
    private static Initializer Initializer(bool spectral) => spectral ? Initializers.XavierNormal() : Initializers.Normal();

    private static BatchNorm Norm(RandomStream random, int channels) => new(random, channels, Leaky, Initializers.Normal(0.02, mean: 1));
}
