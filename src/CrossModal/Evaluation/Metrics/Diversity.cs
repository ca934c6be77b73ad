using CrossModal.Kernels;

namespace CrossModal.Evaluation.Metrics;

/// <summary>
/// Several samples of each of some conditions, and real ones beside them. Rows of <paramref name="Pixels"/> and <paramref name="Features"/>
/// go condition by condition,
/// <paramref name="PerCondition"/> each.
/// </summary>
/// <param name="PerCondition">How many samples each condition has; at least 2.</param>
/// <param name="Pixels">Images, or spectrograms, in [−1, 1], a sample a row.</param>
/// <param name="Features">The judge's features of the same samples.</param>
/// <param name="RealPixels">Real samples, likewise.</param>
/// <param name="RealFeatures">The judge's features of them.</param>
/// <param name="RealClass">Their classes.</param>
/// <param name="Song">The song of each condition; null where conditions are independent.</param>
internal sealed record DiversitySamples(int PerCondition, FeatureRows Pixels, FeatureRows Features, FeatureRows RealPixels,
    FeatureRows RealFeatures, int[] RealClass, int[]? Song = null);

/// <summary>
/// Mean distances between pairs of samples, each the root of the mean squared difference over a row. Null where there are no such pairs or
/// nothing to divide by.
/// </summary>
/// <param name="SameCondition">Between samples of one condition.</param>
/// <param name="RealOfOneClass">Between real samples of one class; every class that has two counts the same.</param>
/// <param name="DifferentConditions">Between samples of two conditions.</param>
/// <param name="ShareOfReal">The first as a share of the second.</param>
/// <param name="ShareOfDifferent">The first as a share of the third.</param>
public sealed record DistanceShares(Interval SameCondition, double? RealOfOneClass, double? DifferentConditions, double? ShareOfReal,
    double? ShareOfDifferent);

/// <summary>Diversity in pixels and in the judge's features.</summary>
/// <param name="Pixels">Distances between images or spectrograms with values in [−1, 1].</param>
/// <param name="Features">Distances between the judge's features of them.</param>
/// <param name="Conditions">How many conditions samples were made of.</param>
/// <param name="PerCondition">How many samples each has.</param>
public sealed record DiversityFigure(DistanceShares Pixels, DistanceShares Features, int Conditions, int PerCondition);

/// <summary>
/// How much samples of one condition differ, beside what real samples of one class do and what other conditions change. A share of 0 means
/// that the noise does nothing; a share of 1 of the different conditions, that the condition does nothing.
/// </summary>
internal static class Diversity
{
    /// <summary>More real samples of a class, or more conditions, are taken evenly spread: pairs grow with the square.</summary>
    public const int Most = 64;

    /// <exception cref="BadInputException">There are no two samples of a condition, or a NaN.</exception>
    public static DiversityFigure Measure(DiversitySamples samples, ulong seed, CancellationToken cancel = default)
    {
        var conditions = samples.PerCondition < 1 ? 0 : samples.Pixels.Count / samples.PerCondition;
        if (samples.PerCondition < 2 || conditions < 1)
            throw new BadInputException($"diversity: {samples.Pixels.Count} samples, {samples.PerCondition} of each condition, have no "
                + $"pairs; give at least 2 of each");
        if (samples.Pixels.Count != conditions * samples.PerCondition || samples.Features.Count != samples.Pixels.Count)
            throw new ArgumentException($"{samples.Pixels.Count} samples with {samples.Features.Count} rows of features are not "
                + $"{samples.PerCondition} of each condition", nameof(samples));
        if (samples.RealPixels.Count != samples.RealClass.Length || samples.RealFeatures.Count != samples.RealClass.Length)
            throw new ArgumentException($"{samples.RealPixels.Count} real samples with {samples.RealFeatures.Count} rows of features, but "
                + $"{samples.RealClass.Length} classes", nameof(samples));
        FeatureRows.RequireSameLength(samples.Pixels, samples.RealPixels, "diversity in pixels");
        FeatureRows.RequireSameLength(samples.Features, samples.RealFeatures, "diversity in features");
        samples.Pixels.RequireFinite("generated samples");
        samples.Features.RequireFinite("features of generated samples");
        samples.RealPixels.RequireFinite("real samples");
        samples.RealFeatures.RequireFinite("features of real samples");
        return new DiversityFigure(
            Shares(samples.Pixels, samples.RealPixels, samples, conditions, seed, cancel),
                Shares(samples.Features, samples.RealFeatures, samples, conditions, seed, cancel), conditions,
            samples.PerCondition);
    }

    private static DistanceShares Shares(FeatureRows rows, FeatureRows real, DiversitySamples samples, int conditions, ulong seed,
        CancellationToken cancel)
    {
        var each = samples.PerCondition;
        var within = new double[conditions];
        Bootstrap.For(conditions, cancel, c => within[c] = MeanOfPairs(rows, [.. Enumerable.Range(c * each, each)]));
        var same = Bootstrap.Mean(within, seed, samples.Song, cancel);

        double[] classes = [.. Enumerable.Range(0, real.Count).GroupBy(i => samples.RealClass[i]).Where(group => group.Count() > 1)
            .OrderBy(group => group.Key)
            .Select(group => MeanOfPairs(real, Spread([.. group])))];
        double? realOfOneClass = classes.Length > 0 ? classes.Average() : null;

        // Sample k of one condition is paired with the one after k of the other: were their noise the same, only the condition would
        // differ.
        var chosen = Spread([.. Enumerable.Range(0, conditions)]);
        double? different = null;
        if (chosen.Length > 1)
        {
            var sums = new double[chosen.Length];
            Bootstrap.For(chosen.Length, cancel, a =>
            {
                for (var b = 0; b < a; b++)
                {
                    for (var k = 0; k < each; k++)
                        sums[a] += Distance(rows, chosen[a] * each + k, chosen[b] * each + (k + 1) % each);
                }
            });
            different = sums.Sum() / (each * (chosen.Length * (chosen.Length - 1) / 2.0));
        }

        return new DistanceShares(same, realOfOneClass, different, realOfOneClass > 0 ? same.Value / realOfOneClass : null, different > 0
            ? same.Value / different : null);
    }

    private static int[] Spread(int[] items) =>
        items.Length <= Most ? items : [.. Enumerable.Range(0, Most).Select(i => items[(int)((long)i * items.Length / Most)])];

    private static double MeanOfPairs(FeatureRows rows, int[] chosen)
    {
        var sum = 0.0;
        for (var a = 0; a < chosen.Length; a++)
        {
            for (var b = 0; b < a; b++)
                sum += Distance(rows, chosen[a], chosen[b]);
        }

        return sum / (chosen.Length * (chosen.Length - 1) / 2.0);
    }

    private static double Distance(FeatureRows rows, int a, int b) =>
        Math.Sqrt(InnerProduct.SquaredDistance(rows.Row(a), rows.Row(b)) / rows.Length);
}
