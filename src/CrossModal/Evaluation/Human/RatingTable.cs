using CrossModal.Kernels;

namespace CrossModal.Evaluation.Human;

/// <summary>Ratings by picture and rater; −1 where there is none.</summary>
/// <param name="Ratings">[pictures, raters].</param>
internal sealed record RatingTable(int[,] Ratings)
{
    public const int None = -1;

    private const double Tail = 0.025;

    public int Pictures => Ratings.GetLength(0);

    public int Raters => Ratings.GetLength(1);

    /// <summary>The rows of some pictures.</summary>
    public RatingTable Rows(IReadOnlyList<int> pictures)
    {
        var part = new int[pictures.Count, Raters];
        for (var i = 0; i < pictures.Count; i++)
        {
            for (var rater = 0; rater < Raters; rater++)
                part[i, rater] = Ratings[pictures[i], rater];
        }

        return new RatingTable(part);
    }

    /// <summary>How often each of the ratings 0 to 3 was given.</summary>
    public int[] Distribution()
    {
        var counts = new int[RatingAnswers.HighestRating + 1];
        foreach (var rating in Ratings)
        {
            if (rating != None)
                counts[rating]++;
        }

        return counts;
    }

    /// <summary>The mean of all ratings; null where there are none.</summary>
    public double? Mean()
    {
        var counts = Distribution();
        var total = counts.Sum();
        return total == 0 ? null : counts.Select((count, rating) => (double)count * rating).Sum() / total;
    }

    /// <summary>
    /// The 95 % interval of the mean by the percentile bootstrap over pictures and raters, both drawn with replacement and independently of
    /// each other (the pigeonhole bootstrap of Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1, 2007): it speaks for other
    /// pictures and, with two raters or more, for other raters.
    /// </summary>
    /// <param name="resamples">How often; the same seed gives the same interval.</param>
    /// <returns>Null where fewer than two pictures were rated: one picture says nothing of others.</returns>
    public (double Low, double High)? Interval(int resamples, ulong seed)
    {
        var rated = Enumerable.Range(0, Pictures).Where(i => Enumerable.Range(0, Raters).Any(rater => Ratings[i, rater] != None)).ToArray();
        if (rated.Length < 2)
            return null;
        var random = new CountedRandom(seed, RandomStreams.RatingBootstrap);
        var means = new List<double>(resamples);
        var drawn = new int[Raters];
        for (var k = 0; k < resamples; k++)
        {
            Array.Clear(drawn);
            for (var rater = 0; rater < Raters; rater++)
                drawn[random.NextInt(Raters)]++;
            long sum = 0, count = 0;
            for (var i = 0; i < rated.Length; i++)
            {
                var picture = rated[random.NextInt(rated.Length)];
                for (var rater = 0; rater < Raters; rater++)
                {
                    if (Ratings[picture, rater] is var rating and not None)
                        (sum, count) = (sum + drawn[rater] * rating, count + drawn[rater]);
                }
            }

            // Raters who left much out can be drawn together so that nothing is left.
            if (count > 0)
                means.Add((double)sum / count);
        }

        means.Sort();
        return means.Count == 0 ? null : (Quantile(means, Tail), Quantile(means, 1 - Tail));
    }

    /// <summary>Linear between neighbors (definition 7 of Hyndman and Fan, "Sample quantiles in statistical packages", 1996).</summary>
    internal static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        var place = share * (sorted.Count - 1);
        var below = (int)place;
        return below + 1 == sorted.Count ? sorted[below] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
    }
}
