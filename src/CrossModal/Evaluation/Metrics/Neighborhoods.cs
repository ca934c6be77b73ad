using CrossModal.Kernels;

namespace CrossModal.Evaluation.Metrics;

/// <summary>Features of samples and the song of each, whose samples are not neighbors; its own where samples are independent.</summary>
internal sealed record SongRows(FeatureRows Rows, int[] Songs)
{
    /// <param name="songs">Null where samples are independent.</param>
    public static SongRows Of(FeatureRows rows, int[]? songs) => new(rows, songs ?? [.. Enumerable.Range(0, rows.Count)]);

    public SongRows Take(int[] chosen) => new(Rows.Take(chosen), [.. chosen.Select(i => Songs[i])]);
}

/// <summary>
/// Precision and recall of distributions (Kynkäänniemi et al. 2019), and density and coverage (Naeem et al. 2020). Each sample has a ball
/// around it that reaches to its third neighbor; where real balls are, real samples could be. Neighbors of the sample's own song do not
/// count: windows of one song are nearly the same, and balls that end there would hold no other song, real or not.
/// </summary>
internal static class Neighborhoods
{
    public const int Nearest = 3;

    /// <summary>
    /// Intervals are over songs of the samples that are asked about (generated ones in precision and density, real ones in recall and
    /// coverage); the balls stay what they are.
    /// </summary>
    /// <param name="song">The song of each generated sample; null where samples are independent.</param>
    /// <param name="realSong">And of each real one.</param>
    /// <returns>Null where a sample has too few neighbors of other songs.</returns>
    /// <exception cref="BadInputException">Rows of different lengths, or a NaN.</exception>
    public static NeighborFigures? Measure(FeatureRows generated, int[]? song, FeatureRows real, int[]? realSong, ulong seed,
        CancellationToken cancel = default)
    {
        FeatureRows.RequireSameLength(generated, real, "precision and recall");
        generated.RequireFinite("features of generated samples");
        real.RequireFinite("features of real samples");
        var count = Math.Min(generated.Count, real.Count);
        var made = Evenly(SongRows.Of(generated, song), count);
        var found = Evenly(SongRows.Of(real, realSong), count);
        if (Compare(made, found, cancel) is not { } all)
            return null;
        var halves = RealHalves(found, seed, cancel);
        return new NeighborFigures(Figure(all.InReal, made, halves?.InReal), Figure(all.InGenerated, found, halves?.InGenerated),
            Figure(all.RealBalls, made, halves?.RealBalls), Figure(all.Reached, found, halves?.Reached));

        NeighborFigure Figure(double[] values, SongRows asked, double[]? ofHalves)
        {
            var mean = Bootstrap.Mean(values, seed, asked.Songs, cancel);
            return new NeighborFigure(mean.Value, mean.Low, mean.High, ofHalves?.Average(), count);
        }
    }

    /// <summary>What is to be averaged of each sample.</summary>
    /// <param name="InReal">1 for each generated sample in a ball of a real one: precision.</param>
    /// <param name="InGenerated">1 for each real sample in a ball of a generated one: recall.</param>
    /// <param name="RealBalls">In how many real balls each generated sample is, of as many as the neighbors: density.</param>
    /// <param name="Reached">1 for each real sample whose ball holds a generated one: coverage.</param>
    internal sealed record Comparison(double[] InReal, double[] InGenerated, double[] RealBalls, double[] Reached);

    /// <returns>Null where a sample has too few neighbors of other songs.</returns>
    internal static Comparison? Compare(SongRows generated, SongRows real, CancellationToken cancel, int nearest = Nearest)
    {
        var (radii, generatedRadii) = (Radii(real, nearest, cancel), Radii(generated, nearest, cancel));
        if (radii.Concat(generatedRadii).Any(double.IsPositiveInfinity))
            return null;
        var (ballsOfMade, ballsOfReal) = (new int[generated.Rows.Count], new int[real.Rows.Count]);
        var reached = new double[real.Rows.Count];
        Bootstrap.For(generated.Rows.Count, cancel, i =>
        {
            for (var j = 0; j < real.Rows.Count; j++)
                ballsOfMade[i] += Distance(generated, i, real, j) <= radii[j] ? 1 : 0;
        });
        Bootstrap.For(real.Rows.Count, cancel, j =>
        {
            for (var i = 0; i < generated.Rows.Count; i++)
            {
                var distance = Distance(generated, i, real, j);
                ballsOfReal[j] += distance <= generatedRadii[i] ? 1 : 0;
                if (distance <= radii[j])
                    reached[j] = 1;
            }
        });
        return new Comparison([.. ballsOfMade.Select(Some)], [.. ballsOfReal.Select(Some)],
            [.. ballsOfMade.Select(balls => balls / (double)nearest)], reached);

        static double Some(int balls) => balls > 0 ? 1 : 0;
    }

    /// <summary>Both halves as generated beside the other.</summary>
    private static Comparison? RealHalves(SongRows real, ulong seed, CancellationToken cancel)
    {
        var plan = new ResamplingPlan(real.Rows.Count, real.Songs, real.Rows.Count, real.Songs, seed);
        if (plan.RealHalves() is not { } halves)
            return null;
        var (first, second) = (Half(halves.First), Half(halves.Second));
        if (Compare(first, second, cancel) is not { } there || Compare(second, first, cancel) is not { } back)
            return null;
        return new Comparison([.. there.InReal, .. back.InReal], [.. there.InGenerated, .. back.InGenerated],
            [.. there.RealBalls, .. back.RealBalls], [.. there.Reached, .. back.Reached]);

        SongRows Half(int[] units) => real.Take([.. Enumerable.Range(0, real.Rows.Count).Where(i => units[plan.RealUnit[i]] > 0)]);
    }

    /// <summary>The squared distance of each row to its neighbor; infinite where there are not so many.</summary>
    private static double[] Radii(SongRows samples, int nearest, CancellationToken cancel)
    {
        var radii = new double[samples.Rows.Count];
        Bootstrap.For(radii.Length, cancel, i =>
        {
            Span<double> least = stackalloc double[nearest];
            least.Fill(double.PositiveInfinity);
            for (var j = 0; j < radii.Length; j++)
            {
                if (samples.Songs[j] == samples.Songs[i])
                    continue;
                var distance = Distance(samples, i, samples, j);
                if (distance >= least[^1])
                    continue;
                least[^1] = distance;
                for (var k = nearest - 1; k > 0 && least[k] < least[k - 1]; k--)
                    (least[k], least[k - 1]) = (least[k - 1], least[k]);
            }

            radii[i] = least[^1];
        });
        return radii;
    }

    /// <summary>Squared, and the same to the bit in both directions.</summary>
    private static double Distance(SongRows a, int i, SongRows b, int j) => InnerProduct.SquaredDistance(a.Rows.Row(i), b.Rows.Row(j));

    private static SongRows Evenly(SongRows samples, int count) => samples.Rows.Count == count ? samples
        : samples.Take([.. Enumerable.Range(0, count).Select(i => (int)((long)i * samples.Rows.Count / count))]);
}
