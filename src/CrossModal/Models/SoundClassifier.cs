using CrossModal.Audio;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Names the instrument of a log-mel spectrogram (Chen et al. 2017, Fig. 4: 3×3 convolutions of 4, 8, 16 and 16 kernels, 1024, 128, classes) and gives the code φ(A) that the GAN is
/// conditioned on (Fig. 1: 64 numbers behind the 128). Not said there and chosen here: stride 2, 0.7 and 0.8 as probabilities of keeping, and that the code
/// is trained by a classifying head of its own beside the one behind the 128.
/// </summary>
public sealed class SoundClassifier : Module
{
    private readonly Convolution2d[] _convolutions;
    private readonly Linear _hidden, _features, _classes, _code, _codeClasses;
    private readonly Dropout _dropoutHidden, _dropoutFeatures;

    /// <param name="random">For the first weights.</param>
    /// <param name="masks">For dropout; not owned.</param>
    public SoundClassifier(RandomStream random, RandomStream masks, int classes, int codeSize)
        : base(random.Device)
    {
        int[] kernels = [4, 8, 16, 16];
        _convolutions = new Convolution2d[kernels.Length];
        var (inputs, height, width) = (1, LogMelSpectrogram.Frames, LogMelSpectrogram.Mels);
        for (var i = 0; i < kernels.Length; i++)
        {
            _convolutions[i] = Add($"conv{i + 1}", new Convolution2d(random, inputs, kernels[i], 3, new ConvolutionOptions(Stride: 2, Padding: 1), initializer: Initializers.HeNormal()));
            (inputs, height, width) = (kernels[i], (height + 1) / 2, (width + 1) / 2);
        }

        _hidden = Add("hidden", new Linear(random, height * width * inputs, 1024, initializer: Initializers.HeNormal(), inputImage: new Shape(height, width, inputs)));
        _dropoutHidden = Add("dropout1", new Dropout(masks, keep: 0.7));
        _features = Add("features", new Linear(random, 1024, 128, initializer: Initializers.HeNormal()));
        _dropoutFeatures = Add("dropout2", new Dropout(masks, keep: 0.8));
        _classes = Add("classes", new Linear(random, 128, classes));
        _code = Add("code", new Linear(random, 128, codeSize));
        _codeClasses = Add("code_classes", new Linear(random, codeSize, classes));
    }

    /// <summary>Spectrograms [batch, 44, 128, 1] to class logits [batch, classes], the logits behind the code likewise, and the code [batch, code] in (−1, 1).</summary>
    public (Tensor Logits, Tensor CodeLogits, Tensor Code) Forward(Tensor spectrograms)
    {
        var x = spectrograms;
        foreach (var convolution in _convolutions)
            x = convolution.Forward(x, negativeSlope: 0);
        x = _dropoutHidden.Forward(_hidden.Forward(x, negativeSlope: 0));
        x = _dropoutFeatures.Forward(_features.Forward(x, negativeSlope: 0));
        var code = _code.Forward(x).Tanh();
        return (_classes.Forward(x), _codeClasses.Forward(code), code);
    }
}
