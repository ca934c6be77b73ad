using CrossModal.Audio;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// A code back to the log-mel spectrogram, <see cref="SoundEncoder"/> in the mirror: 128, 1024, a map of a quarter of the frames and mels,
/// then two transposed convolutions of kernel 4, stride 2, padding 1 that double both. Smaller maps and fewer channels were tried and drew
/// no harmonics.
/// </summary>
internal sealed class SoundDecoder : Module
{
    private const double Slope = 0.2;

    private readonly Linear _features, _hidden, _map;
    private readonly ConvolutionTransposed2d[] _convolutions;

    public SoundDecoder(RandomStream random, int codeSize)
        : base(random.Device)
    {
        int[] channels = [16, 16, 1];
        var leaky = Activation.LeakyRelu(Slope);
        var (height, width) = (Halved(LogMelSpectrogram.Frames, channels.Length - 1), Halved(LogMelSpectrogram.Mels, channels.Length - 1));
        _features = Add("features", new Linear(random, codeSize, 128, leaky, initializer: Initializers.HeNormal(Slope)));
        _hidden = Add("hidden", new Linear(random, 128, 1024, leaky, initializer: Initializers.HeNormal(Slope)));
        _map = Add("map", new Linear(random, 1024, height * width * channels[0], leaky, initializer: Initializers.HeNormal(Slope),
            outputImage: new Shape(height, width, channels[0])));
        _convolutions = new ConvolutionTransposed2d[channels.Length - 1];
        for (var i = 0; i < _convolutions.Length; i++)
        {
            _convolutions[i] = Add($"deconv{i + 1}",
                new ConvolutionTransposed2d(random, channels[i], channels[i + 1], 4, new ConvolutionOptions(Stride: 2, Padding: 1),
                i == _convolutions.Length - 1 ? Activation.None : leaky, initializer: Initializers.HeNormal(Slope)));
        }
    }

    /// <summary>Codes [batch, code] to spectrograms [batch, 44, 128, 1]; real ones lie in [−1, 1].</summary>
    public Tensor Forward(Tensor codes)
    {
        var x = _map.Forward(_hidden.Forward(_features.Forward(codes)));
        for (var i = 0; i < _convolutions.Length; i++)
        {
            var halvings = _convolutions.Length - 1 - i;
            x = _convolutions[i].Forward(x);

            // Halving rounds up, so doubling may come out one too long.
            var (height, width) = (Halved(LogMelSpectrogram.Frames, halvings), Halved(LogMelSpectrogram.Mels, halvings));
            x = x.Shape[1] == height ? x : x.Slice(1, 0, height);
            x = x.Shape[2] == width ? x : x.Slice(2, 0, width);
        }

        return x;
    }

    private static int Halved(int extent, int times) => times == 0 ? extent : Halved((extent + 1) / 2, times - 1);
}
