namespace CrossModal.Kernels;

/// <summary>y = f(x), element by element; a and b are the operation's two numbers where it has them.</summary>
internal enum UnaryOperation
{
    /// <summary>a·x + b.</summary>
    Affine,
    Exp,
    Log,
    Sqrt,
    Reciprocal,
    Tanh,

    /// <summary>1 / (1 + e^−x).</summary>
    Sigmoid,

    /// <summary>log(1 + e^x), computed as max(x, 0) + log1p(e^−|x|).</summary>
    Softplus,
    Abs,

    /// <summary>−1, 0 or 1.</summary>
    Sign,

    /// <summary>x where x &gt; 0, else a·x: ReLU at a = 0, where −∞ gives 0.</summary>
    LeakyRelu,

    /// <summary>x clamped to [a, b].</summary>
    Clamp,

    /// <summary>1 where a ≤ x ≤ b, else 0: the derivative of <see cref="Clamp"/>.</summary>
    ClampSlope,
    Sin,
    Cos,
}

/// <summary>y = f(a, b), element by element with broadcasting; alpha is the operation's number where it has one.</summary>
internal enum BinaryOperation
{
    Add,
    Subtract,
    Multiply,
    Divide,
    Maximum,

    /// <summary>
    /// a where b &gt; 0, else alpha·a: the gradient a through a LeakyReLU whose input (or output) was b. With an alpha of 0 an infinite a
    /// gives 0 there: it selects.
    /// </summary>
    LeakyReluGradient,

    /// <summary>a·(1 − b²): the gradient a through a tanh whose output was b.</summary>
    TanhGradient,

    /// <summary>a·b·(1 − b): the gradient a through a sigmoid whose output was b.</summary>
    SigmoidGradient,

    /// <summary>alpha·a + (1 − alpha)·b: a moving average when written over a.</summary>
    Interpolate,

    /// <summary>1 where a ≥ b, else 0.</summary>
    GreaterOrEqual,

    /// <summary>s where s = a + b &gt; 0, else alpha·s: a bias and the LeakyReLU behind it at once.</summary>
    AddLeakyRelu,
}

internal enum ReductionOperation
{
    Sum,
    Maximum,
}

/// <summary>
/// What the operations are, in float64: <c>reference</c> computes these formulas, and every other device is tested against it. NaN goes
/// through every function but the steps (sign, slopes, comparison), which know only "greater" and "not greater".
/// </summary>
internal static class OperationFormulas
{
    public static double Evaluate(this UnaryOperation operation, double x, double a, double b) => operation switch
    {
        UnaryOperation.Affine => a * x + b,
        UnaryOperation.Exp => Math.Exp(x),
        UnaryOperation.Log => Math.Log(x),
        UnaryOperation.Sqrt => Math.Sqrt(x),
        UnaryOperation.Reciprocal => 1 / x,
        UnaryOperation.Tanh => Math.Tanh(x),
        UnaryOperation.Sigmoid => 1 / (1 + Math.Exp(-x)),
        UnaryOperation.Softplus => Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x))),
        UnaryOperation.Abs => Math.Abs(x),
        UnaryOperation.Sign => x > 0 ? 1 : x < 0 ? -1 : 0,
        UnaryOperation.LeakyRelu => x > 0 ? x : Sloped(a, x),
        UnaryOperation.Clamp => Math.Min(Math.Max(x, a), b),
        UnaryOperation.ClampSlope => a <= x && x <= b ? 1 : 0,
        UnaryOperation.Sin => Math.Sin(x),
        UnaryOperation.Cos => Math.Cos(x),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "no such unary operation"),
    };

    public static double Evaluate(this BinaryOperation operation, double a, double b, double alpha) => operation switch
    {
        BinaryOperation.Add => a + b,
        BinaryOperation.Subtract => a - b,
        BinaryOperation.Multiply => a * b,
        BinaryOperation.Divide => a / b,
        BinaryOperation.Maximum => Math.Max(a, b),
        BinaryOperation.LeakyReluGradient => b > 0 ? a : Sloped(alpha, a),
        BinaryOperation.TanhGradient => a * (1 - b * b),
        BinaryOperation.SigmoidGradient => a * b * (1 - b),
        BinaryOperation.Interpolate => alpha * a + (1 - alpha) * b,
        BinaryOperation.GreaterOrEqual => a >= b ? 1 : 0,
        BinaryOperation.AddLeakyRelu => UnaryOperation.LeakyRelu.Evaluate(a + b, alpha, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "no such binary operation"),
    };

    /// <summary>slope · x, and 0 where a slope of 0 meets an infinity: a flat line is flat however far out.</summary>
    public static double Sloped(double slope, double x) => slope == 0 && double.IsInfinity(x) ? 0 : slope * x;

    /// <summary>log(1 + x) without losing small x: the error of 1 + x is divided out (Kahan; Goldberg 1991, theorem 4).</summary>
    private static double LogOnePlus(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : x * Math.Log(sum) / (sum - 1);
    }
}
