using CrossModal.Kernels;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace CrossModal.Evaluation.Metrics;

/// <summary>
/// ‖μ₁ − μ₂‖² + Tr(Σ₁ + Σ₂ − 2 (Σ₁^½ Σ₂ Σ₁^½)^½) between two sets of features, as if each were normally distributed: the Fréchet inception
/// distance (Heusel et al. 2017), and on a sound judge's features the Fréchet audio distance (Kilgour et al. 2019). Covariances are over
/// count − 1. In float64; a covariance of less than full rank is no trouble: its null space adds nothing.
/// </summary>
internal static class FrechetDistance
{
    /// <summary>The distance from 1 to the next float64.</summary>
    private const double MachineEpsilon = 2.220446049250313e-16;

    /// <exception cref="BadInputException">Fewer than two rows, rows of different lengths, or a NaN.</exception>
    public static double Between(FeatureRows a, FeatureRows b)
    {
        Check(a, b);
        var plan = new ResamplingPlan(a.Count, new int[a.Count], b.Count, new int[b.Count], 0);
        return new Sums(a, b, plan).Distance(plan.Once());
    }

    /// <summary>
    /// The distance with its interval. A resample repeats samples, has a covariance of lower rank and lies further off than the sets
    /// themselves; so the interval is the spread of the resamples, moved so that their mean is the value (and never below 0). It says how
    /// much the value would vary, not that few samples make every Fréchet distance too large.
    /// </summary>
    /// <exception cref="BadInputException">Fewer than two rows, rows of different lengths, or a NaN.</exception>
    public static FrechetFigure Measure(FeatureRows generated, FeatureRows real, ResamplingPlan plan,
        int resamples = Bootstrap.DistanceResamples, CancellationToken cancel = default)
    {
        Check(generated, real);
        var sums = new Sums(generated, real, plan);
        var value = sums.Distance(plan.Once());
        var drawn = new double[resamples];
        Bootstrap.For(resamples, cancel, r => drawn[r] = sums.Distance(plan.Weights(r)));
        var interval = Bootstrap.Centered(value, drawn, 0, double.PositiveInfinity);
        return new FrechetFigure(value, interval.Low, interval.High, plan.RealHalves() is { } halves ? sums.RealDistance(halves)
            : null, generated.Count, real.Count);
    }

    private static void Check(FeatureRows generated, FeatureRows real)
    {
        FeatureRows.RequireSameLength(generated, real, "Fréchet distance");
        if (generated.Count < 2 || real.Count < 2)
            throw new BadInputException(
                $"Fréchet distance: {generated.Count} generated and {real.Count} real samples have no covariance; give at least 2 of each");
        generated.RequireFinite("features of generated samples");
        real.RequireFinite("features of real samples");
    }

    private static double Distance((Vector<double> Mean, Matrix<double> Covariance) a, (Vector<double> Mean, Matrix<double> Covariance) b)
    {
        // With Σ₁ = V Λ Vᵀ, the matrix Λ^½ Vᵀ Σ₂ V Λ^½ has the eigenvalues of Σ₁^½ Σ₂ Σ₁^½ that are not 0.
        var first = a.Covariance.Evd(Symmetricity.Symmetric);
        var eigenvalues = first.EigenValues.Select(value => value.Real).ToArray();
        var least = eigenvalues.Max() * eigenvalues.Length * MachineEpsilon;
        int[] kept = [.. Enumerable.Range(0, eigenvalues.Length).Where(i => eigenvalues[i] > least)];
        var trace = 0.0;
        if (kept.Length > 0)
        {
            // Rows of the library's symmetric matrices are their columns. Its own product shares the work out by the number of cores, and
            // rounds accordingly.
            double[][] scaled = [.. kept.Select(k => (first.EigenVectors.Column(k) * Math.Sqrt(eigenvalues[k])).ToArray())];
            double[][] columns = b.Covariance.ToColumnArrays();
            double[][] half = [.. scaled.Select(row => columns.Select(column => InnerProduct.Of<double>(row, column)).ToArray())];
            var symmetric = new DenseMatrix(kept.Length);
            for (var row = 0; row < kept.Length; row++)
            {
                for (var column = 0; column <= row; column++)
                    symmetric[row, column] = symmetric[column, row] = InnerProduct.Of<double>(half[row], scaled[column]);
            }

            trace = symmetric.Evd(Symmetricity.Symmetric).EigenValues.Sum(value => Math.Sqrt(Math.Max(0, value.Real)));
        }

        var apart = a.Mean - b.Mean;
        return Math.Max(0, apart * apart + a.Covariance.Trace() + b.Covariance.Trace() - 2 * trace);
    }

