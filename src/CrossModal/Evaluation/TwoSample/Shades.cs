namespace CrossModal.Evaluation.TwoSample;

/// <summary>
/// Samples in the 256 shades of a picture file, in which they are looked at. Real pictures have no others, and that alone must not tell
/// them from generated ones.
/// </summary>
internal static class Shades
{
    private const float Half = 127.5f;

    /// <summary>The shade of a value in [−1, 1].</summary>
    public static byte Of(float value) => (byte)(Math.Clamp((value + 1) * Half, 0, 255) + 0.5f);

    /// <summary>The value of a shade.</summary>
    public static float Value(byte shade) => shade / Half - 1;

    /// <summary>Each value as its shade shows it.</summary>
    public static void Round(Span<float> values)
    {
        foreach (ref var value in values)
            value = Value(Of(value));
    }
}
