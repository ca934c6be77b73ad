namespace CrossModal.Kernels;

/// <summary>Whether a device's numbers agree with the reference's, and a message that says where they do not.</summary>
internal static class Closeness
{
    /// <summary>
    /// Compares element by element: |actual − expected| ≤ <paramref name="absolute"/> + <paramref name="relative"/> · |expected|. NaN
    /// agrees with NaN only, an infinity only with itself.
    /// </summary>
    /// <param name="op">The primitive, for the message.</param>
    /// <param name="shapes">The inputs' shapes, for the message.</param>
    /// <param name="actual">The device's numbers.</param>
    /// <param name="expected">The reference's numbers.</param>
    /// <param name="relative">Tolerance as a share of the expected value.</param>
    /// <param name="absolute">Tolerance around zero.</param>
    /// <param name="largestShare">The largest difference, as a share of what is allowed there: 1 is just allowed, ∞ is a NaN or an infinity
    /// out of place.</param>
    /// <returns>Nothing if all agree; else one line that names op, shapes, the worst index, both values and the share of the tolerance
    /// used.</returns>
    public static string? Check(string op, string shapes, ReadOnlySpan<double> actual, ReadOnlySpan<double> expected, double relative,
        double absolute, out double largestShare)
    {
        largestShare = 0;
        if (actual.Length != expected.Length)
        {
            largestShare = double.PositiveInfinity;
            return $"{op} of {shapes}: {actual.Length} elements where the reference has {expected.Length}";
        }

        var (worst, failures) = (-1, 0);
        for (var i = 0; i < actual.Length; i++)
        {
            var share = Share(actual[i], expected[i], relative, absolute);
            if (share > 1)
                failures++;
            if (share > largestShare)
                (largestShare, worst) = (share, i);
        }

        return failures == 0
            ? null
            : $"{op} of {shapes}: element {worst} is {actual[worst]:R}, the reference has {expected[worst]:R}; {largestShare:G3} times the "
                + $"tolerance " +
              $"(relative {relative:G2}, absolute {absolute:G2}); {failures} of {actual.Length} elements are outside it";
    }

    /// <inheritdoc cref="Check(string, string, ReadOnlySpan{double}, ReadOnlySpan{double}, double, double, out double)"/>
    public static string? Check(string op, string shapes, ReadOnlySpan<double> actual, ReadOnlySpan<double> expected, double relative,
        double absolute) =>
        Check(op, shapes, actual, expected, relative, absolute, out _);

    private static double Share(double actual, double expected, double relative, double absolute)
    {
        if (actual.Equals(expected) || actual == expected)
            return 0;
        if (!double.IsFinite(actual) || !double.IsFinite(expected))
            return double.PositiveInfinity;
        return Math.Abs(actual - expected) / (absolute + relative * Math.Abs(expected));
    }
}
