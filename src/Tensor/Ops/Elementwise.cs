using CrossModal.Kernels;
using static CrossModal.Kernels.BinaryOperation;
using static CrossModal.Kernels.UnaryOperation;

namespace CrossModal.Tensors;

// Element by element, with broadcasting from the last axis. Derivatives: one line an argument.
public sealed partial class Tensor
{
    /// <summary>a + b, with broadcasting, as for all operators of two tensors.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast, or types or devices differ.</exception>
    public static Tensor operator +(Tensor a, Tensor b) =>
        Apply(Add, a, b).Derive("add", new Edge(a, g => g.SumTo(a.Shape)), new Edge(b, g => g.SumTo(b.Shape)));

    /// <summary>a − b.</summary>
    public static Tensor operator -(Tensor a, Tensor b) =>
        Apply(Subtract, a, b).Derive("subtract", new Edge(a, g => g.SumTo(a.Shape)), new Edge(b, g => (-g).SumTo(b.Shape)));

    /// <summary>a · b, element by element.</summary>
    public static Tensor operator *(Tensor a, Tensor b) =>
        Apply(Multiply, a, b).Derive("multiply", new Edge(a, g => (g * b).SumTo(a.Shape)), new Edge(b, g => (g * a).SumTo(b.Shape)));

    /// <summary>a / b.</summary>
    public static Tensor operator /(Tensor a, Tensor b)
    {
        var y = Apply(Divide, a, b);
        return y.Derive("divide", new Edge(a, g => (g / b).SumTo(a.Shape)), new Edge(b, g => (-(g * y) / b).SumTo(b.Shape)));
    }

    /// <summary>−x.</summary>
    public static Tensor operator -(Tensor x) => x.Affine(-1, 0);

    /// <summary>x · factor.</summary>
    public static Tensor operator *(Tensor x, double factor) => x.Affine(factor, 0);

    /// <summary>factor · x.</summary>
    public static Tensor operator *(double factor, Tensor x) => x.Affine(factor, 0);

    /// <summary>x / divisor.</summary>
    public static Tensor operator /(Tensor x, double divisor) => x.Affine(1 / divisor, 0);

    /// <summary>x + offset.</summary>
    public static Tensor operator +(Tensor x, double offset) => x.Affine(1, offset);

    /// <summary>x − offset.</summary>
    public static Tensor operator -(Tensor x, double offset) => x.Affine(1, -offset);

    /// <summary>offset − x.</summary>
    public static Tensor operator -(double offset, Tensor x) => x.Affine(-1, offset);

    /// <summary>factor · x + offset.</summary>
    public Tensor Affine(double factor, double offset) =>
        Apply(UnaryOperation.Affine, factor, offset)
            .Derive("affine", $"factor {factor}, offset {offset}", new Edge(this, g => g.Affine(factor, 0)));

    /// <summary>
    /// The larger of the two, element by element; where they are equal the gradient goes to <paramref name="b"/>'s rival, this tensor.
    /// </summary>
    /// <exception cref="ShapeException">The shapes do not broadcast, or types or devices differ.</exception>
    public Tensor Maximum(Tensor b)
    {
        var first = Apply(GreaterOrEqual, this, b);
        return Apply(BinaryOperation.Maximum, this, b)
            .Derive("maximum", new Edge(this, g => (g * first).SumTo(Shape)), new Edge(b, g => (g * (1 - first)).SumTo(b.Shape)));
    }

    /// <summary>eˣ.</summary>
    public Tensor Exp()
    {
        var y = Apply(UnaryOperation.Exp);
        return y.Derive("exp", new Edge(this, g => g * y));
    }

    /// <summary>The natural logarithm.</summary>
    public Tensor Log() => Apply(UnaryOperation.Log).Derive("log", new Edge(this, g => g / this));

    /// <summary>√x.</summary>
    public Tensor Sqrt()
    {
        var y = Apply(UnaryOperation.Sqrt);
        return y.Derive("sqrt", new Edge(this, g => g / (y * 2)));
    }

    /// <summary>1 / x.</summary>
    public Tensor Reciprocal()
    {
        var y = Apply(UnaryOperation.Reciprocal);
        return y.Derive("reciprocal", new Edge(this, g => -(g * y * y)));
    }

    /// <summary>x².</summary>
    public Tensor Square() => Apply(Multiply, this, this).Derive("square", new Edge(this, g => g * this * 2));

