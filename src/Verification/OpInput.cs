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

    /// <summary>Not drawn: <see cref="OpInput.Of"/> says the numbers.</summary>
    Given,
}

/// <summary>One input of an op case.</summary>
/// <param name="Shape">The shape of the tensor.</param>
/// <param name="Draw">How its numbers are drawn.</param>
/// <param name="Kinks">Where the op has a corner; no number lies closer than 0.05 to one, so that neither differences nor rounding step
/// over it.</param>
public sealed record OpInput(Shape Shape, Draw Draw = Draw.Normal, params double[] Kinks)
{
    /// <summary>So many numbers are drawn; an input of more repeats them. A prime, so that no two rows of a matrix are alike.</summary>
    private const int Period = 65_521;

    private double[] _given = [];

    /// <summary>How many classes labels are of.</summary>
    public int Classes { get; init; }

    /// <summary>The type of the elements: <see cref="ElementType.Float32"/> stands for the device's own.</summary>
    public ElementType Type { get; init; } = Draw == Draw.Labels ? ElementType.Int32 : ElementType.Float32;

    /// <summary>Only drawn numbers have a gradient: labels, rates and counters have none.</summary>
    public bool IsDifferentiable => Draw is not (Draw.Labels or Draw.Given);

    /// <summary>An input of these numbers: offsets, a learning rate.</summary>
    public static OpInput Of(Shape shape, params double[] values) => new(shape, Draw.Given) { _given = values };

    /// <summary>An input of one int64, as steps and random positions are counted.</summary>
    public static OpInput Counter(long value) => Of(new Shape(1), value) with { Type = ElementType.Int64 };

    /// <summary>The input on a device: the same numbers for the same seed and stream on every device, and no device rounds them.</summary>
    internal Tensor Create(Device device, ulong seed, int stream)
    {
        if (Type == ElementType.Float32)
            return Tensor.From(device, Shape, Values(seed, stream));
        var tensor = Tensor.Uninitialized(device, Shape, Type);
        if (Type == ElementType.Int64)
            tensor.Write(Array.ConvertAll(_given, value => (long)value));
        else
            tensor.Write(Array.ConvertAll(Values(seed, stream), value => (int)value));
        return tensor;
    }

    private float[] Values(ulong seed, int stream)
    {
        var random = new CountedRandom(seed, (ulong)stream);
        var values = new float[Shape.Count];
        var drawn = Math.Min(values.Length, Period);
        for (var i = 0; i < drawn; i++)
        {
            values[i] = Draw switch
            {
                Draw.Positive => 0.3f + MathF.Abs(random.NextNormal()),
                Draw.Nonzero => AwayFrom(0, random.NextNormal(), 0.5f),
                Draw.Wide => random.NextUniform(-40, 40),

                // Whole hundredths; several such inputs stand between each other's.
                Draw.Distinct => 0.05f * (i - drawn / 2) + 0.01f * (stream + 1),
                Draw.Labels => random.NextInt(Classes),
                Draw.Given => (float)_given[i],
                _ => Kinks.Aggregate(random.NextNormal(), (value, kink) => AwayFrom((float)kink, value, 0.05f)),
            };
        }

        if (Draw == Draw.Distinct)
            random.Shuffle(values.AsSpan(0, drawn));
        for (var i = drawn; i < values.Length; i += drawn)
            values.AsSpan(0, Math.Min(drawn, values.Length - i)).CopyTo(values.AsSpan(i));
        return values;
    }

    /// <summary>Moves a number that is too close to a point further to the side where it is.</summary>
    private static float AwayFrom(float point, float value, float distance) =>
        MathF.Abs(value - point) >= distance ? value : value < point ? value - distance : value + distance;
}
