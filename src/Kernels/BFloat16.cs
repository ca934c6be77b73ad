namespace CrossModal.Kernels;

/// <summary>
/// A float of two bytes, <see cref="ElementType.BFloat16"/>: the upper half of a float32, so eight significant bits and its range.
/// </summary>
internal readonly struct BFloat16
{
    private BFloat16(ushort bits) => Bits = bits;

    /// <summary>Sign, exponent and seven bits of mantissa.</summary>
    public ushort Bits { get; }

    /// <summary>The nearest one, of two equally near the even one; NaN stays NaN.</summary>
    public static BFloat16 Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? new((ushort)((bits | 0x0040_0000) >> 16))
            : new((ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16));
    }

    /// <summary>The nearest one to each.</summary>
    public static BFloat16[] Round(ReadOnlySpan<float> values)
    {
        var rounded = new BFloat16[values.Length];
        for (var i = 0; i < rounded.Length; i++)
            rounded[i] = Round(values[i]);
        return rounded;
    }

    /// <summary>
    /// The nearest one to a float64, rounded once: a float32 between them takes the direction that was lost in its last bit ("round to
    /// odd", Boldo and Melquiond 2008).
    /// </summary>
    public static BFloat16 Round(double value)
    {
        var near = (float)value;
        var bits = BitConverter.SingleToUInt32Bits(near);
        if (near == value || !float.IsFinite(near) || (bits & 1) == 1)
            return Round(near);
        var towardsZero = Math.Abs(near) > Math.Abs(value);
        return Round(BitConverter.UInt32BitsToSingle(towardsZero ? bits - 1 : bits + 1));
    }

    /// <summary>Exact.</summary>
    public static implicit operator float(BFloat16 value) => BitConverter.UInt32BitsToSingle((uint)value.Bits << 16);
}
