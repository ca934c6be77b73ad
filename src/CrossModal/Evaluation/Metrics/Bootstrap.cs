using CrossModal.Kernels;
using MathNet.Numerics.Statistics;

namespace CrossModal.Evaluation.Metrics;

/// <summary>
/// Percentile intervals (Efron and Tibshirani 1993, chapter 13): samples are drawn again with replacement, and the middle 95 % of what the statistic then says are the interval.
/// Windows of one song overlap and are no independent samples: give each sample's song, and whole songs are drawn again.
/// </summary>
public static class Bootstrap
{
    /// <summary>Resamples of a statistic that is a sum over samples.</summary>
    public const int Resamples = 1000;

    /// <summary>Resamples of a Fréchet or kernel distance, each of which costs an eigendecomposition or a quadratic form; enough for a standard error to within a tenth.</summary>
    public const int DistanceResamples = 100;

    private const double Tail = 0.025;
    private const ulong Stream = 0x626F_0000_0000_0000;

    /// <param name="count">How many samples there are.</param>
    /// <param name="statistic">From the indices of samples, each as often as it was drawn, to a number. It is called from several threads at once.</param>
    /// <param name="seed">The same seed gives the same interval, whatever the number of threads.</param>
    /// <param name="cluster">The song of each sample; null where samples are independent.</param>
    /// <param name="resamples">How often is drawn.</param>
    /// <exception cref="ArgumentException">There is no sample, <paramref name="cluster"/> is of another length, or the statistic gave a NaN or an infinity.</exception>
    public static Interval Percentile(int count, Func<ReadOnlySpan<int>, double> statistic, ulong seed, int[]? cluster = null, int resamples = Resamples, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        if (cluster is not null && cluster.Length != count)
            throw new ArgumentException($"{cluster.Length} clusters for {count} samples", nameof(cluster));
        var members = Members(count, cluster);
        var drawn = new double[resamples];
        For(resamples, cancel, r =>
        {
            var random = Random(seed, r);
            var indices = new List<int>(count);
            for (var k = 0; k < members.Length; k++)
                indices.AddRange(members[random.NextInt(members.Length)]);
            drawn[r] = Finite(statistic(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(indices)));
        });
        int[] all = [.. Enumerable.Range(0, count)];
        var (low, high) = Middle(drawn);
        return new Interval(Finite(statistic(all)), low, high);
    }

    /// <summary>The mean of the values, with its interval.</summary>
    public static Interval Mean(double[] values, ulong seed, int[]? cluster = null, CancellationToken cancel = default) => Percentile(values.Length, indices =>
    {
        var sum = 0.0;
        foreach (var i in indices)
            sum += values[i];
        return sum / indices.Length;
    }, seed, cluster, Resamples, cancel);

    /// <summary>How many units are drawn: songs where they are given, else samples.</summary>
    public static int Units(int count, int[]? cluster) => cluster?.Distinct().Count() ?? count;

    /// <summary>The middle 95 % of what the resamples said.</summary>
    internal static (double Low, double High) Middle(double[] drawn)
    {
        double[] sorted = [.. drawn.Order()];
        return (SortedArrayStatistics.Quantile(sorted, Tail), SortedArrayStatistics.Quantile(sorted, 1 - Tail));
    }

    /// <summary>The numbers of one resample. A stream each, so that resamples may be drawn in any order.</summary>
    internal static CountedRandom Random(ulong seed, int resample) => new(seed, Stream | (uint)resample);

    /// <summary>Resamples on all cores.</summary>
    internal static void For(int count, CancellationToken cancel, Action<int> body)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel };
        try
        {
            Parallel.For(0, count, options, body);
        }
        catch (AggregateException several)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.Flatten().InnerExceptions[0]);
        }
    }

    private static int[][] Members(int count, int[]? cluster) => cluster is null
        ? [.. Enumerable.Range(0, count).Select(i => new[] { i })]
        : [.. Enumerable.Range(0, count).GroupBy(i => cluster[i]).Select(group => group.ToArray())];

    private static double Finite(double value) => double.IsFinite(value) ? value : throw new ArgumentException($"a statistic of {value} has no interval");
}
