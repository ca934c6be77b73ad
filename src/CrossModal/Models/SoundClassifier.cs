using CrossModal.Audio;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Names the instrument of a log-mel spectrogram (Chen et al. 2017, Fig. 4: 3×3 convolutions of 4, 8, 16 and 16 kernels, 1024, 128,
/// classes) and gives the code φ(A) that the GAN is conditioned on (Fig. 1: 64 numbers behind the 128). Not said there and chosen here:
/// stride 2, 0.7 and 0.8 as probabilities of keeping, and that the code is trained by a classifying head of its own beside the one behind
/// the 128.
/// </summary>
internal sealed class SoundClassifier : Module, IClassifier
{
    private static readonly int[] Kernels = [4, 8, 16, 16];

    private readonly Convolution2d[] _convolutions;
    private readonly Linear _hidden, _features, _classes, _code, _codeClasses;
    private readonly Dropout _dropoutHidden, _dropoutFeatures;

    /// <param name="random">For the first weights.</param>
    /// <param name="masks">For dropout; not owned.</param>
    /// <param name="classes">Instruments.</param>
    /// <param name="codeSize">Numbers of the code.</param>
    /// <param name="height">Frames of an input.</param>
    /// <param name="width">Mels, or bins, of an input.</param>
    /// <param name="convolutions">3 or 4: the paper's two classifiers; 3 end with 16 kernels as 4 do.</param>
    public SoundClassifier(RandomStream random, RandomStream masks, int classes, int codeSize,
        int height = LogMelSpectrogram.Frames, int width = LogMelSpectrogram.Mels, int convolutions = 4)
        : base(random.Device)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(convolutions, 3);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(convolutions, Kernels.Length);
        _convolutions = new Convolution2d[convolutions];
        var inputs = 1;
        for (var i = 0; i < convolutions; i++)
        {
            _convolutions[i] = Add($"conv{i + 1}", new Convolution2d(random, inputs, Kernels[i], 3,
                new ConvolutionOptions(Stride: 2, Padding: 1), Activation.Relu, initializer: Initializers.HeNormal()));
            (inputs, height, width) = (Kernels[i], (height + 1) / 2, (width + 1) / 2);
        }

        _hidden = Add("hidden", new Linear(random, height * width * inputs, 1024, Activation.Relu, initializer: Initializers.HeNormal(),
            inputImage: new Shape(height, width, inputs)));
        _dropoutHidden = Add("dropout1", new Dropout(masks, keep: 0.7));
        _features = Add("features", new Linear(random, 1024, 128, Activation.Relu, initializer: Initializers.HeNormal()));
        _dropoutFeatures = Add("dropout2", new Dropout(masks, keep: 0.8));
        _classes = Add("classes", new Linear(random, 128, classes));
        _code = Add("code", new Linear(random, 128, codeSize));
        _codeClasses = Add("code_classes", new Linear(random, codeSize, classes));
    }

    /// <summary>
    /// Spectrograms [batch, height, width, 1] to class logits [batch, classes], the logits behind the code likewise, and the code [batch,
    /// code] in (−1, 1).
    /// </summary>
    public (Tensor Logits, Tensor CodeLogits, Tensor Code) Forward(Tensor spectrograms)
    {
        var features = Features(spectrograms);
        var code = _code.Forward(features).Tanh();
        return (Classify(features), _codeClasses.Forward(code), code);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> Heads(Tensor spectrograms) =>
        Forward(spectrograms) is var (logits, codeLogits, _) ? [logits, codeLogits] : [];

    /// <inheritdoc/>
    public (Tensor Logits, Tensor Features) Examine(Tensor samples)
    {
        var features = Features(samples);
        return (Classify(features), features);
    }

    /// <summary>
    /// Spectrograms [batch, height, width, 1] to the 128 numbers, [batch, 128], that instruments are told apart by and distances between
    /// distributions are measured on.
    /// </summary>
    public Tensor Features(Tensor spectrograms)
    {
        var x = spectrograms;
        foreach (var convolution in _convolutions)
            x = convolution.Forward(x);
        x = _dropoutHidden.Forward(_hidden.Forward(x));
        return _dropoutFeatures.Forward(_features.Forward(x));
    }

    /// <summary>The class logits, [batch, classes], of <see cref="Features"/>.</summary>
    public Tensor Classify(Tensor features) => _classes.Forward(features);
}
