namespace CrossModal.Kernels;

/// <summary>
/// What one element of a device array is. float64 exists for <c>reference</c>; int32 are labels and indices, int64 counters.
/// </summary>
public enum ElementType
{
    Float32,
    Float64,
    Int32,
    Int64,
}

public static class ElementTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) => type is ElementType.Float32 or ElementType.Int32 ? 4 : 8;
}
