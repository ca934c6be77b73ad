using System.Numerics;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Tells generated samples from real ones, in the two-sample test: 3×3 convolutions with batch normalization and max pooling down to 4×4,
/// whose mean goes to two classes. It is trained for a few hundred steps on a few hundred samples, so there is little in it that could
/// learn them by heart, and it is shown the grain (what is left of each pixel when its surroundings are taken off) beside the sample,
/// which it would else be slow to find.
/// </summary>
internal sealed class FakeDetector : Module
{
    /// <summary>Its two classes.</summary>
    public const int Real = 0, Generated = 1;

    private const int LeastKernels = 8, MostKernels = 64, Window = 3;

    /// <summary>Grain is faint.</summary>
    private const float GrainGain = 4;

    private static readonly Activation Leaky = Activation.LeakyRelu(0.2);

    private readonly (Convolution2d Convolution, BatchNorm Norm)[] _stages;
    private readonly Tensor _grain;
    private readonly Linear _classes;

    /// <param name="random">For the first weights.</param>
    /// <param name="sample">Of one sample: [size, size, channels].</param>
    public FakeDetector(RandomStream random, Shape sample)
        : base(random.Device)
    {
        var channels = sample[2];
        _grain = AddBuffer("grain", new Shape(channels, Window, Window, channels), 0);
        _grain.Write(LessMean(channels));
        _stages = new (Convolution2d, BatchNorm)[BitOperations.Log2((uint)sample[0] / 4)];
        var inputs = 2 * channels;
        for (var stage = 0; stage < _stages.Length; stage++)
        {
            // They double up to the last; the large maps of large samples have few.
            var kernels = Math.Clamp(MostKernels >> (_stages.Length - 1 - stage), LeastKernels, MostKernels);
            var convolution = new Convolution2d(random, inputs, kernels, Window, new ConvolutionOptions(Padding: 1), bias: false,
                initializer: Initializers.HeNormal());
            _stages[stage] = (Add($"conv{stage + 1}", convolution), Add($"norm{stage + 1}", new BatchNorm(random, kernels, Leaky)));
            inputs = kernels;
        }

        _classes = Add("classes", new Linear(random, inputs, 2));
    }

    /// <summary>Samples [batch, size, size, channels] to logits [batch, 2].</summary>
    public Tensor Forward(Tensor samples)
    {
        var x = Tensor.Concatenate(3, samples, samples.Convolution(_grain, new ConvolutionOptions(Padding: 1)));
        foreach (var (convolution, norm) in _stages)
            x = norm.Forward(convolution.Forward(x)).MaxPool(2, 2);
        return _classes.Forward(x.Mean([1, 2]));
    }

    /// <summary>The weights of a convolution that takes from each pixel the mean of its window, channel by channel.</summary>
    private static float[] LessMean(int channels)
    {
        const int area = Window * Window;
        var weights = new float[channels * area * channels];
        for (var channel = 0; channel < channels; channel++)
        {
            for (var place = 0; place < area; place++)
                weights[(channel * area + place) * channels + channel] = GrainGain * ((place == area / 2 ? 1 : 0) - 1f / area);
        }

        return weights;
    }
}
