using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>A derivative that differences do not confirm.</summary>
public sealed record GradientMismatch(string Case, string What, double Tape, double Differences, double ShareOfTolerance)
{
    public override string ToString() =>
        $"{Case}: {What}: {Tape:g9} on the tape, {Differences:g9} by differences, {ShareOfTolerance:0.#} times the tolerance";
}

/// <summary>
/// Holds the tape's derivatives against central differences, (f(x + h) − f(x − h)) / 2h, in float64 on <c>reference</c>.
/// </summary>
/// <remarks>
/// Step: the formula is off by h²·f‴/6, the rounding of f by ε·f/h with ε = 2⁻⁵²; both are smallest together at h = ∛ε ≈ 6e-6, with an
/// error of about 4e-11 times the size of f and of its third derivative. Tolerance: 1e-6 of the largest number at hand leaves a factor of
/// ten thousand for both and is still a thousand times below what a wrong formula makes. Along single elements the check names the one that
/// is wrong; with more than <see cref="Elements"/> of them it takes as many by chance. Along one random direction it sees all of them at
/// once.
/// </remarks>
public static class GradientCheck
{
    private const double Step = 6e-6, Tolerance = 1e-6;
    private const int Elements = 10;

    /// <summary>The gradient of Σ weights · f(x), for a random weight each output.</summary>
    public static IReadOnlyList<GradientMismatch> FirstOrder(OpCase opCase)
    {
        using var device = Device.Open("reference");
        using var scope = new Scope();
        var inputs = opCase.CreateInputs(device, differentiable: true);
        var output = opCase.Function(device, inputs);
        var weights = opCase.CreateWeights(device, output.Shape, 0);
        var by = inputs.Where(input => input.RequiresGradient).ToArray();
        var gradients = Tape.Gradients((output * weights).Sum(), by);
        return Compare(opCase, by, gradients, () =>
        {
            using var pause = Tape.Paused();
            return (opCase.Function(device, inputs) * weights).Sum().Item();
        });
    }

    /// <summary>
    /// The gradient of Σ direction · ∂(Σ weights · f(x))/∂x, once more by random numbers, with the weights among the inputs: so what is
    /// checked is the Hessian times a vector and, by the weights, the Jacobian times a vector, which is how a gradient op depends on the
    /// gradient that it was given.
    /// </summary>
    public static IReadOnlyList<GradientMismatch> SecondOrder(OpCase opCase)
    {
        using var device = Device.Open("reference");
        using var scope = new Scope();
        var inputs = opCase.CreateInputs(device, differentiable: true);
        Shape shape;
        using (Tape.Paused())
            shape = opCase.Function(device, inputs).Shape;
        var weights = opCase.CreateWeights(device, shape, 0);
        weights.RequiresGradient = true;
        var by = inputs.Where(input => input.RequiresGradient).ToArray();
        var directions = by.Select((input, i) => opCase.CreateWeights(device, input.Shape, 1 + i)).ToArray();
        Tensor Contraction(bool differentiable)
        {
            var gradients = Tape.Gradients((opCase.Function(device, inputs) * weights).Sum(), by, differentiable);
            return gradients.Select((gradient, i) => (gradient * directions[i]).Sum()).Aggregate((a, b) => a + b);
        }

        Tensor[] all = [.. by, weights];
        return Compare(opCase, all, Tape.Gradients(Contraction(differentiable: true), all), () =>
            Contraction(differentiable: false).Item());
    }

    private static List<GradientMismatch> Compare(OpCase opCase, Tensor[] by, Tensor[] gradients, Func<double> function)
    {
        var analytic = System.Array.ConvertAll(gradients, gradient => gradient.ToDoubles());
        var scale = Math.Max(Math.Abs(Evaluate(function)), analytic.SelectMany(gradient => gradient).Select(Math.Abs).DefaultIfEmpty()
            .Max());
        var mismatches = new List<GradientMismatch>();
        for (var i = 0; i < by.Length; i++)
        {
            var random = new Kernels.CountedRandom(opCase.Seed, (ulong)(2000 + i));
            var count = (int)by[i].Count;
            for (var n = 0; n < Math.Min(count, Elements); n++)
            {
                var element = count <= Elements ? n : random.NextInt(count);
                var direction = new double[count];
                direction[element] = 1;
                Check($"argument {i} {by[i].Shape} element {element}", analytic[i][element], direction, 1);
            }

            if (count > Elements)
            {
                var direction = System.Array.ConvertAll(new double[count], _ => (double)random.NextNormal());
                Check($"argument {i} {by[i].Shape} along a random direction", analytic[i].Zip(direction, (a, b) => a * b).Sum(), direction,
                    Math.Sqrt(count));
            }

            void Check(string what, double tape, double[] direction, double length)
            {
                var at = by[i].ToDoubles();
                var differences = (Shifted(Step / length) - Shifted(-Step / length)) / (2 * Step / length);
                by[i].Write(at);
                var share = Math.Abs(tape - differences) / (Tolerance * length * Math.Max(1, scale));
                if (!(share <= 1))
                    mismatches.Add(new GradientMismatch(opCase.Name, what, tape, differences, share));
                double Shifted(double step)
                {
                    by[i].Write(at.Zip(direction, (value, d) => value + step * d).ToArray());
                    return Evaluate(function);
                }
            }
        }

        return mismatches;
    }

    private static double Evaluate(Func<double> function)
    {
        using var scope = new Scope();
        return function();
    }
}
