using CrossModal.Kernels;

namespace CrossModal.Evaluation.Metrics;

/// <summary>
/// exp(mean over x of KL(p(y|x) ‖ p(y))) on a judge's class probabilities (Salimans et al. 2016), over all samples at once, not in ten
/// parts. From 1, where every sample is judged alike, to the number of classes, where each is judged with certainty and the classes are
/// even.
/// </summary>
internal static class InceptionScore
{
    private const double SumTolerance = 1e-3;

    /// <summary>
    /// The score with its interval. Classes are less even in a resample than among the samples, which shifts all resamples: the interval is
    /// their spread, moved so that their mean is the value.
    /// </summary>
    /// <param name="probabilities">[count, classes], each row adding up to 1.</param>
    /// <param name="song">The song of each sample; null where samples are independent.</param>
    /// <exception cref="BadInputException">There is no sample, or a row is no distribution.</exception>
    public static Interval Measure(float[] probabilities, int classes, ulong seed, int[]? song = null, CancellationToken cancel = default)
    {
        var entropies = Check(probabilities, classes);
        var (value, drawn) = Bootstrap.Draw(entropies.Length, indices =>
            Of(probabilities, classes, entropies, indices), seed, song, Bootstrap.Resamples, cancel);
        return Bootstrap.Centered(value, drawn, 1, classes);
    }

    /// <summary>The score alone.</summary>
    /// <exception cref="BadInputException">There is no sample, or a row is no distribution.</exception>
    public static double Of(float[] probabilities, int classes)
    {
        var entropies = Check(probabilities, classes);
        return Of(probabilities, classes, entropies, [.. Enumerable.Range(0, entropies.Length)]);
    }

    // The mean of Σ p log(p / p̄) is the mean of Σ p log p, less Σ p̄ log p̄.
    private static double Of(float[] probabilities, int classes, double[] entropies, ReadOnlySpan<int> indices)
    {
        var marginal = new double[classes];
        var divergence = 0.0;
        foreach (var i in indices)
        {
            divergence += entropies[i] / indices.Length;
            for (var c = 0; c < classes; c++)
                marginal[c] += probabilities[i * classes + c];
        }

        foreach (var sum in marginal)
            divergence -= PLogP(sum / indices.Length);
        return Math.Clamp(Math.Exp(divergence), 1, classes);
    }

    /// <summary>Σ p log p of each row.</summary>
    private static double[] Check(float[] probabilities, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        if (probabilities.Length % classes != 0)
            throw new ArgumentException($"{probabilities.Length} probabilities are no rows of {classes} classes", nameof(probabilities));
        if (probabilities.Length == 0)
            throw new BadInputException("Inception score: there are no samples; generate at least one");
        var entropies = new double[probabilities.Length / classes];
        for (var i = 0; i < entropies.Length; i++)
        {
            var row = probabilities.AsSpan(i * classes, classes);
            var sum = 0.0;
            foreach (var p in row)
            {
                if (!(p >= 0))
                    throw new BadInputException($"judge's probabilities: row {i} of {entropies.Length} holds {p}; evaluate a checkpoint "
                        + $"from before the weights diverged");
                sum += p;
                entropies[i] += PLogP(p);
            }

            if (!(Math.Abs(sum - 1) <= SumTolerance))
                throw new BadInputException(
                    $"judge's probabilities: row {i} of {entropies.Length} adds up to {sum:0.####}, not 1; give them after the softmax");
        }

        return entropies;
    }

    private static double PLogP(double p) => p > 0 ? p * Math.Log(p) : 0;
}
