namespace CrossModal.Kernels.Reference;

/// <summary>
/// Element by element. NaN goes through every function but the steps (sign, slopes, comparison), which know only "greater" and "not
/// greater".
/// </summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void Unary(UnaryOperation operation, DeviceArray x, DeviceArray y, double a = 0, double b = 0)
    {
        double* input = x.Float64, output = y.Float64;
        for (var i = 0L; i < y.Count; i++)
            output[i] = Apply(operation, input[i], a, b);
    }

    public override void Binary(BinaryOperation operation, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y,
        double alpha = 0)
    {
        double* left = a.Float64, right = b.Float64, output = y.Float64;
        for (var n = 0L; n < geometry.Count; n++)
        {
            var (offsetA, offsetB, offsetOut) = Offsets(geometry, n);
            output[offsetOut] = Apply(operation, left[offsetA], right[offsetB], alpha);
        }
    }

    private static double Apply(UnaryOperation operation, double x, double a, double b) => operation switch
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
        UnaryOperation.LeakyRelu => x > 0 ? x : a * x,
        UnaryOperation.Clamp => Math.Min(Math.Max(x, a), b),
        UnaryOperation.ClampSlope => a <= x && x <= b ? 1 : 0,
        UnaryOperation.Sin => Math.Sin(x),
        UnaryOperation.Cos => Math.Cos(x),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "no such unary operation"),
    };

    private static double Apply(BinaryOperation operation, double a, double b, double alpha) => operation switch
    {
        BinaryOperation.Add => a + b,
        BinaryOperation.Subtract => a - b,
        BinaryOperation.Multiply => a * b,
        BinaryOperation.Divide => a / b,
        BinaryOperation.Maximum => Math.Max(a, b),
        BinaryOperation.LeakyReluGradient => b > 0 ? a : alpha * a,
        BinaryOperation.TanhGradient => a * (1 - b * b),
        BinaryOperation.SigmoidGradient => a * b * (1 - b),
        BinaryOperation.Interpolate => alpha * a + (1 - alpha) * b,
        BinaryOperation.GreaterOrEqual => a >= b ? 1 : 0,
        BinaryOperation.AddLeakyRelu => Apply(UnaryOperation.LeakyRelu, a + b, alpha, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "no such binary operation"),
    };

    /// <summary>log(1 + x) without losing small x: the error of 1 + x is divided out (Kahan; Goldberg 1991, theorem 4).</summary>
    private static double LogOnePlus(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : x * Math.Log(sum) / (sum - 1);
    }

    /// <summary>Where the <paramref name="n"/>-th visit of the loops lies in each of the three arrays.</summary>
    private static (long A, long B, long Out) Offsets(in StridedGeometry geometry, long n)
    {
        long a = 0, b = 0, output = 0;
        for (var axis = geometry.Rank - 1; axis >= 0; axis--)
        {
            var index = n % geometry.Extents[axis];
            n /= geometry.Extents[axis];
            a += index * geometry.StridesA[axis];
            b += index * geometry.StridesB[axis];
            output += index * geometry.StridesOut[axis];
        }

        return (a, b, output);
    }
}
