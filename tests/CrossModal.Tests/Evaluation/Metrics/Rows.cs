using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Metrics;

/// <summary>Feature rows for tests.</summary>
internal static class Rows
{
    public static FeatureRows Of(int length, params float[] values) => new(values.Length / length, length, values);

    /// <summary>Independent normal features: feature k has the mean and the standard deviation given for it.</summary>
    public static FeatureRows Normal(int count, int length, ulong seed, Func<int, double>? mean = null, Func<int, double>? deviation = null)
    {
        var random = new CountedRandom(seed);
        var values = new float[count * length];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)((mean?.Invoke(i % length) ?? 0) + (deviation?.Invoke(i % length) ?? 1) * random.NextNormal());
        return new FeatureRows(count, length, values);
    }

    public static FeatureRows Shifted(FeatureRows rows, float by) =>
        new(rows.Count, rows.Length, [.. rows.Values.Select(value => value + by)]);
}
