using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Evaluation;

/// <summary>Pearson correlation within instruments, or within songs, of one component of a pose.</summary>
/// <param name="Correlation">−1 to 1.</param>
/// <param name="Low">With <paramref name="High"/> the middle 95 % under resampling of songs.</param>
/// <param name="High">See <paramref name="Low"/>.</param>
/// <param name="Floor">The mean correlation once the poses are shuffled within each instrument.</param>
/// <param name="FloorHigh">What 95 % of the shuffled ones stay under.</param>
/// <param name="Count">Examples that were measured.</param>
/// <param name="Instruments">The correlation within each instrument, by name.</param>
public sealed record PoseFigure(double Correlation, double Low, double High, double Floor, double FloorHigh, int Count,
    IReadOnlyDictionary<string, double> Instruments);

/// <summary>Whether pictures show the poses that their sounds ask for.</summary>
internal static class PoseCorrelation
{
    /// <summary>Where a real image does not tell a component as well as this, no generated one can be asked for it.</summary>
    public const double LeastLegible = 0.5;

    private const int Shuffles = 100;

    /// <summary>A pose, of 0 to 1 or −1 to 1, that changes less within a song stays as it is.</summary>
    private const float LeastChange = 0.02f;

    /// <summary>A figure for each component that some instrument has.</summary>
    /// <param name="seen">Predictions [count, components] of a <see cref="Models.PoseRegressor"/>, or of any other; only their order and
    /// spacing within an instrument count.</param>
    /// <param name="asked">What the sounds ask for.</param>
    public static IReadOnlyDictionary<string, PoseFigure> Measure(float[] seen, PoseTargets asked, IReadOnlyList<string> classes,
        ulong seed, CancellationToken cancel = default) => Measure(seen, asked, classes, asked.Classes, seed, cancel);

    /// <summary>
    /// The same along the time of each song: what counts is how a pose changes within its song, not how one song's differ from another's.
    /// Songs in which a component stays as it is say nothing of it and are left out.
    /// </summary>
    public static IReadOnlyDictionary<string, PoseFigure> AlongTime(float[] seen, PoseTargets asked, IReadOnlyList<string> classes,
        ulong seed, CancellationToken cancel = default)
    {
        var known = new bool[asked.Known.Length];
        foreach (var song in Enumerable.Range(0, asked.Count).GroupBy(i => asked.Songs[i]))
        {
            for (var component = 0; component < PoseTargets.Components.Count; component++)
            {
                int[] places = [.. song.Select(i => PoseTargets.At(i, component)).Where(at => asked.Known[at])];
                if (places.Length > 0 && places.Max(at => asked.Values[at]) - places.Min(at => asked.Values[at]) > LeastChange)
                {
                    foreach (var at in places)
                        known[at] = true;
                }
            }
        }

        return Measure(seen, asked with { Known = known }, classes, asked.Songs, seed, cancel);
    }

    /// <param name="within">The group of each example within which values are compared.</param>
    private static IReadOnlyDictionary<string, PoseFigure> Measure(float[] seen, PoseTargets asked, IReadOnlyList<string> classes,
        int[] within, ulong seed, CancellationToken cancel)
    {
        if (seen.Length != asked.Values.Length)
            throw new ArgumentException($"{seen.Length} predictions for {asked.Values.Length} targets", nameof(seen));
        var figures = new Dictionary<string, PoseFigure>();
        for (var component = 0; component < PoseTargets.Components.Count; component++)
        {
            int[] rows = [.. Enumerable.Range(0, asked.Count).Where(i => asked.Known[PoseTargets.At(i, component)])];
            if (rows.Length == 0)
                continue;
            int[] group = [.. rows.Select(i => within[i])], songs = [.. rows.Select(i => asked.Songs[i])];
            int[] instruments = [.. rows.Select(i => asked.Classes[i])];
            var x = Standardized([.. rows.Select(i => (double)seen[PoseTargets.At(i, component)])], group);
            var y = Standardized([.. rows.Select(i => (double)asked.Values[PoseTargets.At(i, component)])], group);
            int[] all = [.. Enumerable.Range(0, rows.Length)];
            var interval = Bootstrap.Percentile(rows.Length, drawn => Pearson(x, y, drawn), seed, songs, cancel: cancel);
            double[] shuffled = [.. Enumerable.Range(0, Shuffles)
                .Select(k => Pearson(x, Shuffled(y, group, new CountedRandom(seed, RandomStreams.PoseShuffles | (uint)k)), all)).Order()];
            figures[PoseTargets.Components[component]] = new PoseFigure(interval.Value, interval.Low, interval.High, shuffled.Average(),
                shuffled[Shuffles * 95 / 100 - 1], rows.Length,
                instruments.Distinct().Order().ToDictionary(c => classes[c], c => Pearson(x, y, [.. all.Where(i => instruments[i] == c)])));
        }

        return figures;
    }

