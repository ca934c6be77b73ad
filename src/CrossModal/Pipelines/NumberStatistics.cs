namespace CrossModal.Pipelines;

/// <summary>What some numbers are like, for whoever looks at them.</summary>
/// <param name="Norm">The root of the sum of all squares.</param>
/// <param name="Zeros">The share of numbers that are exactly 0.</param>
internal readonly record struct NumberStatistics(float Least, float Most, float Mean, float Deviation, double Norm, float Zeros)
{
    public static NumberStatistics Of(ReadOnlySpan<float> values)
    {
        var (least, most, sum, squares, zeros) = (float.MaxValue, float.MinValue, 0.0, 0.0, 0);
        foreach (var value in values)
        {
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
            sum += value;
            squares += (double)value * value;
            zeros += value == 0 ? 1 : 0;
        }

        var mean = sum / values.Length;
        return new NumberStatistics(least, most, (float)mean, (float)Math.Sqrt(Math.Max(0, squares / values.Length - mean * mean)),
            Math.Sqrt(squares), (float)zeros / values.Length);
    }
}
