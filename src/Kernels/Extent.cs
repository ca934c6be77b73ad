namespace CrossModal.Kernels;

/// <summary>Extents that are computed from others, by adding or multiplying: one axis holds what an int counts.</summary>
internal static class Extent
{
    /// <summary>The extent as it is stored.</summary>
    /// <param name="op">Who asks, for the message.</param>
    /// <param name="what">What would have the extent.</param>
    /// <exception cref="ShapeException">It is negative or beyond what an axis can have.</exception>
    public static int Of(string op, string what, Int128 extent) => extent >= 0 && extent <= int.MaxValue
        ? (int)extent
        : throw new ShapeException($"{op}: {what} would have {extent} elements; an axis has between 0 and {int.MaxValue}");

    /// <summary>The product of extents.</summary>
    /// <inheritdoc cref="Of"/>
    public static int Product(string op, string what, params ReadOnlySpan<int> extents)
    {
        var product = (Int128)1;
        foreach (var extent in extents)
            product = product > long.MaxValue ? product : product * extent;
        return Of(op, what, extents.Contains(0) ? 0 : product);
    }
}
