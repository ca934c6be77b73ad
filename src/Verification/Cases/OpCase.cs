using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>How the numbers of an input are drawn.</summary>
public enum Draw
{
    /// <summary>Standard normal, moved off the kinks of the input.</summary>
    Normal,

    /// <summary>0.3 + |normal|: for logarithms, roots and variances.</summary>
    Positive,

    /// <summary>Normal with at least 0.5 between it and zero: for divisors.</summary>
    Nonzero,

    /// <summary>Uniform in (−40, 40): where an exponential would overflow or vanish if it were computed without care.</summary>
    Wide,

    /// <summary>All numbers of all such inputs differ by 0.01 at least: for maxima.</summary>
    Distinct,

    /// <summary>int32 in [0, <see cref="OpInput.Classes"/>).</summary>
    Labels,
}

/// <summary>One input of an op case.</summary>
/// <param name="Kinks">Where the op has a corner; no number lies closer than 0.05 to one, so that neither differences nor rounding step
/// over it.</param>
public sealed record OpInput(Shape Shape, Draw Draw = Draw.Normal, params double[] Kinks)
{
    public int Classes { get; init; }

    /// <summary>Labels have no gradient.</summary>
    public bool IsDifferentiable => Draw != Draw.Labels;

    /// <summary>The numbers, the same for the same seed and stream on every device: float32, so that no device rounds them.</summary>
    internal float[] Values(ulong seed, int stream)
    {
        var random = new CountedRandom(seed, (ulong)stream);
        var values = new float[Shape.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Draw switch
            {
                Draw.Positive => 0.3f + MathF.Abs(random.NextNormal()),
                Draw.Nonzero => AwayFrom(0, random.NextNormal(), 0.5f),
                Draw.Wide => random.NextUniform(-40, 40),

                // Whole hundredths; several such inputs stand between each other's.
                Draw.Distinct => 0.05f * (i - values.Length / 2) + 0.01f * (stream + 1),
                Draw.Labels => random.NextInt(Classes),
                _ => Kinks.Aggregate(random.NextNormal(), (value, kink) => AwayFrom((float)kink, value, 0.05f)),
            };
        }

        if (Draw == Draw.Distinct)
            random.Shuffle<float>(values);
        return values;
    }

    /// <summary>Moves a number that is too close to a point further to the side where it is.</summary>
    private static float AwayFrom(float point, float value, float distance) =>
        MathF.Abs(value - point) >= distance ? value : value < point ? value - distance : value + distance;
}

/// <summary>How far a device may be from the reference, and why so far.</summary>
/// <param name="Absolute">Allowed whatever the size of the number.</param>
/// <param name="Relative">Allowed besides, for each unit of the number's size.</param>
public readonly record struct Tolerance(double Absolute, double Relative, string Reason)
{
    private const double Rounding = 1.0 / (1 << 24);

    public static Tolerance Exact { get; } = new(0, 0, "elements move, nothing is computed");

    public static Tolerance Elementwise { get; } = new(1e-6, 2e-6,
        "a few float32 roundings an element, each 6e-8; vectorized functions are a few units in the last place off");

    /// <param name="terms">The longest sum in the op or in one of its gradients.</param>
    public static Tolerance Sum(long terms) => new(4e-6 + 4 * Rounding * terms, 4e-6,
        $"sums of up to {terms} numbers of order one, in another order than the reference's: each addition rounds a partial sum that grows "
            + $"like the root of their number");

    public static Tolerance Normalized(long terms) => new(5e-6 + 4 * Rounding * terms, 1e-5,
        $"mean and variance over {terms} numbers are rounded and then divided by: an error in the deviation scales all that follows");
}

/// <summary>
/// One op at one size: what is computed, from which inputs, how exactly, and at what cost. A case is a test of every device against the
/// reference, a gradient check of first and second order, a row of a benchmark and a row of what a device supports.
/// </summary>
/// <param name="Family">The file of the op: elementwise, movement, reduction, …</param>
/// <param name="Inputs">Shapes of what <paramref name="Function"/> is given.</param>
public sealed record OpCase(string Family, string Name, OpInput[] Inputs, Func<Device, Tensor[], Tensor> Function, Tolerance Tolerance)
{
    /// <summary>Floating-point operations of the value, a multiplication and an addition counted as two.</summary>
    public long Operations { get; init; }

    /// <summary>
    /// The longest sum of products in the value or one of the gradients, by matrix products and convolutions; 0: there is none.
    /// </summary>
    public long ProductTerms { get; init; }

    /// <summary>
    /// What is allowed where products round their operands: by u = 2⁻¹¹ of their size in TF32, 2⁻⁸ in bfloat16. A product of two is then
    /// off by up to 2u, and a sum of n of them, of order one and of either sign, by about √n times that; six such deviations and a chain of
    /// two layers are allowed.
    /// </summary>
    public Tolerance ToleranceIn(Precision precision)
    {
        if (precision == Precision.Float32 || ProductTerms == 0)
            return Tolerance;
        var rounding = precision == Precision.BFloat16 ? 1.0 / (1 << 8) : 1.0 / (1 << 11);
        return new Tolerance(Tolerance.Absolute + 24 * rounding * Math.Sqrt(ProductTerms), Tolerance.Relative + 4 * rounding,
            $"operands rounded by {rounding:0.0e+0}, in sums of {ProductTerms}");
    }

    /// <summary>To which order gradients are checked: 2 by default, 0 where the op has none.</summary>
    public int Orders { get; init; } = 2;

    /// <summary>The same numbers on every machine: FNV-1a of the name.</summary>
    internal ulong Seed => Name.Aggregate(14695981039346656037, (hash, letter) => (hash ^ letter) * 1099511628211);

    /// <summary>The inputs on a device; with <paramref name="differentiable"/> gradients are asked for.</summary>
    public Tensor[] CreateInputs(Device device, bool differentiable = false)
    {
        var tensors = new Tensor[Inputs.Length];
        for (var i = 0; i < tensors.Length; i++)
        {
            var values = Inputs[i].Values(Seed, i);
            tensors[i] = Inputs[i].IsDifferentiable
                ? Tensor.From(device, Inputs[i].Shape, values)
                : Tensor.From(device, Inputs[i].Shape, System.Array.ConvertAll(values, value => (int)value));
            tensors[i].RequiresGradient = differentiable && Inputs[i].IsDifferentiable;
        }

        return tensors;
    }

    /// <summary>A tensor of normal numbers that belongs to this case: what outputs and gradients are contracted with.</summary>
    internal Tensor CreateWeights(Device device, Shape shape, int stream) =>
        Tensor.From(device, shape, new OpInput(shape).Values(Seed, 1000 + stream));

    /// <summary>Bytes that the value must move at least, with numbers of four bytes: every input once, the output once.</summary>
    public long CountBytes(Device device)
    {
        using var scope = new Scope();
        using var pause = Tape.Paused();
        return 4 * (Inputs.Sum(input => input.Shape.Count) + Function(device, CreateInputs(device)).Count);
    }

    public override string ToString() => Name;
}
