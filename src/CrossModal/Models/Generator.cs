using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// A code and noise to an image, or a spectrogram as an image of one channel (Chen et al. 2017, Fig. 1; widths after Reed et al. 2016): a
/// linear layer to 4×4, then transposed convolutions of kernel 4, stride 2, padding 1 that double the side and halve the channels, each
/// behind batch normalization and ReLU; tanh at the end. With <see cref="ModelSettings.Upsampling"/> each doubles the side by repeating
/// pixels before a 3×3 convolution, so that no pattern of every other pixel comes of the doubling (Odena et al. 2016, "Deconvolution and
/// Checkerboard Artifacts"), and one more 3×3 convolution, at full size, makes the image.
/// </summary>
internal sealed class Generator : Module
{
    private readonly ModelSettings _settings;
    private readonly Linear _project;
    private readonly BatchNorm[] _norms;
    private readonly ConvolutionTransposed2d[] _convolutions;
    private readonly Convolution2d? _image;

    public Generator(RandomStream random, ModelSettings settings)
        : base(random.Device)
    {
        _settings = settings;
        var (stages, upsampling) = (settings.Stages, settings.Upsampling);
        var channels = settings.Width << (stages - 1);
        _project = Add("project", new Linear(random, settings.CodeSize + settings.NoiseSize, 4 * 4 * channels, bias: false,
            initializer: Initializers.Normal(), outputImage: new Shape(4, 4, channels)));
        (_norms, _convolutions) = (new BatchNorm[stages + (upsampling ? 1 : 0)], new ConvolutionTransposed2d[stages]);
        for (var stage = 0; stage < stages; stage++)
        {
            var last = stage == stages - 1;
            var next = last && !upsampling ? settings.Channels : Math.Max(1, channels / 2);
            var options = upsampling ? new ConvolutionOptions(Padding: 1) : new ConvolutionOptions(Stride: 2, Padding: 1);
            _norms[stage] = Norm(stage);
            _convolutions[stage] = Add($"deconv{stage + 1}", new ConvolutionTransposed2d(random, channels, next, upsampling ? 3 : 4,
                options, bias: last && !upsampling, initializer: Initializers.Normal(), upsamples: upsampling));
            channels = next;
        }

        if (!upsampling)
            return;
        _norms[stages] = Norm(stages);
        _image = Add("image", new Convolution2d(random, channels, settings.Channels, 3, new ConvolutionOptions(Padding: 1),
            initializer: Initializers.Normal()));

        BatchNorm Norm(int stage) =>
            Add($"norm{stage + 1}", new BatchNorm(random, channels, Activation.Relu, scale: Initializers.Normal(0.02, mean: 1)));
    }

    /// <summary>How often it doubles the side.</summary>
    public int Stages => _convolutions.Length;

    /// <summary>Codes [batch, code] and noise [batch, noise] to images [batch, size, size, channels] in [−1, 1].</summary>
    public Tensor Forward(Tensor code, Tensor noise)
    {
        if (code.Shape[-1] != _settings.CodeSize || noise.Shape[-1] != _settings.NoiseSize)
            throw new ArgumentException($"generator: code {code.Shape} and noise {noise.Shape} must have {_settings.CodeSize} and "
                + $"{_settings.NoiseSize} numbers a row");
        var x = _norms[0].Forward(_project, Tensor.Concatenate(1, code, noise));
        for (var stage = 1; stage < _norms.Length; stage++)
            x = _norms[stage].Forward(_convolutions[stage - 1], x);
        x = (_image ?? (Layer)_convolutions[^1]).Forward(x);

        // What is made is a result: of the device's float type, whatever the activations are.
        return x.Tanh(Device.FloatType);
    }
}
