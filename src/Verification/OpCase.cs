using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>
/// One op at one size: what is computed, from which inputs, how exactly, at what cost. A case has every use: a test of each device against
/// the reference and a row of what it supports (<see cref="Selftest"/>), a gradient check of first and second order
/// (<see cref="GradientCheck"/>), and a row of <c>bench kernels</c>.
/// </summary>
/// <param name="Family">The file of the op and of its kernels: elementwise, movement, reduction, …</param>
/// <param name="Name">Of this case alone.</param>
/// <param name="Inputs">What <paramref name="Function"/> is given, made anew for each call: it may write over them.</param>
/// <param name="Function">
/// The results. Gradients are those of the first. It takes nothing from the host, so that it can be recorded; what it needs is an input.
/// </param>
/// <param name="Tolerance">How far a float32 device may be from the reference.</param>
public sealed record OpCase(string Family, string Name, OpInput[] Inputs, Func<Device, Tensor[], Tensor[]> Function, Tolerance Tolerance)
{
    /// <summary>A case with one result.</summary>
    public OpCase(string family, string name, OpInput[] inputs, Func<Device, Tensor[], Tensor> function, Tolerance tolerance)
        : this(family, name, inputs, (device, x) => [function(device, x)], tolerance)
    {
    }

    /// <summary>To which order gradients are checked: 2 by default, 0 where the op has none.</summary>
    public int Orders { get; init; } = 2;

    /// <summary>
    /// Floating-point operations of a product or convolution, a multiplication and an addition counted as two; 0 where moving bytes is the
    /// work.
    /// </summary>
    public long Operations { get; init; }

    /// <summary>
    /// The longest sum of products in the results or one of the gradients, by matrix products and convolutions; 0: there is none.
    /// </summary>
    public long ProductTerms { get; init; }

    /// <summary>How many products follow each other.</summary>
    public int ProductChain { get; init; } = 1;

    /// <summary>
    /// Whether drawn inputs stand for activations, which are bfloat16 where the device's are; else they are parameters, always of its float
    /// type.
    /// </summary>
    public bool TakesActivations { get; init; } = true;

    /// <summary>Bytes of inputs that every algorithm has to read a second time.</summary>
    public long BytesReadAgain { get; init; }

    /// <summary>Makes the inputs that <see cref="Function"/> is given out of those that are drawn: the indices of a pooling, say.</summary>
    public Func<Device, Tensor[], Tensor[]>? Prepare { get; init; }

    /// <summary>The inputs on a device, in the open scope; with <paramref name="differentiable"/> gradients are asked for.</summary>
    public Tensor[] CreateInputs(Device device, bool differentiable = false)
    {
        var tensors = new Tensor[Inputs.Length];
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = Inputs[i].Create(device, SeedOf(Name), i);
            tensors[i].RequiresGradient = differentiable && Inputs[i].IsDifferentiable;
        }

        return Prepare?.Invoke(device, tensors) ?? tensors;
    }

    /// <summary>Whether the case is tried on activations of bfloat16 there.</summary>
    internal bool InActivations(Device device) => device.ActivationType == ElementType.BFloat16 && TakesActivations;

    /// <summary>
    /// The inputs as a device has activations: a drawn one is rounded to bfloat16 where these are; what was given (rates, offsets) stays as
    /// it is.
    /// </summary>
    internal Tensor[] AsActivations(Device device, Tensor[] inputs) => !InActivations(device) ? inputs
        : [.. inputs.Select((input, i) => input.Type == device.FloatType && (i >= Inputs.Length || Inputs[i].IsDifferentiable)
            ? input.To(ElementType.BFloat16) : input)];

    /// <summary>Normal numbers for what has this name, the same on every device: a result is contracted with them.</summary>
    internal static Tensor Weights(string name, Tensor like, int stream = 0) =>
        new OpInput(like.Shape).Create(like.Device, SeedOf(name), 1000 + stream);

    /// <summary>The same number on every machine: FNV-1a.</summary>
    internal static ulong SeedOf(string name) =>
        name.Aggregate(14695981039346656037, (hash, letter) => (hash ^ letter) * 1099511628211);

    /// <summary>The shapes that meet here, each once.</summary>
    internal string Shapes => string.Join(" and ", Inputs.Select(input => input.Shape).Distinct());

    /// <inheritdoc/>
    public override string ToString() => $"{Family}: {Name}";
}
