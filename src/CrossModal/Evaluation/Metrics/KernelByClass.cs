using System.Text.Json.Serialization;

namespace CrossModal.Evaluation.Metrics;

/// <summary>Kernel distances within classes.</summary>
/// <param name="Value">Their mean; every class counts the same.</param>
/// <param name="Low">The lower bound of its 95 % interval.</param>
/// <param name="High">The upper bound.</param>
/// <param name="RealHalves">The mean of the distances between two halves of the real samples of a class, split by song, over classes that
/// have halves. Left out where none has.</param>
/// <param name="Worst">The class that is furthest from real samples.</param>
/// <param name="Classes">The distance of each class, by name.</param>
public sealed record ClassDistances(double Value, double Low, double High,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? RealHalves, string Worst,
    IReadOnlyDictionary<string, KernelFigure> Classes);

/// <summary>
/// The distance between generated and real samples, class by class. A class has tens of samples, of which no covariance of 128 features can
/// be said, so that its Fréchet distance would be mostly bias; the kernel distance is right in the mean for any count.
/// </summary>
internal static class KernelByClass
{
    /// <returns>Null where no class has two samples of each kind.</returns>
    public static ClassDistances? Measure(SampleSet set, ulong seed, CancellationToken cancel = default)
    {
        var figures = new Dictionary<string, KernelFigure>();
        var drawn = new double[Bootstrap.DistanceResamples];
        var songs = set.Songs();
        for (var c = 0; c < set.Classes; c++)
        {
            int[] generated = RowsOf(set.TrueClass, c), real = RowsOf(set.RealClass, c);
            if (generated.Length < 2 || real.Length < 2)
                continue;

            // Songs of different classes are drawn independently of each other: a seed each.
            var plan = new ResamplingPlan(generated.Length, Chosen(songs.Generated, generated), real.Length, Chosen(songs.Real, real),
                seed + (ulong)c);
            var (figure, each) = KernelDistance.MeasureDrawn(set.Features.Take(generated), set.RealFeatures.Take(real), plan,
                drawn.Length, cancel);
            figures.Add(set.ClassNames.ElementAtOrDefault(c) ?? $"{c}", figure);
            for (var r = 0; r < drawn.Length; r++)
                drawn[r] += each[r];
        }

        if (figures.Count == 0)
            return null;
        var (low, high) = Bootstrap.Middle([.. drawn.Select(sum => sum / figures.Count)]);
        return new ClassDistances(figures.Values.Average(figure => figure.Value), low, high,
            figures.Values.Average(figure => figure.RealHalves),
            figures.MaxBy(figure => figure.Value.Value).Key, figures);
    }

    /// <summary>The samples of a class.</summary>
    internal static int[] RowsOf(int[] classes, int c) => [.. Enumerable.Range(0, classes.Length).Where(i => classes[i] == c)];

    private static int[]? Chosen(int[]? songs, int[] rows) => songs is null ? null : [.. rows.Select(i => songs[i])];
}
