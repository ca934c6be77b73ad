using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>What a layer's weight is made of.</summary>
/// <param name="Outputs">How many outputs (channels) the layer has: the length of its bias.</param>
/// <param name="OutputLayout">How a vector over the outputs lies in a checkpoint.</param>
/// <param name="InputLayout">How a vector over all other axes of the weight lies in a checkpoint.</param>
/// <param name="OutputsLast">Whether the outputs are the weight's last axis; else they are its first.</param>
internal sealed record WeightDescription(Shape Shape, Fan Fan, CheckpointLayout Layout, int Outputs,
    CheckpointLayout OutputLayout, CheckpointLayout InputLayout, bool OutputsLast)
{
    /// <summary>What each tap of the 2×2 box is that a kernel is smoothed by (<see cref="WeightedLayer.IsSmooth"/>); 0: it is not.</summary>
    public double Box { get; init; }
}

/// <summary>
/// A layer with one weight and perhaps a bias: <c>weight</c>, <c>bias</c>. With spectral normalization the trained parameter is
/// <c>weight_orig</c> and there are the buffers <c>weight_u</c> and <c>weight_v</c>, as in PyTorch's <c>nn.utils.spectral_norm</c>. A bias
/// starts at zero.
/// </summary>
public abstract class WeightedLayer : Layer
{
    private readonly SpectralNorm? _spectralNorm;
    private readonly Tensor _weight;
    private readonly double _box;

    private protected WeightedLayer(RandomStream random, WeightDescription weight, Activation activation, Initializer? initializer,
        bool bias, bool spectralNorm)
        : base(random.Device)
    {
        (Activation, _box) = (activation, weight.Box);
        InferenceLayout = _box == 0 ? weight.Layout
            : CheckpointLayout.OfConvolution(weight.Shape.With(1, weight.Shape[1] + 1).With(2, weight.Shape[2] + 1));
        _weight = AddParameter(spectralNorm ? "weight_orig" : "weight", weight.Shape, initializer
            ?? Initializers.FanIn, random, weight.Fan, weight.Layout);
        if (bias)
            Bias = AddParameter("bias", [weight.Outputs], Initializers.Constant(0), random, weight.Fan, weight.OutputLayout);
        if (!spectralNorm)
            return;
        var rest = (int)(weight.Shape.Count / weight.Outputs);
        var left = AddBuffer("weight_u", [weight.Outputs], 0, weight.OutputLayout, averaged: false);
        var right = AddBuffer("weight_v", [rest], 0, weight.InputLayout, averaged: false);
        _spectralNorm = new SpectralNorm(left, right, weight.OutputsLast);
        _spectralNorm.Start(_weight, random);
    }

    /// <summary>The parameter that is trained.</summary>
    public Tensor Weight => _weight;

    /// <summary>[outputs], added to the sums; null where the layer has none.</summary>
    public Tensor? Bias { get; }

    /// <summary>What follows the sums.</summary>
    public Activation Activation { get; }

    /// <summary>
    /// Whether the kernel is smoothed by a 2×2 box before it is used, so that it is one larger each way than <see cref="Weight"/>. At stride
    /// 2 that is an upsampling to nearest neighbors before a convolution, or a 2×2 average pooling behind one, in a single convolution with
    /// four ninths of the multiplications.
    /// </summary>
    public bool IsSmooth => _box != 0;

    /// <summary>
    /// The weight that a pass outside of training computes with: <see cref="Weight"/>, divided by its largest singular value where spectral
    /// normalization was asked for, and smoothed where that was. Asking moves nothing on.
    /// </summary>
    public Tensor InferenceWeight() => Smoothed(_spectralNorm?.Normalize(_weight, training: false) ?? _weight);

    /// <summary>How <see cref="InferenceWeight"/> lies in a file.</summary>
    public CheckpointLayout InferenceLayout { get; }

    /// <summary>
    /// The weight to compute with: normalized and smoothed where that was asked for. To be read once a pass, because in training it moves
    /// the power iteration on.
    /// </summary>
    private protected Tensor EffectiveWeight() => Smoothed(_spectralNorm?.Normalize(_weight, Training) ?? _weight);

    /// <summary>A kernel [a, height, width, b] and itself moved by one row, by one column and by both, summed; times the box's taps.</summary>
    private Tensor Smoothed(Tensor weight)
    {
        if (!IsSmooth)
            return weight;
        var (height, width) = (weight.Shape[1] + 1, weight.Shape[2] + 1);
        var rows = weight.Embed(1, 0, height) + weight.Embed(1, 1, height);
        var all = rows.Embed(2, 0, width) + rows.Embed(2, 1, width);
        return _box == 1 ? all : all * _box;
    }

    /// <summary>An input in the type of the device's activations, which decides how the product that follows is computed.</summary>
    private protected static Tensor Activations(Tensor x) => x.To(x.Device.ActivationType);

    /// <summary>Options with every number given: a stride or a dilation of 0 is one that was left out, and means 1.</summary>
    private protected static ConvolutionOptions Given(ConvolutionOptions options) =>
        options with { Stride = Math.Max(1, options.Stride), Dilation = Math.Max(1, options.Dilation) };

    /// <summary>activation(y + bias); a bias and a (leaky) ReLU in one pass.</summary>
    private protected Tensor Finish(Tensor y)
    {
        var slope = Activation.FusedSlope;
        return Activation.ApplyUnfused((Bias, slope) switch
        {
            (null, 1) => y,
            (null, _) => y.LeakyRelu(slope),
            (_, 1) => y + Bias,
            _ => y.AddLeakyRelu(Bias, slope),
        });
    }
}
