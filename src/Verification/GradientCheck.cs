using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>A derivative that differences do not confirm.</summary>
/// <param name="What">Of which function, by which argument, along which direction.</param>
/// <param name="Tape">The derivative on the tape.</param>
/// <param name="Differences">The derivative by differences.</param>
/// <param name="ShareOfTolerance">How often the difference of the two would fit into what is allowed.</param>
public sealed record GradientMismatch(string What, double Tape, double Differences, double ShareOfTolerance)
{
    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"{What}: {Tape:g9} on the tape, {Differences:g9} by differences, ")
            + FormattableString.Invariant($"{ShareOfTolerance:0.#} times the tolerance");
}

/// <summary>Derivatives that differences do not confirm; the message names the first of them.</summary>
/// <param name="mismatches">All of them.</param>
public sealed class GradientCheckException(IReadOnlyList<GradientMismatch> mismatches)
    : Exception(mismatches.Count == 1 ? $"{mismatches[0]}" : $"{mismatches[0]}; and {mismatches.Count - 1} more")
{
    /// <summary>All derivatives that are wrong.</summary>
    public IReadOnlyList<GradientMismatch> Mismatches => mismatches;
}

/// <summary>
/// Compares derivatives on the tape with central differences, (f(x + h) − f(x − h)) / 2h, in float64 on the device <c>reference</c>: of a
/// function of tensors, of a layer by its parameters, of an op of your own.
/// </summary>
/// <remarks>
/// Step: the formula is off by h²·f‴/6, the rounding of f by ε·f/h with ε = 2⁻⁵²; both are smallest together at h = ∛ε ≈ 6e-6, with an
/// error of about 4e-11 times the size of f and of its third derivative. Tolerance: 1e-6 of the largest number at hand leaves a factor of
/// ten thousand for both and is still a thousand times below what a wrong formula makes. Along single elements the check names the one that
/// is wrong; with more than <see cref="Elements"/> of them it takes as many by chance. Along one random direction it sees all of them at
/// once. Keep inputs away from kinks (0 of a ReLU, ties of a maximum): a difference across one is no derivative.
/// </remarks>
public static class GradientCheck
{
    private const double Step = 6e-6, Tolerance = 1e-6;
    private const int Elements = 10;

    /// <summary>
    /// Checks the first and second derivatives of a function by all of its inputs, which are drawn and lie on <c>reference</c>. A result
    /// of more than one number is contracted with random weights.
    /// </summary>
    /// <param name="function">The inputs as tensors; called many times, always on the same tensors.</param>
    /// <param name="inputs">Shape and kind of the numbers of each input.</param>
    /// <exception cref="GradientCheckException">A derivative is not what differences say.</exception>
    public static void Verify(Func<Tensor[], Tensor> function, params OpInput[] inputs)
    {
        var opCase = new OpCase("function", "the function", inputs, (_, x) => function(x), Verification.Tolerance.Exact);
        ThrowIfAny([.. FirstOrder(opCase), .. SecondOrder(opCase)]);
    }

    /// <summary>Checks the first and second derivatives of a function by tensors that it uses, such as the parameters of a layer.</summary>
    /// <param name="function">Called many times; it may take gradients itself, if it asks for differentiable ones.</param>
    /// <param name="by">Tensors on <c>reference</c>; afterwards they hold what they held before.</param>
    /// <exception cref="GradientCheckException">A derivative is not what differences say.</exception>
    /// <exception cref="ArgumentException">The tensors are not of float64.</exception>
    public static void Verify(Func<Tensor> function, params IReadOnlyList<Tensor> by) =>
        ThrowIfAny([.. FirstOrder(function, by), .. SecondOrder(function, by)]);

    /// <summary>The first derivatives of a function that differences do not confirm.</summary>
    /// <inheritdoc cref="Verify(Func{Tensor}, IReadOnlyList{Tensor})"/>
    public static IReadOnlyList<GradientMismatch> FirstOrder(Func<Tensor> function, params IReadOnlyList<Tensor> by) =>
        FirstOrder("the function", function, by, pauses: false);

    /// <summary>The second derivatives of a function that differences do not confirm.</summary>
    /// <inheritdoc cref="Verify(Func{Tensor}, IReadOnlyList{Tensor})"/>
    public static IReadOnlyList<GradientMismatch> SecondOrder(Func<Tensor> function, params IReadOnlyList<Tensor> by) =>
        SecondOrder("the function", function, by);

    /// <summary>The first derivatives of a case's first result, by all inputs that have one, that differences do not confirm.</summary>
    public static IReadOnlyList<GradientMismatch> FirstOrder(OpCase opCase) =>
        WithInputs(opCase, (function, by) => FirstOrder(opCase.Name, function, by, pauses: true));

    /// <summary>The second derivatives of a case's first result that differences do not confirm.</summary>
    public static IReadOnlyList<GradientMismatch> SecondOrder(OpCase opCase) =>
        WithInputs(opCase, (function, by) => SecondOrder(opCase.Name, function, by));

