using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// A convolution of images [batch, height, width, inputs] to [batch, h, w, outputs]; weight [outputs, kernel, kernel, inputs].
/// </summary>
public sealed class Convolution2d : WeightedLayer
{
    /// <summary>A layer with weights that are drawn here.</summary>
    /// <param name="random">Where the first weights are drawn from.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernel">Height and width of the kernel.</param>
    /// <param name="options">Stride, padding and dilation; 1, 0 and 1 when not given.</param>
    /// <param name="activation">What follows the sums.</param>
    /// <param name="bias">Whether there is one; it starts at 0.</param>
    /// <param name="initializer">Of the weight; <see cref="Initializers.FanIn"/> when not given.</param>
    /// <param name="spectralNorm">Whether the weight is divided by its largest singular value (Miyato et al. 2018).</param>
    /// <param name="smooth">Whether the kernel is smoothed by the mean over 2×2 places. With kernel 3, stride 2 and padding 1 the layer is a
    /// convolution of stride 1 with a 2×2 average pooling behind it, which lets less of what is too fine for the smaller image through than
    /// a stride does by itself.</param>
    public Convolution2d(RandomStream random, int inputs, int outputs, int kernel, ConvolutionOptions options = default,
        Activation activation = default, bool bias = true, Initializer? initializer = null, bool spectralNorm = false, bool smooth = false)
        : base(random, Describe(inputs, outputs, kernel) with { Box = smooth ? 0.25 : 0 }, activation, initializer, bias, spectralNorm) =>
        Options = Given(options);

    /// <summary>How the kernel goes over the image.</summary>
    public ConvolutionOptions Options { get; }

    /// <param name="x">[batch, height, width, inputs].</param>
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => Tapped(x, (Bias, Activation.FusedSlope) switch
    {
        (null, _) => Finish(Activations(x).Convolution(EffectiveWeight(), Options)),
        (_, 1) => Activation.ApplyUnfused(Activations(x).ConvolutionAdd(EffectiveWeight(), Bias, Options)),
        var (_, slope) => Activations(x).ConvolutionAddLeakyRelu(EffectiveWeight(), Bias, slope, Options),
    });

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
    /// <param name="spectralNorm">Whether the weight is divided by its largest singular value (Miyato et al. 2018).</param>
    /// <param name="smooth">Whether the kernel is smoothed by the sum over 2×2 places. With kernel 3, stride 2 and padding 1 the layer doubles
    /// the image by repeating each pixel and goes over that with stride 1: no pattern of every other pixel comes of a smooth input, as it
    /// does of a transposed convolution (Odena et al. 2016, "Deconvolution and Checkerboard Artifacts").</param>
    public ConvolutionTransposed2d(RandomStream random, int inputs, int outputs, int kernel, ConvolutionOptions options = default,
        Activation activation = default, bool bias = true, Initializer? initializer = null, bool spectralNorm = false, bool smooth = false)
        : base(random, Describe(inputs, outputs, kernel, Math.Max(options.Stride, 1)) with { Box = smooth ? 1 : 0 }, activation,
            initializer, bias, spectralNorm) => Options = Given(options);

    /// <summary>How the kernel goes over the image.</summary>
    public ConvolutionOptions Options { get; }

    /// <param name="x">[batch, height, width, inputs].</param>
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => Tapped(x, Finish(Activations(x).ConvolutionTransposed(EffectiveWeight(), Options)));

    private static WeightDescription Describe(int inputs, int outputs, int kernel, int stride)
    {
        Shape shape = [inputs, kernel, kernel, outputs];
        var area = (double)kernel * kernel;
        return new WeightDescription(shape, new Fan(inputs * area / (stride * stride), outputs * area),
            CheckpointLayout.OfConvolution(shape), outputs,
            CheckpointLayout.Same([outputs]), CheckpointLayout.Same([inputs * kernel * kernel]), OutputsLast: true);
    }
}
