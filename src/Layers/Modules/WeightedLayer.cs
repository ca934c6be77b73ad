using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>What a layer's weight is made of.</summary>
/// <param name="Outputs">How many outputs (channels) the layer has: the length of its bias.</param>
/// <param name="OutputLayout">How a vector over the outputs lies in a checkpoint.</param>
/// <param name="InputLayout">How a vector over all other axes of the weight lies in a checkpoint.</param>
/// <param name="OutputsLast">Whether the outputs are the weight's last axis; else they are its first.</param>
internal sealed record WeightDescription(Shape Shape, Fan Fan, CheckpointLayout Layout, int Outputs,
    CheckpointLayout OutputLayout, CheckpointLayout InputLayout, bool OutputsLast);

/// <summary>
/// A layer with one weight and perhaps a bias: <c>weight</c>, <c>bias</c>. With spectral normalization the trained parameter is
/// <c>weight_orig</c> and there are the buffers <c>weight_u</c> and <c>weight_v</c>, as in PyTorch's <c>nn.utils.spectral_norm</c>. A bias
/// starts at zero.
/// </summary>
public abstract class WeightedLayer : Layer
{
    private readonly SpectralNorm? _spectralNorm;
    private readonly Tensor _weight;
    private readonly CheckpointLayout _layout;

    private protected WeightedLayer(RandomStream random, WeightDescription weight, Activation activation, Initializer? initializer,
        bool bias, bool spectralNorm)
        : base(random.Device)
    {
        (Activation, _layout) = (activation, weight.Layout);
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
    /// The weight that a pass outside of training computes with: <see cref="Weight"/>, divided by its largest singular value where spectral
    /// normalization was asked for, and with its taps spread where the layer also changes the size of the image. Asking moves nothing on.
    /// </summary>
    public Tensor InferenceWeight() => Computed(_spectralNorm?.Normalize(_weight, training: false) ?? _weight);

    /// <summary>How <see cref="InferenceWeight"/> lies in a file.</summary>
    public CheckpointLayout InferenceLayout => SpreadsTaps
        ? CheckpointLayout.OfConvolution(_weight.Shape.With(1, _weight.Shape[1] + 1).With(2, _weight.Shape[2] + 1)) : _layout;

    /// <summary>
    /// <see cref="Layer.Forward"/>, and where sums are all that the layer gives, it may compute the statistics that are asked of them.
    /// </summary>
    internal virtual Tensor Forward(Tensor x, AskedStatistics statistics) => Forward(x);

    /// <summary>Whether nothing follows the sums: they are what the layer gives.</summary>
    private protected bool IsBare => Bias is null && Activation == Activation.None;

    /// <summary>
    /// The weight to compute with: normalized where that was asked for. To be read once a pass, because in training it moves the power
    /// iteration on.
    /// </summary>
    private protected Tensor EffectiveWeight() => Computed(_spectralNorm?.Normalize(_weight, Training) ?? _weight);

    /// <summary>What a normalized weight becomes before it is computed with.</summary>
    private protected virtual Tensor Computed(Tensor weight) => weight;

    /// <summary>Whether <see cref="Computed"/> spreads its taps.</summary>
    private protected virtual bool SpreadsTaps => false;

    /// <summary>An input in the type of the device's activations, which decides how the product that follows is computed.</summary>
    private protected static Tensor Activations(Tensor x) => x.To(x.Device.ActivationType);

    /// <summary>Options with every number given: a stride or a dilation of 0 is one that was left out, and means 1.</summary>
    private protected static ConvolutionOptions Given(ConvolutionOptions options) =>
        options with { Stride = Math.Max(1, options.Stride), Dilation = Math.Max(1, options.Dilation) };

    /// <summary>The options of a convolution of stride 1 that also halves or doubles the sides of its image.</summary>
    private protected static ConvolutionOptions Resampling(string what, ConvolutionOptions options) => Given(options) is
    { Stride: 1, Dilation: 1 } given
        ? given with { Stride = 2 }
        : throw new ArgumentException($"a convolution that {what} has stride and dilation 1, not {options.Stride} and {options.Dilation}");

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
