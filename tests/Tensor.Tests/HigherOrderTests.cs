namespace CrossModal.Tensors.Tests;

/// <summary>Gradients of gradients, against formulas and differences.</summary>
public sealed class HigherOrderTests : IDisposable
{
    private readonly Device _device = Device.Open("reference");
    private readonly Scope _scope = new();

    public void Dispose()
    {
        _scope.Dispose();
        Assert.Equal(0, _device.LiveBytes);
        _device.Dispose();
    }

    [Fact]
    public void TheThirdDerivativeOfAPower()
    {
        var x = Leaf(new Shape(3), [0.5, -2, 3]);
        var first = Tape.Gradients(x.Square().Square().Sum(), [x], differentiable: true)[0];
        var second = Tape.Gradients(first.Sum(), [x], differentiable: true)[0];
        var third = Tape.Gradients(second.Sum(), [x])[0];
        Assert.Equal([12, -48, 72], third.ToDoubles());
    }

    [Theory]
    [InlineData("tanh")]
    [InlineData("sigmoid")]
    [InlineData("softplus")]
    [InlineData("exp")]
    [InlineData("sin")]
    [InlineData("log")]
    public void ThirdDerivativesOfFunctions(string name)
    {
        const double At = 0.7;
        var x = Leaf(new Shape(1), [At]);
        var (s, t) = (1 / (1 + Math.Exp(-At)), Math.Tanh(At));
        var (y, expected) = name switch
        {
            "tanh" => (x.Tanh(), (1 - t * t) * (6 * t * t - 2)),
            "sigmoid" => (x.Sigmoid(), s * (1 - s) * (1 - 6 * s + 6 * s * s)),
            "softplus" => (x.Softplus(), s * (1 - s) * (1 - 2 * s)),
            "exp" => (x.Exp(), Math.Exp(At)),
            "sin" => (x.Sin(), -Math.Cos(At)),
            _ => (x.Log(), 2 / (At * At * At)),
        };
        var first = Tape.Gradients(y.Sum(), [x], differentiable: true)[0];
        var second = Tape.Gradients(first.Sum(), [x], differentiable: true)[0];
        Assert.Equal(expected, Tape.Gradients(second.Sum(), [x])[0].Item(), 12);
    }

    /// <summary>f = ½ xᵀAx + Σ x⁴ has the Hessian (A + Aᵀ) / 2 + 12 diag(x²).</summary>
    [Fact]
    public void TheHessianTimesAVector()
    {
        double[] a = [2, -1, 0.5, 3, 1, 0, -2, 4, 1.5], at = [1, -0.5, 2], v = [0.3, -1, 0.25];
        var x = Leaf(new Shape(3), at);
        var column = x.Reshape(3, 1);
        var matrix = Tensor.From(_device, new Shape(3, 3), a);
        var f = 0.5 * column.MatrixProduct(matrix.MatrixProduct(column), transposeThis: true).Sum() + x.Square().Square().Sum();
        var gradient = Tape.Gradients(f, [x], differentiable: true)[0];
        var product = Tape.Gradients((gradient * Tensor.From(_device, new Shape(3), v)).Sum(), [x])[0].ToDoubles();
        for (var i = 0; i < 3; i++)
        {
            var expected = 12 * at[i] * at[i] * v[i];
            for (var j = 0; j < 3; j++)
                expected += (a[3 * i + j] + a[3 * j + i]) / 2 * v[j];
            Assert.Equal(expected, product[i], 12);
        }
    }

    /// <summary>
    /// R1 (Mescheder et al. 2018): the squared length of the discriminator's gradient by the image, differentiated by the discriminator's
    /// weights.
    /// </summary>
    [Fact]
    public void AGradientPenalty()
    {
        using var random = new RandomStream(_device, 5);
        var image = random.Normal(new Shape(3, 6, 6, 2));
        image.RequiresGradient = true;
        Tensor[] parameters =
        [
            random.Normal(new Shape(4, 3, 3, 2), 0, 0.4), random.Uniform(new Shape(4), 0.5, 1.5), random.Normal(new Shape(4)),
                random.Normal(new Shape(2, 4, 4, 4), 0, 0.4),
        ];
        foreach (var parameter in parameters)
            parameter.RequiresGradient = true;

        Tensor Penalty(bool differentiable)
        {
            var h = image.Convolution(parameters[0], new(Padding: 1)).BatchNorm(parameters[1], parameters[2], 1, 1e-5, 0.2, out _, out _);
            var score = h.Convolution(parameters[3], new(Stride: 2)).Tanh().Sum();
            return Tape.Gradients(score, [image], differentiable)[0].Square().Sum() / 3;
        }

        var gradients = Tape.Gradients(Penalty(differentiable: true), parameters);
        const double Step = 1e-5;
        foreach (var (parameter, gradient) in parameters.Zip(gradients))
        {
            var (at, analytic) = (parameter.ToDoubles(), gradient.ToDoubles());
            for (var i = 0; i < at.Length; i += 1 + at.Length / 7)
            {
                double Shifted(double step)
                {
                    using var inner = new Scope();
                    var moved = (double[])at.Clone();
                    moved[i] += step;
                    parameter.Write(moved);
                    return Penalty(differentiable: false).Item();
                }

                // The fused gradient of batch norm, without a graph, must be the one that the graph differentiates.
                var differences = (Shifted(Step) - Shifted(-Step)) / (2 * Step);
                parameter.Write(at);
                Assert.InRange(analytic[i] - differences, -1e-6 * Math.Max(1, Math.Abs(differences)),
                    1e-6 * Math.Max(1, Math.Abs(differences)));
            }
        }
    }

    private Tensor Leaf(Shape shape, double[] values)
    {
        var tensor = Tensor.From(_device, shape, values);
        tensor.RequiresGradient = true;
        return tensor;
    }
}