    /// <summary>|x|; at 0 its derivative is 0.</summary>
    public Tensor Abs() => Apply(UnaryOperation.Abs).Derive("abs", new Edge(this, g => g * Apply(Sign)));

    /// <summary>sin x, x in radians.</summary>
    public Tensor Sin() => Apply(UnaryOperation.Sin).Derive("sin", new Edge(this, g => g * Cos()));

    /// <summary>cos x, x in radians.</summary>
    public Tensor Cos() => Apply(UnaryOperation.Cos).Derive("cos", new Edge(this, g => -(g * Sin())));

    /// <summary>The hyperbolic tangent, in (−1, 1).</summary>
    public Tensor Tanh() => Tanh(Type);

    /// <summary>The same with a result of another float type: what is computed is rounded once.</summary>
    internal Tensor Tanh(ElementType type)
    {
        var y = Apply(UnaryOperation.Tanh, type: type);
        return y.Derive("tanh", new Edge(this, g => TanhGradient(g, y, Type)));
    }

    /// <summary>1 / (1 + e⁻ˣ), in (0, 1).</summary>
    public Tensor Sigmoid()
    {
        var y = Apply(UnaryOperation.Sigmoid);
        return y.Derive("sigmoid", new Edge(this, g => SigmoidGradient(g, y)));
    }

    /// <summary>log(1 + e^x).</summary>
    public Tensor Softplus() => Apply(UnaryOperation.Softplus).Derive("softplus", new Edge(this, g => g * Sigmoid()));

    /// <summary>x where x &gt; 0, else slope · x; slope 0 is ReLU. At exactly 0 the derivative is the slope.</summary>
    public Tensor LeakyRelu(double slope) =>
        Apply(UnaryOperation.LeakyRelu, slope)
            .Derive("leaky relu", $"slope {slope}", new Edge(this, g => LeakyReluGradient(g, this, slope)));

    /// <summary>max(0, x); at 0 its derivative is 0.</summary>
    public Tensor Relu() => LeakyRelu(0);

    /// <summary>
    /// (this + bias).LeakyRelu(slope) in one pass over memory. Its gradient looks at the result, which has the sign of the sum, so the sum
    /// itself is not kept; hence no negative slope.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The slope is negative or NaN.</exception>
    /// <exception cref="ShapeException">The shapes do not broadcast, or types or devices differ.</exception>
    public Tensor AddLeakyRelu(Tensor bias, double slope)
    {
        CheckSlope("add leaky relu", slope);
        var y = Apply(BinaryOperation.AddLeakyRelu, this, bias, slope);
        return y.DeriveJointly("add leaky relu", $"slope {slope}", [this, bias], (g, needed) =>
        {
            // Computed once for both; where neither is summed, each gets a handle of its own.
            var (passed, sums) = LeakyReluGradient(g, y, slope, needed[1] ? bias.Shape : null);
            return [needed[0] ? Reduced(passed, Shape) : null, sums is null ? null : Reduced(sums, bias.Shape)];
        });

        static Tensor Reduced(Tensor gradient, Shape shape) => gradient.Shape == shape ? gradient.Reshape(shape) : gradient.SumTo(shape);
    }

    private static void CheckSlope(string op, double slope)
    {
        if (!(slope >= 0))
            throw new ArgumentOutOfRangeException(nameof(slope), slope,
                $"{op}: the slope must not be negative: the gradient reads the sum's sign off the result");
    }

    /// <summary>x held within [low, high]; the gradient passes where it is.</summary>
    public Tensor Clamp(double low, double high) =>
        Apply(UnaryOperation.Clamp, low, high)
            .Derive("clamp", $"from {low} to {high}", new Edge(this, g => g * Apply(ClampSlope, low, high)));

    // Gradients worth a kernel of their own; each with its derivative, so that gradients of gradients hold.

    /// <summary>g · (1 − y²).</summary>
    /// <param name="type">Of the result; that of what g and y join to where it is not given.</param>
    internal static Tensor TanhGradient(Tensor g, Tensor y, ElementType? type = null) =>
        Apply(BinaryOperation.TanhGradient, g, y, type: type)
            .Derive("tanh gradient", new Edge(g, h => TanhGradient(h, y, g.Type)), new Edge(y, h => h * g * y * -2));

