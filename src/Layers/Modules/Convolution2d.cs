using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// A convolution of images [batch, height, width, inputs] to [batch, h, w, outputs]; weight [outputs, kernel, kernel, inputs].
/// </summary>
public sealed class Convolution2d : WeightedLayer
{
    private readonly ConvolutionOptions _options;

    /// <param name="random">Where the first weights are drawn from.</param>
    /// <param name="kernel">Height and width of the kernel.</param>
    /// <param name="initializer">Of the weight; <see cref="Initializers.FanIn"/> when not given.</param>
    public Convolution2d(RandomStream random, int inputs, int outputs, int kernel, ConvolutionOptions options = default, bool bias = true,
        Initializer? initializer = null, bool spectralNorm = false)
        : base(random, Describe(inputs, outputs, kernel), initializer, bias, spectralNorm) => _options = options;

    /// <param name="negativeSlope">Of the LeakyReLU that follows: 0 for ReLU, 1 for none.</param>
    public Tensor Forward(Tensor x, double negativeSlope = 1) => Bias is not null && negativeSlope is >= 0 and not 1
        ? x.ConvolutionAddLeakyRelu(EffectiveWeight(), Bias, negativeSlope, _options)
        : AddBias(x.Convolution(EffectiveWeight(), _options), negativeSlope);

    private static WeightDescription Describe(int inputs, int outputs, int kernel)
    {
        var shape = new Shape(outputs, kernel, kernel, inputs);
        var area = (double)kernel * kernel;
        var window = CheckpointLayout.OfVector(kernel * kernel * inputs, new Shape(kernel, kernel, inputs));
        return new WeightDescription(shape, new Fan(inputs * area, outputs * area), CheckpointLayout.OfConvolution(shape), outputs,
            CheckpointLayout.Same(new Shape(outputs)), window, OutputsLast: false);
    }
}

/// <summary>
/// A transposed convolution of images [batch, h, w, inputs] to [batch, (h − 1) · stride − 2 · padding + dilation · (kernel − 1) + 1, …,
/// outputs]; weight [inputs, kernel, kernel, outputs]. Kernel 4, stride 2, padding 1 doubles height and width.
/// </summary>
public sealed class ConvolutionTransposed2d : WeightedLayer
{
    private readonly ConvolutionOptions _options;

    /// <param name="random">Where the first weights are drawn from.</param>
    /// <param name="kernel">Height and width of the kernel.</param>
    /// <param name="initializer">Of the weight; <see cref="Initializers.FanIn"/> when not given. One output is reached by inputs · kernel²
    /// / stride² numbers.</param>
    public ConvolutionTransposed2d(RandomStream random, int inputs, int outputs, int kernel, ConvolutionOptions options = default,
        bool bias = true,
        Initializer? initializer = null, bool spectralNorm = false)
        : base(random, Describe(inputs, outputs, kernel, Math.Max(options.Stride, 1)), initializer, bias, spectralNorm) =>
            _options = options;

    /// <param name="negativeSlope">Of the LeakyReLU that follows: 0 for ReLU, 1 for none.</param>
    public Tensor Forward(Tensor x, double negativeSlope = 1) =>
        AddBias(x.ConvolutionTransposed(EffectiveWeight(), _options), negativeSlope);

    private static WeightDescription Describe(int inputs, int outputs, int kernel, int stride)
    {
        var shape = new Shape(inputs, kernel, kernel, outputs);
        var area = (double)kernel * kernel;
        return new WeightDescription(shape, new Fan(inputs * area / (stride * stride), outputs * area),
            CheckpointLayout.OfConvolution(shape), outputs,
            CheckpointLayout.Same(new Shape(outputs)), CheckpointLayout.Same(new Shape(inputs * kernel * kernel)), OutputsLast: true);
    }
}
