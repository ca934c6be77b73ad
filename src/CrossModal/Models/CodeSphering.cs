using CrossModal.Layers;
using CrossModal.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace CrossModal.Models;

/// <summary>
/// Lays codes out anew, so that within a class they go about equally far in every direction: c ↦ (c − m) (S + εI)^−½ / r, with S the
/// covariance within classes (the sphering of linear discriminant analysis; Hastie, Tibshirani and Friedman 2009, 4.3) and r such that the
/// numbers have mean square 1. As an encoder makes them, codes vary up to seventeen times as much along one direction, loudness or
/// register, as along another that tells where a hand lies on its string; a generator learns the one at once and the other hardly at all.
/// Until <see cref="Fit"/> codes stay as they are.
/// </summary>
internal sealed class CodeSphering : Module
{
    /// <summary>Deviations far below this stay small: there is nothing but rounding and chance in them. Codes are in (−1, 1).</summary>
    private const double LeastDeviation = 0.03;

    private readonly Tensor _mean, _matrix;

    /// <param name="codeSize">Numbers of a code.</param>
    public CodeSphering(Device device, int codeSize)
        : base(device)
    {
        _mean = AddBuffer("mean", new Shape(1, codeSize), 0);
        _matrix = AddBuffer("matrix", new Shape(codeSize, codeSize), 0);
        Write(Vector<double>.Build.Dense(codeSize), Matrix<double>.Build.DenseIdentity(codeSize));
    }

    /// <summary>Codes [batch, code] to codes of the same shape.</summary>
    public Tensor Forward(Tensor codes) => (codes - _mean).MatrixProduct(_matrix);

    /// <summary>Measures how codes lie.</summary>
    /// <param name="codes">[count, code].</param>
    /// <param name="classes">Of each code.</param>
    /// <exception cref="ArgumentException">No codes, or not as many classes.</exception>
    public void Fit(ReadOnlySpan<float> codes, IReadOnlyList<int> classes)
    {
        var (count, size) = (classes.Count, (int)_mean.Count);
        if (count == 0 || codes.Length != count * size)
            throw new ArgumentException($"sphering: {codes.Length} numbers are not {count} codes of {size}", nameof(codes));
        var values = Matrix<double>.Build.DenseOfRowMajor(count, size, codes.ToArray().Select(value => (double)value));
        var mean = values.ColumnSums() / count;
        var within = values.Clone();
        foreach (var members in Enumerable.Range(0, count).GroupBy(i => classes[i]).Select(members => members.ToArray()))
        {
            var center = members.Aggregate(Vector<double>.Build.Dense(size), (sum, i) => sum + values.Row(i)) / members.Length;
            foreach (var i in members)
                within.SetRow(i, values.Row(i) - center);
        }

        var directions = (within.TransposeThisAndMultiply(within) / count).Evd(Symmetricity.Symmetric);
        var scales = directions.EigenValues.Map(variance => 1 / Math.Sqrt(Math.Max(0, variance.Real) + LeastDeviation * LeastDeviation));
        var matrix = directions.EigenVectors * Matrix<double>.Build.DenseOfDiagonalVector(scales) * directions.EigenVectors.Transpose();
        var sphered = (values - Matrix<double>.Build.Dense(count, size, (_, k) => mean[k])) * matrix;
        var rootMeanSquare = sphered.FrobeniusNorm() / Math.Sqrt((double)count * size);
        Write(mean, rootMeanSquare > 0 ? matrix / rootMeanSquare : matrix);
    }

    private void Write(Vector<double> mean, Matrix<double> matrix)
    {
        _mean.Write(mean.ToArray());
        _matrix.Write(matrix.ToRowMajorArray());
    }
}
