using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// A convolution of images [batch, height, width, inputs] to [batch, h, w, outputs]; weight [outputs, kernel, kernel, inputs].
/// </summary>
public sealed class Convolution2d : WeightedLayer
{
    private readonly bool _pools;

    /// <summary>A layer with weights that are drawn here.</summary>
    /// <param name="random">Where the first weights are drawn from.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernel">Height and width of the kernel.</param>
    /// <param name="options">Stride, padding and dilation; 1, 0 and 1 when not given.</param>
    /// <param name="activation">What follows the sums.</param>
    /// <param name="bias">Whether there is one; it starts at 0.</param>
    /// <param name="initializer">Of the weight; <see cref="Initializers.FanIn"/> when not given.</param>
    /// <param name="spectralNorm">Whether the weight is divided by its largest singular value.</param>
    /// <param name="pools">
    /// Whether the mean over windows of 2×2 follows the sums, before the bias and the activation; height and width are halved. Both are
    /// computed as one convolution of stride 2 (<see cref="Tensor.SpreadTaps"/>), in less than half the multiplications.
    /// </param>
    /// <exception cref="ArgumentException">What pools has another stride or dilation than 1.</exception>
    public Convolution2d(RandomStream random, int inputs, int outputs, int kernel, ConvolutionOptions options = default,
        Activation activation = default, bool bias = true, Initializer? initializer = null, bool spectralNorm = false,
        bool pools = false)
        : base(random, Describe(inputs, outputs, kernel), activation, initializer, bias, spectralNorm)
    {
        Options = pools ? Resampling("pools", options) : Given(options);
        _pools = pools;
    }

    /// <summary>How the kernel goes over the image: of a layer that pools, the kernel with its taps spread.</summary>
    public ConvolutionOptions Options { get; }

    /// <param name="x">[batch, height, width, inputs].</param>
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => Tapped(x, (Bias, Activation.FusedSlope) switch
    {
        (null, _) => Finish(Activations(x).Convolution(EffectiveWeight(), Options)),
        (_, 1) => Activation.ApplyUnfused(Activations(x).ConvolutionAdd(EffectiveWeight(), Bias, Options)),
        var (_, slope) => Activations(x).ConvolutionAddLeakyRelu(EffectiveWeight(), Bias, slope, Options),
    });

    internal override Tensor Forward(Tensor x, AskedStatistics statistics) =>
        IsBare ? Tapped(x, Activations(x).Convolution(EffectiveWeight(), Options, statistics)) : Forward(x);

    private protected override bool SpreadsTaps => _pools;

    private protected override Tensor Computed(Tensor weight) => _pools ? weight.SpreadTaps() * 0.25 : weight;

    private static WeightDescription Describe(int inputs, int outputs, int kernel)
    {
        Shape shape = [outputs, kernel, kernel, inputs];
        var area = (double)kernel * kernel;
        var window = CheckpointLayout.OfVector(kernel * kernel * inputs, [kernel, kernel, inputs]);
        return new WeightDescription(shape, new Fan(inputs * area, outputs * area), CheckpointLayout.OfConvolution(shape), outputs,
            CheckpointLayout.Same([outputs]), window, OutputsLast: false);
    }
}

/// <summary>
/// A transposed convolution of images [batch, h, w, inputs] to [batch, (h − 1) · stride − 2 · padding + dilation · (kernel − 1) + 1, …,
/// outputs]; weight [inputs, kernel, kernel, outputs]. Kernel 4, stride 2, padding 1 doubles height and width.
/// </summary>
public sealed class ConvolutionTransposed2d : WeightedLayer
{
    private readonly bool _upsamples;

    /// <summary>A layer with weights that are drawn here.</summary>
    /// <param name="random">Where the first weights are drawn from.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernel">Height and width of the kernel.</param>
    /// <param name="options">Stride, padding and dilation; 1, 0 and 1 when not given.</param>
    /// <param name="activation">What follows the sums.</param>
    /// <param name="bias">Whether there is one; it starts at 0.</param>
    /// <param name="initializer">Of the weight; <see cref="Initializers.FanIn"/> when not given. One output is reached by inputs · kernel²
    /// / stride² numbers.</param>
    /// <param name="spectralNorm">Whether the weight is divided by its largest singular value.</param>
    /// <param name="upsamples">
    /// Whether the input's pixels are repeated to twice its height and width before. Both are computed as one transposed convolution of
    /// stride 2 (<see cref="Tensor.SpreadTaps"/>), in less than half the multiplications and without the larger image in memory.
    /// </param>
    /// <exception cref="ArgumentException">What upsamples has another stride or dilation than 1.</exception>
    public ConvolutionTransposed2d(RandomStream random, int inputs, int outputs, int kernel, ConvolutionOptions options = default,
        Activation activation = default, bool bias = true, Initializer? initializer = null, bool spectralNorm = false,
        bool upsamples = false)
        : base(random, Describe(inputs, outputs, kernel, Math.Max(options.Stride, 1)), activation, initializer, bias, spectralNorm)
    {
        Options = upsamples ? Resampling("upsamples", options) : Given(options);
        _upsamples = upsamples;
    }

    /// <summary>How the kernel goes over the image: of a layer that upsamples, the kernel with its taps spread.</summary>
    public ConvolutionOptions Options { get; }

    /// <param name="x">[batch, height, width, inputs].</param>
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => Tapped(x, Finish(Activations(x).ConvolutionTransposed(EffectiveWeight(), Options)));

    internal override Tensor Forward(Tensor x, AskedStatistics statistics) =>
        IsBare ? Tapped(x, Activations(x).ConvolutionTransposed(EffectiveWeight(), Options, statistics)) : Forward(x);

    private protected override bool SpreadsTaps => _upsamples;

    private protected override Tensor Computed(Tensor weight) => _upsamples ? weight.SpreadTaps() : weight;

    private static WeightDescription Describe(int inputs, int outputs, int kernel, int stride)
    {
        Shape shape = [inputs, kernel, kernel, outputs];
        var area = (double)kernel * kernel;
        return new WeightDescription(shape, new Fan(inputs * area / (stride * stride), outputs * area),
            CheckpointLayout.OfConvolution(shape), outputs,
            CheckpointLayout.Same([outputs]), CheckpointLayout.Same([inputs * kernel * kernel]), OutputsLast: true);
    }
}
