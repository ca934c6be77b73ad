using System.Numerics;

namespace CrossModal.Evaluation.Metrics;

/// <summary>Σ aᵢ bᵢ and Σ (aᵢ − bᵢ)² of two rows of one length, vectorized; always added in the same order.</summary>
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

    public static float SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var (sum, i) = (Vector<float>.Zero, 0);
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var apart = new Vector<float>(a[i..]) - new Vector<float>(b[i..]);
            sum += apart * apart;
        }

        var result = Vector.Sum(sum);
        for (; i < a.Length; i++)
            result += (a[i] - b[i]) * (a[i] - b[i]);
        return result;
    }
}
