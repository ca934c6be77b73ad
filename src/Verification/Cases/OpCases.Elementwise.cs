using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    /// <summary>Functions of an element: a row here is all that a new one needs.</summary>
    private static (string Name, Draw Draw, double[] Kinks, Func<Tensor, Tensor> Function)[] Functions =>
    [
        ("affine", Draw.Normal, [], x => x.Affine(-1.5, 0.25)),
        ("exp", Draw.Normal, [], x => x.Exp()),
        ("log", Draw.Positive, [], x => x.Log()),
        ("sqrt", Draw.Positive, [], x => x.Sqrt()),
        ("reciprocal", Draw.Nonzero, [], x => x.Reciprocal()),
        ("square", Draw.Normal, [], x => x.Square()),
        ("abs", Draw.Normal, [0], x => x.Abs()),
        ("sin", Draw.Normal, [], x => x.Sin()),
        ("cos", Draw.Normal, [], x => x.Cos()),
        ("tanh", Draw.Normal, [], x => x.Tanh()),
        ("sigmoid", Draw.Normal, [], x => x.Sigmoid()),
        ("softplus", Draw.Normal, [], x => x.Softplus()),
        ("leaky relu", Draw.Normal, [0], x => x.LeakyRelu(0.2)),
        ("relu", Draw.Normal, [0], x => x.Relu()),
        ("clamp", Draw.Normal, [-0.5, 0.8], x => x.Clamp(-0.5, 0.8)),
    ];

    /// <summary>Functions of two elements, with broadcasting: a row here is all that a new one needs.</summary>
    private static (string Name, Draw A, Draw B, Func<Tensor, Tensor, Tensor> Function)[] BinaryFunctions =>
    [
        ("add", Draw.Normal, Draw.Normal, (a, b) => a + b),
        ("subtract", Draw.Normal, Draw.Normal, (a, b) => a - b),
        ("multiply", Draw.Normal, Draw.Normal, (a, b) => a * b),
        ("divide", Draw.Normal, Draw.Nonzero, (a, b) => a / b),
        ("maximum", Draw.Distinct, Draw.Distinct, (a, b) => a.Maximum(b)),
    ];

    private static IEnumerable<OpCase> Elementwise()
    {
        (string, Draw, double[], Func<Tensor, Tensor>)[] spellings =
        [
            ("negate", Draw.Normal, [], x => -x),
            ("times number", Draw.Normal, [], x => 3 * x * 0.5),
            ("over number", Draw.Normal, [], x => x / 3),
            ("plus number", Draw.Normal, [], x => x + 2 - 0.5),
            ("number minus", Draw.Normal, [], x => 1 - x),
        ];
        Shape[] shapes = [new(3, 17), new(1), new(0, 5)];
        foreach (var (name, draw, kinks, function) in Functions.Concat(spellings))
        {
            foreach (var shape in shapes)
                yield return Elementwise($"{name} {shape}", new OpInput(shape, draw, kinks), function);
        }

        // Enough elements that a device cuts them among its threads, and a rest that fills no vector.
        foreach (var (name, draw, kinks, function) in Functions.Where(entry => entry.Name is "affine" or "exp" or "tanh" or "leaky relu"))
            yield return Elementwise($"{name} [40007]", new OpInput(new Shape(40007), draw, kinks), function);

        // Far from zero, where a careless formula overflows.
        yield return Elementwise("tanh far out [33]", In(Draw.Wide, 33), x => x.Tanh());
        yield return Elementwise("sigmoid far out [33]", In(Draw.Wide, 33), x => x.Sigmoid());
        yield return Elementwise("softplus far out [33]", In(Draw.Wide, 33), x => x.Softplus());
        yield return Elementwise("sin far out [33]", In(Draw.Wide, 33), x => x.Sin());
        yield return Elementwise("cos far out [33]", In(Draw.Wide, 33), x => x.Cos());
        yield return Elementwise("exp of a scalar []", In(), x => x.Exp());

        // A view starts anywhere, not where vectors do.
        yield return Elementwise("exp of a view [7, 5]", In(7, 5), x => x.Slice(0, 3, 3).Exp());
        yield return Elementwise("leaky relu of a view [5, 17]", new OpInput(new Shape(5, 17), Draw.Normal, 0), x =>
            x.Slice(0, 1, 3).LeakyRelu(0.2));

        foreach (var opCase in Broadcasts().Concat(BiasedActivations()).Concat(AtInfinity()))
            yield return opCase;
    }

    /// <summary>
    /// Values and slopes far beyond all numbers, where 0 · ∞ or ∞ − ∞ in a formula would make a NaN of what has a value: log 0 is a usual
    /// way to say that a class is masked out.
    /// </summary>
    private static IEnumerable<OpCase> AtInfinity()
    {
        double[] values = [double.NegativeInfinity, -1, 0, 1, double.PositiveInfinity];
        (string Name, Func<Tensor, Tensor> Function)[] functions =
        [
            ("relu", x => x.Relu()), ("leaky relu", x => x.LeakyRelu(0.2)), ("sigmoid", x => x.Sigmoid()), ("tanh", x => x.Tanh()),
            ("softplus", x => x.Softplus()), ("abs", x => x.Abs()), ("clamp", x => x.Clamp(-0.5, 0.8)), ("exp", x => x.Exp()),
            ("add relu", x => x.AddLeakyRelu(Tensor.Zeros(x.Device, x.Shape), 0)),
            ("batch norm with", x => Normalized(x, 0)),
            ("batch norm with, leaky", x => Normalized(x, 0.2)),
            ("maximum over axes", x => x.Reshape(1, 5).Maximum([1])),
            ("max pool", x => x.Reshape(1, 1, 5, 1).BroadcastTo([1, 2, 5, 1]).MaxPool(2, 1)),
        ];
        foreach (var (name, function) in functions)
            yield return WithSlope("elementwise", $"{name} at infinity", [OpInput.Of([5], values)], x => function(x[0]));

        static Tensor Normalized(Tensor x, double slope)
        {
            using var pause = Tape.Paused();
            Tensor Each(double value) => Tensor.Full(x.Device, [1], value);
            return x.Reshape(5, 1).BatchNormWith(Each(0.5), Each(2), Each(1.5), Each(-0.25), 1e-5, slope);
        }
    }

    /// <summary>A case of given numbers: its result, and the gradient of the result's sum by the first input.</summary>
    private static OpCase WithSlope(string family, string name, OpInput[] inputs, Func<Tensor[], Tensor> function) =>
        new(family, name, inputs, (_, x) =>
        {
            var leaf = x[0].Detach();
            leaf.RequiresGradient = true;
            var y = function([leaf, .. x[1..]]);
            return y.IsTracked ? [y, .. Tape.Gradients(y.Sum(), [leaf], keepGraph: true)] : [y];
        }, Tolerance.Elementwise)
        { Orders = 0 };

    private static IEnumerable<OpCase> Broadcasts()
    {
        (Shape A, Shape B)[] patterns =
        [
            (new(4, 17), new(4, 17)), (new(4, 17), new(17)), (new(4, 1), new(1, 17)), (new(4, 33), new(4, 1)), (new(2, 3, 5), new(3, 1)),
                (new(5), new(2, 3, 5)),
            (new(2, 3, 4), new()), (new(), new(1, 1)), (new(0, 5), new(5)), (new(2, 1, 3, 1, 2), new(1, 4, 1, 3, 1)),
                (new(2, 3, 3, 5), new(2, 1, 1, 5)),
        ];
        foreach (var (name, drawA, drawB, function) in BinaryFunctions)
        {
            foreach (var (a, b) in patterns)
            {
                var shape = Shape.Broadcast(name, a, b);
                yield return Case("elementwise", $"{name} {a} {b}", new OpInput(a, drawA), new OpInput(b, drawB), function,
                    Repeated(shape, a, b));
            }
        }

        yield return Case("elementwise", "multiply [301, 131] [131]", In(301, 131), In(131), (a, b) =>
            a * b, Tolerance.Sum(301));
    }

    /// <summary>Sums of the two draws keep 0.02 off zero, where the slope jumps.</summary>
    private static IEnumerable<OpCase> BiasedActivations()
    {
        (Shape X, Shape Bias)[] patterns =
        [
            (new(4, 17), new(17)), (new(2, 3, 3, 8), new(8)), (new(5, 3), new(5, 3)), (new(4, 1), new(1, 17)), (new(0, 5), new(5)),
            (new(2, 3), new()), (new(401, 64), new(64)), (new(900, 3), new(3)),
        ];
        foreach (var (x, bias) in patterns)
        {
            foreach (var slope in new[] { 0, 0.2 })
            {
                var shape = Shape.Broadcast("add leaky relu", x, bias);
                yield return Case("elementwise", $"add leaky relu {slope} {x} {bias}", new OpInput(x, Draw.Distinct),
                    new OpInput(bias, Draw.Distinct),
                    (a, b) => a.AddLeakyRelu(b, slope), Repeated(shape, x, bias));
            }
        }
    }

    private static OpCase Elementwise(string name, OpInput x, Func<Tensor, Tensor> function) =>
        Case("elementwise", name, x, function, Tolerance.Elementwise);

    private static OpCase Elementwise(string name, Shape a, Shape b, Func<Tensor, Tensor, Tensor> function) =>
        Case("elementwise", name, new OpInput(a), new OpInput(b), function, Tolerance.Elementwise);

    /// <summary>The gradient of an operand that was repeated is a sum over its copies.</summary>
    private static Tolerance Repeated(Shape shape, Shape a, Shape b) =>
        a == shape && b == shape ? Tolerance.Elementwise : Tolerance.Sum(shape.Count / Math.Max(1, Math.Min(a.Count, b.Count)));
}
