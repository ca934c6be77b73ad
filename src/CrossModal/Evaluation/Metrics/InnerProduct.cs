using System.Numerics;

namespace CrossModal.Evaluation.Metrics;

/// <summary>Σ aᵢ bᵢ and Σ (aᵢ − bᵢ)² of two rows of one length, vectorised; always added in the same order.</summary>
internal static class InnerProduct
{
    public static T Of<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
        where T : struct, INumber<T>
    {
        var (sum, i) = (Vector<T>.Zero, 0);
        for (; i <= a.Length - Vector<T>.Count; i += Vector<T>.Count)
            sum += new Vector<T>(a[i..]) * new Vector<T>(b[i..]);
        var result = Vector.Sum(sum);
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
