using CrossModal.Audio;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// A log-mel spectrogram to a code, by the layers of the paper's sound classifier (Chen et al. 2017, Fig. 4: 3×3 convolutions of 4, 8, 16
/// and 16 kernels, 1024, 128; Fig. 1: the code behind them), each with stride 2 as in <see cref="SoundClassifier"/>. It has no dropout:
/// what it is trained by needs the exact levels.
/// </summary>
internal sealed class SoundEncoder : Module
{
    private readonly Convolution2d[] _convolutions;
    private readonly Linear _hidden, _features, _code;

    /// <param name="random">For the first weights.</param>
    public SoundEncoder(RandomStream random, int codeSize)
        : base(random.Device)
    {
        int[] kernels = [4, 8, 16, 16];
        _convolutions = new Convolution2d[kernels.Length];
        var (inputs, height, width) = (1, LogMelSpectrogram.Frames, LogMelSpectrogram.Mels);
        for (var i = 0; i < kernels.Length; i++)
        {
            _convolutions[i] = Add($"conv{i + 1}", new Convolution2d(random, inputs, kernels[i], 3,
                new ConvolutionOptions(Stride: 2, Padding: 1), Activation.Relu, initializer: Initializers.HeNormal()));
            (inputs, height, width) = (kernels[i], (height + 1) / 2, (width + 1) / 2);
        }

        _hidden = Add("hidden", new Linear(random, height * width * inputs, 1024, Activation.Relu, initializer: Initializers.HeNormal(),
            inputImage: new Shape(height, width, inputs)));
        _features = Add("features", new Linear(random, 1024, 128, Activation.Relu, initializer: Initializers.HeNormal()));
        _code = Add("code", new Linear(random, 128, codeSize, initializer: Initializers.XavierNormal()));
    }

    /// <summary>Spectrograms [batch, 44, 128, 1] to codes [batch, code] in (−1, 1).</summary>
    public Tensor Forward(Tensor spectrograms)
    {
        var x = spectrograms;
        foreach (var convolution in _convolutions)
            x = convolution.Forward(x);
        return _code.Forward(_features.Forward(_hidden.Forward(x))).Tanh();
    }
}
