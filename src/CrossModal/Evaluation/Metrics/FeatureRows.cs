using CrossModal.Kernels;

namespace CrossModal.Evaluation.Metrics;

/// <summary>Features of samples and the class of each.</summary>
internal sealed record LabeledFeatures(FeatureRows Rows, int[] Classes);

/// <summary>
/// Feature vectors of samples, one a row: <paramref name="Values"/> is [count, length], row by row. What features they are is the caller's
/// concern.
/// </summary>
internal sealed record FeatureRows(int Count, int Length, float[] Values)
{
    /// <summary>[count, length], row by row.</summary>
    public float[] Values { get; } = Values.Length == (long)Count * Length ? Values
        : throw new ArgumentException($"{Count} rows of {Length} features need {(long)Count * Length} values, not {Values.Length}",
            nameof(Values));

    public ReadOnlySpan<float> Row(int i) => Values.AsSpan(i * Length, Length);

    /// <summary>Chosen rows, in the order given.</summary>
    public FeatureRows Take(IReadOnlyList<int> rows)
    {
        var values = new float[rows.Count * Length];
        for (var i = 0; i < rows.Count; i++)
            Row(rows[i]).CopyTo(values.AsSpan(i * Length));
        return new FeatureRows(rows.Count, Length, values);
    }

    /// <summary>Refuses a NaN or an infinity, naming its row.</summary>
    /// <exception cref="BadInputException"/>
    public void RequireFinite(string what)
    {
        for (var i = 0; i < Values.Length; i++)
        {
            if (!float.IsFinite(Values[i]))
                throw new BadInputException($"{what}: row {i / Length} of {Count} holds {Values[i]}, so nothing can be measured; evaluate "
                    + $"a checkpoint from before the weights diverged");
        }
    }

    /// <summary>Refuses rows of two lengths: they are features of two judges.</summary>
    /// <exception cref="BadInputException"/>
    internal static void RequireSameLength(FeatureRows a, FeatureRows b, string what)
    {
        if (a.Length != b.Length)
            throw new BadInputException(
                $"{what}: rows of {a.Length} features cannot be compared with rows of {b.Length}; take both from one judge");
    }
}
