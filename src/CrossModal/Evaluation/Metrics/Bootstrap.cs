using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using CrossModal.Kernels;
using MathNet.Numerics.Statistics;

namespace CrossModal.Evaluation.Metrics;

/// <summary>
/// Percentile intervals (Efron and Tibshirani 1993, chapter 13): samples are drawn again with replacement, and the middle 95 % of what the
/// statistic then says are the interval. Windows of one song overlap and are no independent samples: give each sample's song, and whole
/// songs are drawn again.
/// </summary>
internal static class Bootstrap
{
    /// <summary>Resamples of a statistic that is a sum over samples.</summary>
    public const int Resamples = 1000;

    /// <summary>
    /// Resamples of a Fréchet or kernel distance, each of which costs an eigendecomposition or a quadratic form; enough for a standard
    /// error to within a tenth.
    /// </summary>
    public const int DistanceResamples = 100;

    private const double Tail = 0.025;

    /// <param name="count">How many samples there are.</param>
    /// <param name="statistic">From the indices of samples, each as often as it was drawn, to a number. It is called from several threads
    /// at once.</param>
    /// <param name="seed">The same seed gives the same interval, whatever the number of threads.</param>
    /// <param name="cluster">The song of each sample; null where samples are independent.</param>
    /// <param name="resamples">How often is drawn.</param>
    /// <exception cref="ArgumentException">There is no sample, <paramref name="cluster"/> is of another length, or the statistic gave a NaN
    /// or an infinity.</exception>
    public static Interval Percentile(int count, Func<ReadOnlySpan<int>, double> statistic, ulong seed, int[]? cluster = null,
        int resamples = Resamples, CancellationToken cancel = default)
    {
        var (value, drawn) = Draw(count, statistic, seed, cluster, resamples, cancel);
        var (low, high) = Middle(drawn);
        return new Interval(value, low, high);
    }

    /// <summary>The mean of the values, with its interval: <see cref="Percentile"/> of it, faster.</summary>
    public static Interval Mean(double[] values, ulong seed, int[]? cluster = null, CancellationToken cancel = default)
    {
        if (cluster is not null && cluster.Length != values.Length)
            throw new ArgumentException($"{cluster.Length} clusters for {values.Length} samples", nameof(cluster));
        var members = Members(values.Length, cluster);
        double[] sums = [.. members.Select(of => of.Sum(i => values[i]))];
        return Percentile(members.Length, indices =>
        {
            var (sum, count) = (0.0, 0);
            foreach (var u in indices)
            {
                sum += sums[u];
                count += members[u].Length;
            }

            return sum / count;
        }, seed, cancel: cancel);
    }

    /// <summary>How many units are drawn: songs where they are given, else samples.</summary>
    public static int Units(int count, int[]? cluster) => cluster?.Distinct().Count() ?? count;

    /// <summary>What the statistic says of all samples, and of each resample.</summary>
    internal static (double Value, double[] Drawn) Draw(int count, Func<ReadOnlySpan<int>, double> statistic, ulong seed, int[]? cluster,
        int resamples, CancellationToken cancel)
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
            drawn[r] = Finite(statistic(CollectionsMarshal.AsSpan(indices)));
        });
        int[] all = [.. Enumerable.Range(0, count)];
        return (Finite(statistic(all)), drawn);
    }

    /// <summary>
    /// The middle 95 % of what the resamples said, moved so that their mean is the value, and kept within what is possible: for a statistic
    /// that repeated samples shift to one side.
    /// </summary>
    internal static Interval Centered(double value, double[] drawn, double least, double most)
    {
        var ((low, high), shift) = (Middle(drawn), value - drawn.Average());
        return new Interval(value, Math.Clamp(low + shift, least, most), Math.Clamp(high + shift, least, most));
    }

    /// <summary>The middle 95 % of what the resamples said.</summary>
    internal static (double Low, double High) Middle(double[] drawn)
    {
        double[] sorted = [.. drawn.Order()];
        return (SortedArrayStatistics.Quantile(sorted, Tail), SortedArrayStatistics.Quantile(sorted, 1 - Tail));
    }

    /// <summary>The numbers of one resample. A stream each, so that resamples may be drawn in any order.</summary>
    internal static CountedRandom Random(ulong seed, int resample) => new(seed, RandomStreams.Bootstrap | (uint)resample);

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
            ExceptionDispatchInfo.Throw(several.Flatten().InnerExceptions[0]);
        }
    }

    private static int[][] Members(int count, int[]? cluster) => cluster is null
        ? [.. Enumerable.Range(0, count).Select(i => new[] { i })]
        : [.. Enumerable.Range(0, count).GroupBy(i => cluster[i]).Select(group => group.ToArray())];

    private static double Finite(double value) =>
        double.IsFinite(value) ? value : throw new ArgumentException($"a statistic of {value} has no interval");
}
