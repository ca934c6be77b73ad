namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// How tensor cores round operands, computed in float64 from the definition of each format: for finite numbers within its range.
/// </summary>
internal static class Rounding
{
    /// <summary>To 10 bits of mantissa, ties away from zero.</summary>
    public static double ToTf32(float x) => Round(x, 10, MidpointRounding.AwayFromZero);

    /// <summary>To 7 bits of mantissa, ties to even.</summary>
    public static double ToBf16(float x) => Round(x, 7, MidpointRounding.ToEven);

    private static double Round(float x, int mantissa, MidpointRounding ties)
    {
        if (x == 0)
            return x;
        // The distance of neighbors of the format near x; below 2⁻¹²⁶ it shrinks no further.
        var place = Math.ScaleB(1, Math.Max(Math.ILogB(x), -126) - mantissa);
        return Math.Round(x / place, ties) * place;
    }
}
