using System.Numerics;

namespace CrossModal.Evaluation.Metrics;

/// <summary>
/// Σ aᵢ bᵢ and Σ (aᵢ − bᵢ)² of two rows of one length, vectorized and always added in the same order. Distances are added in float64,
/// because float32 overflows at features of 10¹⁹.
/// </summary>
internal static class InnerProduct
{
    public static T Of<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
        where T : struct, INumber<T>
    {
        // Two sums at once: one alone would wait for its own last addition.
        var (even, odd, width, i) = (Vector<T>.Zero, Vector<T>.Zero, Vector<T>.Count, 0);
        for (; i <= a.Length - 2 * width; i += 2 * width)
        {
            even += new Vector<T>(a[i..]) * new Vector<T>(b[i..]);
            odd += new Vector<T>(a[(i + width)..]) * new Vector<T>(b[(i + width)..]);
        }

        var result = Vector.Sum(even + odd);
        for (; i < a.Length; i++)
            result += a[i] * b[i];
        return result;
    }

    public static double SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var (low, high, i) = (Vector<double>.Zero, Vector<double>.Zero, 0);
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(a[i..]), out var lowA, out var highA);
            Vector.Widen(new Vector<float>(b[i..]), out var lowB, out var highB);
            low += (lowA - lowB) * (lowA - lowB);
            high += (highA - highB) * (highA - highB);
        }

        var result = Vector.Sum(low + high);
        for (; i < a.Length; i++)
            result += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        return result;
    }
}
