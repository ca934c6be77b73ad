namespace CrossModal.Evaluation.Human;

/// <summary>How far raters agree.</summary>
internal static class RaterAgreement
{
    /// <summary>
    /// Krippendorff's alpha for ordinal data: 1 where all agree, 0 where they agree no more than by chance (Krippendorff, "Computing
    /// Krippendorff's alpha-reliability", 2011). Two ranks are as far apart as there are ratings between them: δ²(c, k) = (n_c / 2 +
    /// n_{c+1} + … + n_{k−1} + n_k / 2)². Pictures that fewer than two have rated do not count.
    /// </summary>
    /// <param name="ratings">[pictures, raters], 0 to <paramref name="highest"/>, −1 where there is none.</param>
    /// <returns>Null where it is not defined: no picture has two ratings, or all ratings are the same.</returns>
    public static double? OrdinalAlpha(int[,] ratings, int highest = RatingAnswers.HighestRating)
    {
        var coincidences = new double[highest + 1, highest + 1];
        var totals = new double[highest + 1];
        foreach (var counts in Counts(ratings, highest))
        {
            var given = counts.Sum();
            if (given < 2)
                continue;
            for (var c = 0; c <= highest; c++)
            {
                totals[c] += counts[c];
                for (var k = 0; k <= highest; k++)
                    coincidences[c, k] += counts[c] * (counts[k] - (c == k ? 1 : 0)) / (given - 1.0);
            }
        }

        double observed = 0, expected = 0;
        for (var c = 0; c <= highest; c++)
        {
            var between = totals[c] / 2;
            for (var k = c + 1; k <= highest; k++)
            {
                var distance = between + totals[k] / 2;
                between += totals[k];
                observed += coincidences[c, k] * distance * distance;
                expected += totals[c] * totals[k] * distance * distance;
            }
        }

        return expected == 0 ? null : 1 - (totals.Sum() - 1) * observed / expected;
    }

    /// <summary>
    /// Of all pairs of ratings of the same picture by different raters, the share that are equal; null where there are no pairs.
    /// </summary>
    public static double? ExactShare(int[,] ratings, int highest = RatingAnswers.HighestRating)
    {
        long equal = 0, pairs = 0;
        foreach (var counts in Counts(ratings, highest))
        {
            long given = counts.Sum();
            pairs += given * (given - 1) / 2;
            equal += counts.Sum(count => (long)count * (count - 1) / 2);
        }

        return pairs == 0 ? null : (double)equal / pairs;
    }

    /// <summary>For each picture, how often each rating was given.</summary>
    private static IEnumerable<int[]> Counts(int[,] ratings, int highest)
    {
        for (var picture = 0; picture < ratings.GetLength(0); picture++)
        {
            var counts = new int[highest + 1];
            for (var rater = 0; rater < ratings.GetLength(1); rater++)
            {
                if (ratings[picture, rater] != RatingTable.None)
                    counts[ratings[picture, rater]]++;
            }

            yield return counts;
        }
    }
}