    /// <summary>
    /// Leaves only those components of each instrument that can be read off real images with a correlation of at least
    /// <see cref="LeastLegible"/>: valves that are pressed may be less than a pixel. The choice does not look at anything generated.
    /// </summary>
    /// <param name="real">The figures of real images, of which none were trained on.</param>
    public static PoseTargets Legible(PoseTargets asked, IReadOnlyDictionary<string, PoseFigure> real, IReadOnlyList<string> classes)
    {
        var known = new bool[asked.Known.Length];
        for (var i = 0; i < asked.Count; i++)
        {
            for (var component = 0; component < PoseTargets.Components.Count; component++)
            {
                known[PoseTargets.At(i, component)] = asked.Known[PoseTargets.At(i, component)]
                    && real.TryGetValue(PoseTargets.Components[component], out var figure)
                    && figure.Instruments.TryGetValue(classes[asked.Classes[i]], out var correlation) && correlation >= LeastLegible;
            }
        }

        return asked with { Known = known };
    }

    /// <summary>Mean 0 and deviation 1 within each group; all 0 where a group's values never change.</summary>
    internal static double[] Standardized(double[] values, int[] group)
    {
        var result = new double[values.Length];
        foreach (var members in Enumerable.Range(0, values.Length).GroupBy(i => group[i]).Select(members => members.ToArray()))
        {
            var mean = members.Average(i => values[i]);
            var deviation = Math.Sqrt(members.Average(i => (values[i] - mean) * (values[i] - mean)));
            foreach (var i in members)
                result[i] = deviation > 1e-6 * Math.Max(1, Math.Abs(mean)) ? (values[i] - mean) / deviation : 0;
        }

        return result;
    }

    /// <summary>Pearson's correlation of the drawn; 0 where one of the two never changes.</summary>
    internal static double Pearson(double[] x, double[] y, ReadOnlySpan<int> drawn)
    {
        var (sumX, sumY, squaresX, squaresY, products) = (0.0, 0.0, 0.0, 0.0, 0.0);
        foreach (var i in drawn)
        {
            (sumX, sumY) = (sumX + x[i], sumY + y[i]);
            (squaresX, squaresY, products) = (squaresX + x[i] * x[i], squaresY + y[i] * y[i], products + x[i] * y[i]);
        }

        var n = drawn.Length;
        var spread = (squaresX - sumX * sumX / n) * (squaresY - sumY * sumY / n);
        return spread <= 0 ? 0 : (products - sumX * sumY / n) / Math.Sqrt(spread);
    }

    private static double[] Shuffled(double[] values, int[] group, CountedRandom random)
    {
        var result = new double[values.Length];
        foreach (var members in Enumerable.Range(0, values.Length).GroupBy(i => group[i]).Select(members => members.ToArray()))
        {
            int[] order = [.. members];
            random.Shuffle<int>(order);
            for (var k = 0; k < members.Length; k++)
                result[members[k]] = values[order[k]];
        }

        return result;
    }
}