    /// <summary>g · y · (1 − y).</summary>
    internal static Tensor SigmoidGradient(Tensor g, Tensor y) =>
        Apply(BinaryOperation.SigmoidGradient, g, y)
            .Derive("sigmoid gradient", new Edge(g, h => SigmoidGradient(h, y)), new Edge(y, h => h * g * y.Affine(-2, 1)));

    internal static Tensor LeakyReluGradient(Tensor g, Tensor x, double slope) =>
        Apply(BinaryOperation.LeakyReluGradient, g, x, slope)
            .Derive("leaky relu gradient", $"slope {slope}", new Edge(g, h => LeakyReluGradient(h, x, slope)));

    /// <summary>The same, and its sums to the shape of a bias, if one is given: those over all axes but the last in one pass.</summary>
    private static (Tensor Passed, Tensor? Sums) LeakyReluGradient(Tensor g, Tensor x, double slope, Shape? bias)
    {
        if (bias is not { } shape || shape != [x.Shape[-1]] || x.Shape.Rank < 2 || !Tape.IsPaused || x.Count == 0)
        {
            var alone = LeakyReluGradient(g, x, slope);
            return (alone, bias is { } other ? alone.SumTo(other) : null);
        }

        var call = x.Device.Call("leaky relu gradient");
        var (passed, sums) = (call.Result(x.Shape, JoinedType("leaky relu gradient", g, x)), call.Result(shape, x.SumType));
        var rows = Extent.Of("leaky relu gradient", "the rows", x.Count / shape[0]);
        call.Backend.LeakyReluGradientSums(rows, shape[0], slope, call[g], call[x], call[passed], call[sums]);
        return (passed, sums);
    }

    /// <summary>Writes rate · this + (1 − rate) · target over this tensor: a moving average. Outside any gradient.</summary>
    internal void InterpolateInPlace(Tensor target, double rate)
    {
        if (target.Shape != Shape)
            throw new ShapeException($"interpolate: {Shape} towards {target.Shape}");
        var call = Device.Call("interpolate");
        call.Backend.Binary(Interpolate, Flat("interpolate"), call[this], call[target], call[this], rate);
    }

    /// <summary>x where the mask is above 0, else 0, even where x is infinite; without a derivative by the mask.</summary>
    internal Tensor Where(Tensor mask) => LeakyReluGradient(this, mask, 0);

    private Tensor Apply(UnaryOperation operation, double a = 0, double b = 0, ElementType? type = null)
    {
        var call = Device.Call(operation.ToString());
        var y = call.Result(Shape, type ?? Type);
        call.Backend.Unary(operation, call[this], call[y], a, b);
        return y;
    }

    private static Tensor Apply(BinaryOperation operation, Tensor a, Tensor b, double alpha = 0, ElementType? type = null)
    {
        var y = Uninitialized(a.Device, Shape.Broadcast(operation.ToString(), a.Shape, b.Shape),
            type ?? JoinedType(operation.ToString(), a, b), operation.ToString());
        Apply(operation, a, b, alpha, y);
        return y;
    }

    /// <summary>
    /// The type of what joins two tensors. Where one is bfloat16 and the other of the device's float type the larger decides, so that a
    /// bias or a mean widens no activations; of two equally large ones the result is of the float type.
    /// </summary>
    private static ElementType JoinedType(string op, Tensor a, Tensor b)
    {
        if (a.Type == b.Type)
            return a.Type;
        var mixed = (a.Type == ElementType.BFloat16 && b.Type == b.Device.FloatType)
            || (b.Type == ElementType.BFloat16 && a.Type == a.Device.FloatType);
        if (!mixed)
            throw new ShapeException($"{op}: {a.Description} and {b.Description} are not of one type");
        var (large, small) = a.Count >= b.Count ? (a, b) : (b, a);
        return large.Count > small.Count || large.Type != ElementType.BFloat16 ? large.Type : small.Type;
    }

    /// <summary>Into <paramref name="y"/>, which may be <paramref name="a"/> or <paramref name="b"/> where it is of their shape.</summary>
    private static void Apply(BinaryOperation operation, Tensor a, Tensor b, double alpha, Tensor y)
    {
        var geometry = StridedGeometry.Merge(y.Shape.Extents, a.Shape.StridesWithin(y.Shape), b.Shape.StridesWithin(y.Shape),
            y.Shape.Strides());
        var call = y.Device.Call(operation.ToString());
        call.Backend.Binary(operation, geometry, call[a], call[b], call[y], alpha);
    }
}