    private static IReadOnlyList<GradientMismatch> WithInputs(OpCase opCase,
        Func<Func<Tensor>, Tensor[], IReadOnlyList<GradientMismatch>> check)
    {
        using var device = Device.Open("reference");
        using var scope = new Scope();
        var inputs = opCase.CreateInputs(device, differentiable: true);
        return check(() => opCase.Function(device, inputs)[0], [.. inputs.Where(input => input.RequiresGradient)]);
    }

    /// <summary>The gradient of Σ weights · f(x), for a random weight each result.</summary>
    /// <param name="pauses">Whether differences run with the tape paused, where some ops take a shorter way to the same value.</param>
    private static List<GradientMismatch> FirstOrder(string name, Func<Tensor> function, IReadOnlyList<Tensor> by, bool pauses)
    {
        using var scope = new Scope();
        using var leaves = new Leaves(by);
        var output = function();
        var weights = OpCase.Weights(name, output);
        return Compare(name, "", by, Tape.Gradients((output * weights).Sum(), by), () =>
        {
            using IDisposable? pause = pauses ? Tape.Paused() : null;
            return (function() * weights).Sum().Item();
        });
    }

    /// <summary>
    /// The gradient of Σ direction · ∂(Σ weights · f(x))/∂x, once more by random numbers, with the weights among the inputs: so what is
    /// checked is the Hessian times a vector and, by the weights, the Jacobian times a vector, which is how a gradient op depends on the
    /// gradient that it was given.
    /// </summary>
    private static List<GradientMismatch> SecondOrder(string name, Func<Tensor> function, IReadOnlyList<Tensor> by)
    {
        using var scope = new Scope();
        using var leaves = new Leaves(by);
        var weights = OpCase.Weights(name, function());
        weights.RequiresGradient = true;
        var directions = by.Select((input, i) => OpCase.Weights(name, input, 1 + i)).ToArray();
        Tensor Contraction(bool differentiable)
        {
            var gradients = Tape.Gradients((function() * weights).Sum(), by, differentiable);
            return gradients.Select((gradient, i) => (gradient * directions[i]).Sum()).Aggregate((a, b) => a + b);
        }

        Tensor[] all = [.. by, weights];
        return Compare(name, ", second order", all, Tape.Gradients(Contraction(differentiable: true), all), () =>
            Contraction(differentiable: false).Item());
    }

    private static List<GradientMismatch> Compare(string name, string order, IReadOnlyList<Tensor> by, Tensor[] gradients,
        Func<double> function)
    {
        var tape = Array.ConvertAll(gradients, gradient => gradient.ToDoubles());
        var scale = Math.Max(Math.Abs(Evaluate(function)), tape.SelectMany(gradient => gradient).Select(Math.Abs).DefaultIfEmpty().Max());
        var mismatches = new List<GradientMismatch>();
        for (var i = 0; i < by.Count; i++)
        {
            var random = new CountedRandom(OpCase.SeedOf(name), (ulong)(2000 + i));
            var count = (int)by[i].Count;
            for (var n = 0; n < Math.Min(count, Elements); n++)
            {
                var element = count <= Elements ? n : random.NextInt(count);
                var direction = new double[count];
                direction[element] = 1;
                Check($"element {element}", tape[i][element], direction, 1);
            }

            if (count > Elements)
            {
                var direction = Array.ConvertAll(new double[count], _ => (double)random.NextNormal());
                Check("along a random direction", tape[i].Zip(direction, (a, b) => a * b).Sum(), direction, Math.Sqrt(count));
            }

            void Check(string where, double tape, double[] direction, double length)
            {
                var at = by[i].ToDoubles();
                var differences = (Shifted(Step / length) - Shifted(-Step / length)) / (2 * Step / length);
                by[i].Write(at);
                var share = Math.Abs(tape - differences) / (Tolerance * length * Math.Max(1, scale));
                if (!(share <= 1))
                    mismatches.Add(new GradientMismatch($"{name}{order}: argument {i} {by[i].Shape} {where}", tape, differences, share));
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

    private static void ThrowIfAny(IReadOnlyList<GradientMismatch> mismatches)
    {
        if (mismatches.Count > 0)
            throw new GradientCheckException(mismatches);
    }

    /// <summary>Asks for gradients by tensors until it is disposed.</summary>
    private sealed class Leaves : IDisposable
    {
        private readonly Tensor[] _made;

        public Leaves(IReadOnlyList<Tensor> tensors)
        {
            if (tensors.FirstOrDefault(tensor => tensor.Type != ElementType.Float64) is { } narrow)
                throw new ArgumentException($"a gradient check by {narrow}: differences need float64; make it on the device reference");
            _made = [.. tensors.Where(tensor => !tensor.RequiresGradient)];
            Array.ForEach(_made, tensor => tensor.RequiresGradient = true);
        }

        public void Dispose() => Array.ForEach(_made, tensor => tensor.RequiresGradient = false);
    }
}
