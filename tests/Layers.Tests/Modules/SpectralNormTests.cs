using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class SpectralNormTests : ReferenceDevice
{
    [Fact]
    public void SigmaIsTheLargestSingularValueOfATwoByTwoMatrix()
    {
        using var scope = new Scope();
        using var linear = new Linear(Random, 2, 2, bias: false, spectralNorm: true);
        var (a, b, c, d) = (1.0, 2.0, -0.5, 3.0);
        linear.Weight.Write([a, b, c, d]);

        // σ² is the larger root of t² − (a² + b² + c² + d²)·t + (ad − bc)².
        var (trace, determinant) = (a * a + b * b + c * c + d * d, (a * d - b * c) * (a * d - b * c));
        var sigma = Math.Sqrt((trace + Math.Sqrt(trace * trace - 4 * determinant)) / 2);
        var identity = From(new Shape(2, 2), 1, 0, 0, 1);
        Tensor y = identity;
        for (var pass = 0; pass < 30; pass++)
            y = linear.Forward(identity);
        Close.Equal([a / sigma, c / sigma, b / sigma, d / sigma], y.ToDoubles(), 1e-9);
    }

    [Fact]
    public void TheNormalizedWeightOfAnyLayerHasNormOne()
    {
        using var scope = new Scope();
        using var down = new Convolution2d(Random, 3, 4, 3, bias: false, spectralNorm: true);
        using var up = new ConvolutionTransposed2d(Random, 3, 4, 3, bias: false, spectralNorm: true);
        foreach (var (layer, outputsLast) in new (WeightedLayer, bool)[] { (down, false), (up, true) })
        {
            var left = layer.NamedBuffers.Single(buffer => buffer.Name == "weight_u").Tensor;
            var right = layer.NamedBuffers.Single(buffer => buffer.Name == "weight_v").Tensor;
            var norm = new SpectralNorm(left, right, outputsLast);
            Tensor normal = layer.Weight;
            for (var pass = 0; pass < 200; pass++)
                normal = norm.Normalize(layer.Weight, training: true);
            var matrix = outputsLast ? normal.Reshape(-1, 4).Transpose().ToDoubles() : normal.ToDoubles();
            Close.Equal([1], [LargestSingularValue(matrix, rows: 4)], 1e-6);
        }
    }

    [Fact]
    public void TrainingMovesUAndEvaluationDoesNot()
    {
        using var scope = new Scope();
        using var linear = new Linear(Random, 5, 4, spectralNorm: true);
        Assert.Equal(["weight_orig", "bias"], linear.NamedParameters.Select(parameter => parameter.Name));
        Assert.Equal(["weight_u", "weight_v"], linear.NamedBuffers.Select(buffer => buffer.Name));
        linear.Weight.CopyFrom(Draw(8, 4, 5));
        var u = linear.NamedBuffers.First().Tensor;
        var before = u.ToDoubles();
        linear.Training = false;
        linear.Forward(Draw(1, 2, 5));
        Assert.Equal(before, u.ToDoubles());
        linear.Training = true;
        linear.Forward(Draw(1, 2, 5));
        Assert.NotEqual(before, u.ToDoubles());
        Close.Equal([1], [Math.Sqrt(u.ToDoubles().Sum(value => value * value))]);
    }

    [Fact]
    public void AGradientIsThatOfItsOwnPassThoughOthersFollow()
    {
        using var scope = new Scope();
        using var linear = new Linear(Random, 5, 4, bias: false, spectralNorm: true);
        linear.Weight.CopyFrom(Draw(8, 4, 5));
        var buffers = linear.NamedBuffers.Select(buffer => buffer.Tensor).ToArray();
        var start = buffers.Select(buffer => buffer.ToDoubles()).ToArray();
        var x = Draw(1, 2, 5);
        var expected = Tape.Gradients(linear.Forward(x).Square().Sum(), linear.Parameters)[0].ToDoubles();
        for (var i = 0; i < buffers.Length; i++)
            buffers[i].Write(start[i]);
        var loss = linear.Forward(x).Square().Sum();
        linear.Forward(x);
        Assert.Equal(expected, Tape.Gradients(loss, linear.Parameters)[0].ToDoubles());
    }

    /// <summary>The root of the largest eigenvalue of M·Mᵀ by Jacobi's rotations, which share nothing with power iteration.</summary>
    private static double LargestSingularValue(double[] matrix, int rows)
    {
        var columns = matrix.Length / rows;
        var a = new double[rows, rows];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < rows; j++)
                a[i, j] = Enumerable.Range(0, columns).Sum(k => matrix[i * columns + k] * matrix[j * columns + k]);
        }

        for (var sweep = 0; sweep < 50; sweep++)
        {
            for (var p = 0; p < rows; p++)
            {
                for (var q = p + 1; q < rows; q++)
                    Rotate(a, p, q, rows);
            }
        }

        return Math.Sqrt(Enumerable.Range(0, rows).Max(i => a[i, i]));
    }

    private static void Rotate(double[,] a, int p, int q, int n)
    {
        var angle = 0.5 * Math.Atan2(2 * a[p, q], a[q, q] - a[p, p]);
        var (cosine, sine) = (Math.Cos(angle), Math.Sin(angle));
        for (var k = 0; k < n; k++)
            (a[k, p], a[k, q]) = (cosine * a[k, p] - sine * a[k, q], sine * a[k, p] + cosine * a[k, q]);
        for (var k = 0; k < n; k++)
            (a[p, k], a[q, k]) = (cosine * a[p, k] - sine * a[q, k], sine * a[p, k] + cosine * a[q, k]);
    }
}
