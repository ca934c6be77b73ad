using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// A sample of one modality to a code, trained together with the decoders (Hao et al. 2018, CMCGAN). Its layers are not taken from there:
/// convolutions of kernel 4, stride 2, padding 1 down to 4×4×64, which are the 1024 numbers of Chen et al. 2017, Fig. 1, then 128, and the
/// code's 64. LeakyReLU 0.2; no normalization, because a code must not depend on its batch mates and the levels of a spectrogram mean
/// loudness.
/// </summary>
internal sealed class CrossModalEncoder : Module
{
    private const double Slope = 0.2;
    private const int MostChannels = 64, Features = 128;

    private readonly Shape _sample;
    private readonly Convolution2d[] _convolutions;
    private readonly Linear _features, _code;

    /// <param name="random">For the first weights.</param>
    /// <param name="settings">Sizes; <see cref="ModelSettings.Channels"/> are those of what is encoded.</param>
    public CrossModalEncoder(RandomStream random, ModelSettings settings)
        : base(random.Device)
    {
        _sample = new Shape(settings.ImageSize, settings.ImageSize, settings.Channels);
        _convolutions = new Convolution2d[settings.Stages];
        var inputs = settings.Channels;
        for (var stage = 0; stage < _convolutions.Length; stage++)
        {
            var outputs = stage == _convolutions.Length - 1 ? MostChannels : Math.Min(MostChannels, settings.Width << stage);
            _convolutions[stage] =
                Add($"conv{stage + 1}", new Convolution2d(random, inputs, outputs, 4, new ConvolutionOptions(Stride: 2, Padding: 1),
                Activation.LeakyRelu(Slope), initializer: Initializers.HeNormal(Slope)));
            inputs = outputs;
        }

        _features = Add("features",
            new Linear(random, 4 * 4 * inputs, Features, Activation.LeakyRelu(Slope), initializer: Initializers.HeNormal(Slope),
                inputImage: new Shape(4, 4, inputs)));
        _code = Add("code", new Linear(random, Features, settings.CodeSize, initializer: Initializers.XavierNormal()));
    }

    /// <summary>Samples [batch, size, size, channels] in [−1, 1] to codes [batch, code] in (−1, 1).</summary>
    /// <exception cref="ArgumentException">Samples of another shape.</exception>
    public Tensor Forward(Tensor samples)
    {
        if (samples.Shape != new Shape([samples.Shape[0], .. _sample.Extents]))
            throw new ArgumentException($"encoder: samples {samples.Shape} must be [batch, {_sample[0]}, {_sample[1]}, {_sample[2]}]");
        var x = samples;
        foreach (var convolution in _convolutions)
            x = convolution.Forward(x);
        return _code.Forward(_features.Forward(x)).Tanh(Device.FloatType);
    }
}