    /// <summary>
    /// Of each unit the sums of x and of x xᵀ, about the mean of all, from which mean and covariance of any resample follow.
    /// </summary>
    private sealed class Sums
    {
        private readonly int _length;
        private readonly double[]?[] _generated, _real;
        private readonly int[] _generatedSizes, _realSizes;

        public Sums(FeatureRows generated, FeatureRows real, ResamplingPlan plan)
        {
            _length = generated.Length;
            (_generatedSizes, _realSizes) = (plan.GeneratedSizes.ToArray(), plan.RealSizes.ToArray());
            var center = Center(generated, real);
            _generated = Of(generated, plan.GeneratedUnit, _generatedSizes.Length, center);
            _real = Of(real, plan.RealUnit, _realSizes.Length, center);
        }

        public double Distance((int[] Generated, int[] Real) weights) =>
            FrechetDistance.Distance(Moments(_generated, _generatedSizes, weights.Generated), Moments(_real, _realSizes, weights.Real));

        public double RealDistance((int[] First, int[] Second) halves) =>
            FrechetDistance.Distance(Moments(_real, _realSizes, halves.First), Moments(_real, _realSizes, halves.Second));

        private static double[] Center(FeatureRows a, FeatureRows b)
        {
            var center = new double[a.Length];
            foreach (var rows in new[] { a, b })
            {
                for (var i = 0; i < rows.Values.Length; i++)
                    center[i % rows.Length] += rows.Values[i];
            }

            return [.. center.Select(sum => sum / (a.Count + b.Count))];
        }

        /// <summary>
        /// One array a unit: the sum of x, then the lower triangle of the sum of x xᵀ, row by row. A unit without samples has none.
        /// </summary>
        private static double[]?[] Of(FeatureRows rows, int[] unit, int units, double[] center)
        {
            var sums = new double[]?[units];
            var x = new double[rows.Length];
            for (var i = 0; i < rows.Count; i++)
            {
                var sum = sums[unit[i]] ??= new double[rows.Length + rows.Length * (rows.Length + 1) / 2];
                var row = rows.Row(i);
                for (var k = 0; k < x.Length; k++)
                {
                    x[k] = row[k] - center[k];
                    sum[k] += x[k];
                }

                var at = x.Length;
                for (var k = 0; k < x.Length; at += ++k)
                    AddScaled(sum.AsSpan(at, k + 1), x.AsSpan(0, k + 1), x[k]);
            }

            return sums;
        }

        private (Vector<double> Mean, Matrix<double> Covariance) Moments(double[]?[] sums, int[] sizes, int[] weights)
        {
            var total = new double[_length + _length * (_length + 1) / 2];
            var count = 0.0;
            for (var u = 0; u < sums.Length; u++)
            {
                if (weights[u] == 0 || sums[u] is not { } sum)
                    continue;
                count += (double)weights[u] * sizes[u];
                AddScaled(total, sum, weights[u]);
            }

            var mean = new DenseVector(_length);
            for (var k = 0; k < _length; k++)
                mean[k] = total[k] / count;
            var covariance = new DenseMatrix(_length);
            for (int row = 0, at = _length; row < _length; row++)
            {
                for (var column = 0; column <= row; column++, at++)
                    covariance[row, column] = covariance[column, row] = (total[at] - count * mean[row] * mean[column]) / (count - 1);
            }

            return (mean, covariance);
        }

        private static void AddScaled(Span<double> sum, ReadOnlySpan<double> values, double factor)
        {
            var (width, i) = (System.Numerics.Vector<double>.Count, 0);
            for (; i <= values.Length - width; i += width)
                (new System.Numerics.Vector<double>(sum[i..]) + new System.Numerics.Vector<double>(values[i..]) * factor).CopyTo(sum[i..]);
            for (; i < values.Length; i++)
                sum[i] += values[i] * factor;
        }
    }
}
