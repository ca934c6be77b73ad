using CrossModal.Kernels;

namespace CrossModal.Evaluation.Metrics;

/// <summary>What becomes of the accuracy when conditions are shuffled. Shares are 0 to 1.</summary>
/// <param name="Matched">The share of samples that are named as the class of their own condition.</param>
/// <param name="Mismatched">Of samples made from the condition of another class, the share still named as the original's class.</param>
/// <param name="Chance">
/// What the mismatched namings would score against classes drawn independently of them: Σ over classes of (share of true) · (share of
/// named).
/// </param>
/// <param name="Difference">Matched less mismatched.</param>
public sealed record MismatchFigure(Interval Matched, Interval Mismatched, double Chance, Interval Difference);

/// <summary>
/// Whether the generator listens: each sample is generated again from the condition of a sample of another class, and judged against the
/// class of the original. A generator that ignores its condition scores the same both times. One that follows it falls to chance, or below
/// it, since no shuffled condition is of the original's class.
/// </summary>
internal static class MismatchSensitivity
{
    private const int Rounds = 8;

    /// <summary>Whether every sample can get the condition of another class: none has more than half of the samples.</summary>
    public static bool CanDerange(int[] classes) => classes.Length > 0 && Largest(classes) * 2 <= classes.Length;

    /// <summary>
    /// A permutation p with classes[p[i]] ≠ classes[i] for every i: sample i is to be generated from the condition of sample p[i].
    /// </summary>
    /// <exception cref="BadInputException">One class has more than half of the samples.</exception>
    public static int[] Derangement(int[] classes, ulong seed)
    {
        if (!CanDerange(classes))
            throw new BadInputException($"mismatch sensitivity: {classes.Length} samples, over half of them of one class, cannot swap "
                + $"conditions; give more samples of the others");
        var random = new CountedRandom(seed, RandomStreams.Mismatches);
        int[] sorted = [.. Enumerable.Range(0, classes.Length)];
        random.Shuffle<int>(sorted);
        sorted = [.. sorted.OrderBy(i => classes[i])];

        // Sorted by class and moved on by the largest class, nobody meets the own class; swaps that keep this mix the classes evenly.
        var (permutation, step) = (new int[classes.Length], Largest(classes));
        for (var k = 0; k < sorted.Length; k++)
            permutation[sorted[k]] = sorted[(k + step) % sorted.Length];
        for (var swap = 0; swap < Rounds * classes.Length; swap++)
        {
            var (i, j) = (swap % classes.Length, random.NextInt(classes.Length));
            if (classes[permutation[j]] != classes[i] && classes[permutation[i]] != classes[j])
                (permutation[i], permutation[j]) = (permutation[j], permutation[i]);
        }

        return permutation;
    }

    /// <param name="trueClass">The class of each sample's own condition.</param>
    /// <param name="named">What the judge named it when it was made from that.</param>
    /// <param name="mismatchedNamed">What the judge named it when it was made from the condition that <see cref="Derangement"/> gave
    /// it.</param>
    /// <param name="song">The song of each sample's own condition; null where samples are independent.</param>
    /// <exception cref="BadInputException">There is no sample.</exception>
    public static MismatchFigure Measure(int[] trueClass, int[] named, int[] mismatchedNamed, ulong seed, int[]? song = null,
        CancellationToken cancel = default)
    {
        if (named.Length != trueClass.Length || mismatchedNamed.Length != trueClass.Length)
            throw new ArgumentException($"{trueClass.Length} samples, but {named.Length} and {mismatchedNamed.Length} were named");
        if (trueClass.Length == 0)
            throw new BadInputException("mismatch sensitivity: there are no samples; generate at least one");
        double[] before = [.. trueClass.Select((c, i) => named[i] == c ? 1.0 : 0)],
            after = [.. trueClass.Select((c, i) => mismatchedNamed[i] == c ? 1.0 : 0)];
        var count = (double)trueClass.Length;
        var shares = trueClass.GroupBy(c => c).ToDictionary(group => group.Key, group => group.Count() / count);
        return new MismatchFigure(Bootstrap.Mean(before, seed, song, cancel), Bootstrap.Mean(after, seed, song, cancel),
            mismatchedNamed.Sum(c => shares.GetValueOrDefault(c)) / count,
                Bootstrap.Mean([.. before.Zip(after, (a, b) => a - b)], seed, song, cancel));
    }

    private static int Largest(int[] classes) => classes.GroupBy(c => c).Max(group => group.Count());
}
