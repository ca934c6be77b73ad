using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// What follows a layer's sums, element by element. A layer that is given one computes it in the pass over memory that adds its bias or
/// normalizes, where there is such a kernel, so <c>new Linear(random, 2, 64, Activation.Relu)</c> is faster than a layer behind a layer.
/// It is a layer by itself too, wherever one is asked for: <c>new Sequential(norm, Activation.Tanh)</c>.
/// </summary>
public readonly record struct Activation
{
    private readonly Kind _kind;
    private readonly double _slope;

    private Activation(Kind kind, double slope = 0) => (_kind, _slope) = (kind, slope);

    private enum Kind
    {
        None,
        LeakyRelu,
        Tanh,
        Sigmoid,
    }

    /// <summary>x; the default.</summary>
    public static Activation None => default;

    /// <summary>max(0, x).</summary>
    public static Activation Relu => new(Kind.LeakyRelu);

    /// <summary>The hyperbolic tangent, in (−1, 1): what a generator of images ends with.</summary>
    public static Activation Tanh => new(Kind.Tanh);

    /// <summary>1 / (1 + e⁻ˣ), in (0, 1). Losses that take logits apply it themselves.</summary>
    public static Activation Sigmoid => new(Kind.Sigmoid);

    /// <summary>x where x &gt; 0, else slope · x (Maas et al. 2013).</summary>
    /// <param name="slope">0.2 in the discriminators of DCGAN; 0.01 in PyTorch where nothing is said.</param>
    /// <exception cref="ArgumentOutOfRangeException">The slope is negative or NaN.</exception>
    public static Activation LeakyRelu(double slope = 0.01) => slope >= 0
        ? new(Kind.LeakyRelu, slope)
        : throw new ArgumentOutOfRangeException(nameof(slope), slope, "leaky relu: the slope must not be negative");

    /// <summary>The slope that the fused kernels are given: 1 where they are to leave the sum as it is.</summary>
    internal double FusedSlope => _kind == Kind.LeakyRelu ? _slope : 1;

    /// <summary>y = activation(x), of the same shape.</summary>
    public Tensor Apply(Tensor x) => _kind == Kind.LeakyRelu ? x.LeakyRelu(_slope) : ApplyUnfused(x);

    /// <summary>The same of one number, in float64.</summary>
    public double Apply(double x) => _kind switch
    {
        Kind.LeakyRelu => x > 0 ? x : _slope * x,
        Kind.Tanh => Math.Tanh(x),
        Kind.Sigmoid => 1 / (1 + Math.Exp(-x)),
        _ => x,
    };

    /// <summary>What is left to do behind a kernel that was given <see cref="FusedSlope"/>.</summary>
    internal Tensor ApplyUnfused(Tensor y) => _kind switch
    {
        Kind.Tanh => y.Tanh(),
        Kind.Sigmoid => y.Sigmoid(),
        _ => y,
    };

    /// <summary>The activation as a layer on its own.</summary>
    public static implicit operator Layer(Activation activation) => new Lambda(activation.Apply);

    /// <summary>Its name, and the slope where it has one.</summary>
    public override string ToString() => this == Relu ? "Relu" : _kind == Kind.LeakyRelu ? $"LeakyRelu({_slope})" : _kind.ToString();
}
