using System.Numerics;

namespace CrossModal.Tests.Training;

/// <summary>How far weights lie apart that were trained in two ways.</summary>
internal static class WeightDistance
{
    /// <summary>The norm of the difference of two tensors, relative to that of the first.</summary>
    public static double Relative<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual) where T : unmanaged, INumber<T>
    {
        Assert.Equal(expected.Length, actual.Length);
        var (difference, norm) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            var (a, b) = (double.CreateChecked(expected[i]), double.CreateChecked(actual[i]));
            (difference, norm) = (difference + (a - b) * (a - b), norm + a * a);
        }

        return Math.Sqrt(difference) / Math.Max(Math.Sqrt(norm), 1e-30);
    }
}
