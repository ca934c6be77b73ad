using MathNet.Numerics.LinearAlgebra;

namespace CrossModal.Evaluation;

/// <summary>
/// How much of a pose a sound's code still tells: from the codes of training sounds each component is fitted within each instrument, and
/// foretold for other songs. A straight line (ridge regression) shows what lies open; a smooth curve (kernel ridge regression with a
/// Gaussian kernel) what a network behind the code could get at. For measuring only: no encoder is trained by it.
/// </summary>
internal static class PoseProbe
{
    /// <summary>Ridge on codes of deviation 1: small beside the hundreds of examples of an instrument.</summary>
    private const double LinearRidge = 3, KernelRidge = 0.1;

    /// <summary>
    /// Predictions [count, components] for <paramref name="codes"/> [count, size], fitted on the training codes and their targets.
    /// </summary>
    /// <param name="targets">Standardized within each instrument; what is unknown is not fitted.</param>
    public static float[] Predict(float[] trainCodes, PoseTargets targets, float[] codes, int[] classes, bool linear)
    {
        var size = trainCodes.Length / targets.Count;
        var predictions = new float[classes.Length * PoseTargets.Components.Count];
        foreach (var c in classes.Distinct())
        {
            int[] train = [.. Enumerable.Range(0, targets.Count).Where(i => targets.Classes[i] == c)];
            int[] asked = [.. Enumerable.Range(0, classes.Length).Where(i => classes[i] == c)];
            if (train.Length == 0)
                continue;
            var (x, z) = (Matrix(trainCodes, train, size), Matrix(codes, asked, size));
            Standardize(x, z);
            var (gram, cross) = linear ? (x * x.Transpose(), z * x.Transpose()) : (Gaussian(x, x), Gaussian(z, x));
            var solver = (gram + (linear ? LinearRidge : KernelRidge) * CreateIdentity(train.Length)).Cholesky();
            for (var component = 0; component < PoseTargets.Components.Count; component++)
            {
                if (!targets.Known[PoseTargets.At(train[0], component)])
                    continue;
                var y = Vector<double>.Build.Dense(train.Length, i => targets.Values[PoseTargets.At(train[i], component)]);
                var foretold = cross * solver.Solve(y);
                for (var i = 0; i < asked.Length; i++)
                    predictions[PoseTargets.At(asked[i], component)] = (float)foretold[i];
            }
        }

        return predictions;
    }

    private static Matrix<double> CreateIdentity(int size) => Matrix<double>.Build.DenseIdentity(size);

    private static Matrix<double> Matrix(float[] codes, int[] rows, int size) =>
        Matrix<double>.Build.Dense(rows.Length, size, (i, k) => codes[rows[i] * size + k]);

    /// <summary>Both by the mean and deviation of the first.</summary>
    private static void Standardize(Matrix<double> x, Matrix<double> z)
    {
        for (var k = 0; k < x.ColumnCount; k++)
        {
            var mean = x.Column(k).Average();
            var deviation = Math.Sqrt(x.Column(k).Average(value => (value - mean) * (value - mean))) + 1e-9;
            x.SetColumn(k, (x.Column(k) - mean) / deviation);
            z.SetColumn(k, (z.Column(k) - mean) / deviation);
        }
    }

    /// <summary>exp(−|a − b|² / (2 · size)): the typical squared distance of codes of deviation 1 is twice their size.</summary>
    private static Matrix<double> Gaussian(Matrix<double> a, Matrix<double> b)
    {
        var products = a * b.Transpose();
        double[] left = [.. a.EnumerateRows().Select(row => row.DotProduct(row))],
            right = [.. b.EnumerateRows().Select(row => row.DotProduct(row))];
        return Matrix<double>.Build.Dense(a.RowCount, b.RowCount, (i, k) =>
            Math.Exp((products[i, k] - 0.5 * (left[i] + right[k])) / a.ColumnCount));
    }
}
