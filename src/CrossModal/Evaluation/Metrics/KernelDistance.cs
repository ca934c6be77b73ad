using CrossModal.Kernels;

namespace CrossModal.Evaluation.Metrics;

/// <summary>
/// The kernel inception distance (Bińkowski et al. 2018): the squared maximum mean discrepancy of two sets of features with the kernel k(x,
/// y) = (x·y/d + 1)³, d the length of a row. Theirs is the mean of the unbiased estimate over subsets of 1000; this is the unbiased
/// estimate over all pairs at once, which is the same in the mean and varies less. It may come out below 0.
/// </summary>
internal static class KernelDistance
{
    private const int Tile = 64;

    /// <summary>Σ over i ≠ j of k(xᵢ, xⱼ) / (n (n − 1)) + the same of y − 2 Σ k(xᵢ, yⱼ) / (n m).</summary>
    /// <exception cref="BadInputException">Fewer than two rows, rows of different lengths, or a NaN.</exception>
    public static double Between(FeatureRows a, FeatureRows b)
    {
        Check(a, b);
        var plan = new ResamplingPlan(a.Count, new int[a.Count], b.Count, new int[b.Count], 0);
        return new Sums(a, b, plan).Distance(plan.Once());
    }

    /// <summary>
    /// The distance with its percentile interval and standard error. In a resample a unit that was drawn w times counts w times by itself,
    /// but is never paired with its own copies: they would make every resample look denser than a new drawing.
    /// </summary>
    /// <exception cref="BadInputException">Fewer than two rows, rows of different lengths, or a NaN.</exception>
    public static KernelFigure Measure(FeatureRows generated, FeatureRows real, ResamplingPlan plan,
        int resamples = Bootstrap.DistanceResamples, CancellationToken cancel = default) =>
        MeasureDrawn(generated, real, plan, resamples, cancel).Figure;

    /// <summary>The same, and what each resample said.</summary>
    internal static (KernelFigure Figure, double[] Drawn) MeasureDrawn(FeatureRows generated, FeatureRows real, ResamplingPlan plan,
        int resamples, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 2);
        Check(generated, real);
        var sums = new Sums(generated, real, plan, cancel);
        var drawn = new double[resamples];
        Bootstrap.For(resamples, cancel, r => drawn[r] = sums.Distance(plan.Weights(r)));
        var (low, high) = Bootstrap.Middle(drawn);
        var mean = drawn.Average();
        var error = Math.Sqrt(drawn.Sum(value => (value - mean) * (value - mean)) / (resamples - 1));
        return (new KernelFigure(sums.Distance(plan.Once()), low, high, error, plan.RealHalves() is { } halves ? sums.RealDistance(halves)
            : null, generated.Count, real.Count), drawn);
    }

    private static void Check(FeatureRows generated, FeatureRows real)
    {
        FeatureRows.RequireSameLength(generated, real, "kernel distance");
        if (generated.Count < 2 || real.Count < 2)
            throw new BadInputException(
                $"kernel distance: {generated.Count} generated and {real.Count} real samples have no pairs; give at least 2 of each");
        generated.RequireFinite("features of generated samples");
        real.RequireFinite("features of real samples");
    }

    /// <summary>The kernel's sums over each pair of units, from which the estimate of any resample follows.</summary>
    private sealed class Sums
    {
        private readonly bool _joint;
        private readonly int[] _generatedSizes, _realSizes;
        private readonly double[,] _within, _withinReal, _across;

        public Sums(FeatureRows generated, FeatureRows real, ResamplingPlan plan, CancellationToken cancel = default)
        {
            (_joint, _generatedSizes, _realSizes) = (plan.Joint, plan.GeneratedSizes.ToArray(), plan.RealSizes.ToArray());
            var length = generated.Length;
            var x = new Samples([.. generated.Values.Select(value => (double)value)], plan.GeneratedUnit, _generatedSizes.Length);
            var y = new Samples([.. real.Values.Select(value => (double)value)], plan.RealUnit, _realSizes.Length);
            (_within, _withinReal, _across) = (ByUnits(x, x, length, cancel), ByUnits(y, y, length, cancel), ByUnits(x, y, length, cancel));
        }

        public double Distance((int[] Generated, int[] Real) weights) =>
            Mean(_within, (_generatedSizes, weights.Generated), (_generatedSizes, weights.Generated), same: true, selves: 1)
            + Mean(_withinReal, (_realSizes, weights.Real), (_realSizes, weights.Real), same: true, selves: 1)
            - 2 * Mean(_across, (_generatedSizes, weights.Generated), (_realSizes, weights.Real), _joint, selves: 0);

        public double RealDistance((int[] First, int[] Second) halves) =>
            Mean(_withinReal, (_realSizes, halves.First), (_realSizes, halves.First), same: true, selves: 1)
            + Mean(_withinReal, (_realSizes, halves.Second), (_realSizes, halves.Second), same: true, selves: 1)
            - 2 * Mean(_withinReal, (_realSizes, halves.First), (_realSizes, halves.Second), same: false, selves: 0);

        /// <param name="same">Whether row and column of one number are the same unit.</param>
        /// <param name="selves">1 where a sample must not be paired with itself.</param>
        private static double Mean(double[,] sums, (int[] Sizes, int[] Weights) rows, (int[] Sizes, int[] Weights) columns, bool same,
            int selves)
        {
            var (sum, pairs) = (0.0, 0.0);
            for (var a = 0; a < rows.Sizes.Length; a++)
            {
                if (rows.Weights[a] == 0)
                    continue;
                for (var b = 0; b < columns.Sizes.Length; b++)
                {
                    var alike = same && a == b;
                    var weight = alike ? rows.Weights[a] : (double)rows.Weights[a] * columns.Weights[b];
                    sum += weight * sums[a, b];
                    pairs += weight * rows.Sizes[a] * (columns.Sizes[b] - (alike ? selves : 0));
                }
            }

            return sum / pairs;
        }

        private static double[,] ByUnits(Samples x, Samples y, int length, CancellationToken cancel)
        {
            var itself = ReferenceEquals(x, y);
            var (unit, otherUnit) = (x.Unit, y.Unit);
            var byRow = new double[unit.Length, y.Units];
            Bootstrap.For((unit.Length + Tile - 1) / Tile, cancel, tile =>
            {
                var (first, last) = (tile * Tile, Math.Min(unit.Length, (tile + 1) * Tile));
                for (var start = 0; start < otherUnit.Length; start += Tile)
                {
                    var end = Math.Min(otherUnit.Length, start + Tile);
                    for (var i = first; i < last; i++)
                    {
                        var row = x.Values.AsSpan(i * length, length);
                        for (var j = start; j < end; j++)
                        {
                            if (itself && i == j)
                                continue;
                            var inner = InnerProduct.Of<double>(row, y.Values.AsSpan(j * length, length)) / length + 1;
                            byRow[i, otherUnit[j]] += inner * inner * inner;
                        }
                    }
                }
            });

            // Added in the order of rows, so that the sums do not depend on which thread was first.
            var sums = new double[x.Units, y.Units];
            for (var i = 0; i < unit.Length; i++)
            {
                for (var b = 0; b < y.Units; b++)
                    sums[unit[i], b] += byRow[i, b];
            }

            return sums;
        }

        /// <summary>One of the two sets: its rows one after another, and the unit of each row.</summary>
        private sealed record Samples(double[] Values, int[] Unit, int Units);
    }
}
