namespace CrossModal.Kernels;

/// <summary>
/// What one element of a device array is. float64 exists for <c>reference</c>; int32 are labels and indices, int64 counters.
/// </summary>
public enum ElementType
{
    /// <summary>A float of four bytes.</summary>
    Float32,

    /// <summary>A float of eight bytes.</summary>
    Float64,

    /// <summary>A signed integer of four bytes.</summary>
    Int32,

    /// <summary>A signed integer of eight bytes.</summary>
    Int64,

    /// <summary>A float of two bytes: the upper half of a float of four, with its range and eight significant bits.</summary>
    BFloat16,
}

/// <summary>What is known of an <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.BFloat16 => 2,
        ElementType.Float32 or ElementType.Int32 => 4,
        _ => 8,
    };

    /// <summary>Whether elements are floats, of any size.</summary>
    public static bool IsFloat(this ElementType type) => type is ElementType.Float32 or ElementType.Float64 or ElementType.BFloat16;
}
