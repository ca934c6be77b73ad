using CrossModal.Kernels;

namespace CrossModal.Evaluation.Metrics;

/// <summary>R@K: the share of generated samples that found what they should among the K nearest real ones.</summary>
/// <param name="K">How many of the nearest count.</param>
/// <param name="Recall">The share, 0 to 1.</param>
/// <param name="Chance">The share that would be found by chance.</param>
public sealed record RecallAt(int K, Interval Recall, double Chance);

/// <summary>How well generated samples find real ones.</summary>
/// <param name="Class">Where one of their class is to be found.</param>
/// <param name="Instance">Where the very one that they were paired with is to be found; null where samples are not paired.</param>
public sealed record RetrievalFigure(IReadOnlyList<RecallAt> Class, IReadOnlyList<RecallAt>? Instance);

/// <summary>
/// Retrieval by cosine similarity of features: each generated sample asks a gallery of real ones for its K nearest. Of several equally
/// near, any may come first, so a hit among them counts with its probability. A row of zeros is at similarity 0 to everything; a sample
/// whose class the gallery lacks finds nothing, and its chance is 0.
/// </summary>
internal static class Retrieval
{
    private static readonly int[] Depths = [1, 5, 10];

    /// <param name="generated">What asks.</param>
    /// <param name="real">What is found.</param>
    /// <param name="paired">Whether generated sample i and real sample i belong together.</param>
    /// <param name="song">The song of each generated sample; null where samples are independent.</param>
    /// <exception cref="BadInputException">There is nothing to ask for or nothing to find, rows of different lengths, or a NaN.</exception>
    public static RetrievalFigure Measure(LabeledFeatures generated, LabeledFeatures real, bool paired, ulong seed, int[]? song = null,
        CancellationToken cancel = default)
    {
        var ((queries, queryClass), (gallery, galleryClass)) = (generated, real);
        FeatureRows.RequireSameLength(queries, gallery, "retrieval");
        if (queries.Count == 0 || gallery.Count == 0)
            throw new BadInputException($"retrieval: {queries.Count} generated and {gallery.Count} real samples; give at least 1 of each");
        if (queryClass.Length != queries.Count || galleryClass.Length != gallery.Count)
            throw new ArgumentException(
                $"{queries.Count} and {gallery.Count} samples, but classes of {queryClass.Length} and {galleryClass.Length}");
        if (paired && queries.Count != gallery.Count)
            throw new ArgumentException($"{queries.Count} samples cannot be paired one to one with {gallery.Count}", nameof(paired));
        queries.RequireFinite("features of generated samples");
        gallery.RequireFinite("features of real samples");
        var (asked, found) = (UnitRows(queries), UnitRows(gallery));
        var ofClass = new double[Depths.Length][];
        var ofInstance = new double[Depths.Length][];
        for (var d = 0; d < Depths.Length; d++)
            (ofClass[d], ofInstance[d]) = (new double[queries.Count], new double[paired ? queries.Count : 0]);
        Bootstrap.For(queries.Count, cancel, i =>
        {
            var similarity = new double[gallery.Count];
            for (var j = 0; j < similarity.Length; j++)
                similarity[j] = InnerProduct.Of<double>(asked.AsSpan(i * queries.Length, queries.Length),
                    found.AsSpan(j * queries.Length, queries.Length));
            for (var d = 0; d < Depths.Length; d++)
            {
                ofClass[d][i] = Hit(similarity, j => galleryClass[j] == queryClass[i], Depths[d]);
                if (paired)
                    ofInstance[d][i] = Hit(similarity, j => j == i, Depths[d]);
            }
        });

        var sizes = galleryClass.GroupBy(c => c).ToDictionary(group => group.Key, group => group.Count());
        double[] anyOfClass = [.. Depths.Select(k => queryClass.Average(c => AnyOf(sizes.GetValueOrDefault(c), gallery.Count, k)))];
        double[] instance = [.. Depths.Select(k => AnyOf(1, gallery.Count, k))];
        return new RetrievalFigure(Recalls(ofClass, anyOfClass), paired ? Recalls(ofInstance, instance) : null);

        RecallAt[] Recalls(double[][] hits, double[] chance) =>
            [.. Depths.Select((k, d) => new RecallAt(k, Bootstrap.Mean(hits[d], seed, song, cancel), chance[d]))];
    }

    /// <summary>
    /// The probability that at least one of <paramref name="right"/> is among <paramref name="k"/> drawn from <paramref name="all"/>
    /// without replacement: 1 − C(all − right, k) / C(all, k).
    /// </summary>
    internal static double AnyOf(int right, int all, int k)
    {
        if (right == 0)
            return 0;
        var none = 1.0;
        for (var draw = 0; draw < Math.Min(k, all); draw++)
            none *= Math.Max(0, all - right - draw) / (double)(all - draw);
        return 1 - none;
    }

    private static double Hit(double[] similarity, Func<int, bool> right, int k)
    {
        var best = double.NegativeInfinity;
        for (var j = 0; j < similarity.Length; j++)
        {
            if (similarity[j] > best && right(j))
                best = similarity[j];
        }

        var (nearer, equal, equalRight) = (0, 0, 0);
        for (var j = 0; j < similarity.Length; j++)
        {
            nearer += similarity[j] > best ? 1 : 0;
            equal += similarity[j] == best ? 1 : 0;
            equalRight += similarity[j] == best && right(j) ? 1 : 0;
        }

        return nearer >= k ? 0 : AnyOf(equalRight, equal, k - nearer);
    }

    /// <summary>
    /// In float64: rows far from the origin and close to each other have cosines that differ in the seventh digit alone.
    /// </summary>
    private static double[] UnitRows(FeatureRows rows)
    {
        double[] unit = [.. rows.Values.Select(value => (double)value)];
        for (var i = 0; i < rows.Count; i++)
        {
            var row = unit.AsSpan(i * rows.Length, rows.Length);
            var squares = 0.0;
            foreach (var value in row)
                squares += value * value;
            var scale = squares > 0 ? 1 / Math.Sqrt(squares) : 0;
            for (var k = 0; k < row.Length; k++)
                row[k] *= scale;
        }

        return unit;
    }
}
