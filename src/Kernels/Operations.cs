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

    /// <summary>x where x &gt; 0, else a·x: ReLU at a = 0.</summary>
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

    /// <summary>a where b &gt; 0, else alpha·a: the gradient a through a LeakyReLU whose input (or output) was b.</summary>
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
