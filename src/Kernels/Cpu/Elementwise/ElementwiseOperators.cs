using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>A function of one vector. A struct, so that a loop over it is compiled for it.</summary>
internal interface IUnaryOperator
{
    Vector512<float> Apply(Vector512<float> x);
}

/// <summary>A function of two vectors.</summary>
internal interface IBinaryOperator
{
    Vector512<float> Apply(Vector512<float> a, Vector512<float> b);
}

// A new function is a line here and a struct below.
internal sealed unsafe partial class CpuBackend
{
    public override void Unary(UnaryOperation operation, DeviceArray x, DeviceArray y, double a = 0, double b = 0)
    {
        float first = (float)a, second = (float)b;
        switch (operation)
        {
            case UnaryOperation.Affine:
                Map(new UnaryOperators.Affine(first, second), x, y, Lanes.Grain);
                break;
            case UnaryOperation.Exp:
                Map(new UnaryOperators.Exp(), x, y, Lanes.HeavyGrain);
                break;
            case UnaryOperation.Log:
                Map(new UnaryOperators.Log(), x, y, Lanes.HeavyGrain);
                break;
            case UnaryOperation.Sqrt:
                Map(new UnaryOperators.Sqrt(), x, y, Lanes.Grain);
                break;
            case UnaryOperation.Reciprocal:
                Map(new UnaryOperators.Reciprocal(), x, y, Lanes.Grain);
                break;
            case UnaryOperation.Tanh:
                Map(new UnaryOperators.Tanh(), x, y, Lanes.HeavyGrain);
                break;
            case UnaryOperation.Sigmoid:
                Map(new UnaryOperators.Sigmoid(), x, y, Lanes.HeavyGrain);
                break;
            case UnaryOperation.Softplus:
                Map(new UnaryOperators.Softplus(), x, y, Lanes.HeavyGrain);
                break;
            case UnaryOperation.Abs:
                Map(new UnaryOperators.Abs(), x, y, Lanes.Grain);
                break;
            case UnaryOperation.Sign:
                Map(new UnaryOperators.Sign(), x, y, Lanes.Grain);
                break;
            case UnaryOperation.LeakyRelu:
                Map(new UnaryOperators.LeakyRelu(first), x, y, Lanes.Grain);
                break;
            case UnaryOperation.Clamp:
                Map(new UnaryOperators.Clamp(first, second), x, y, Lanes.Grain);
                break;
            case UnaryOperation.ClampSlope:
                Map(new UnaryOperators.ClampSlope(first, second), x, y, Lanes.Grain);
                break;
            case UnaryOperation.Sin:
                Map(new UnaryOperators.Sin(), x, y, Lanes.HeavyGrain);
                break;
            case UnaryOperation.Cos:
                Map(new UnaryOperators.Cos(), x, y, Lanes.HeavyGrain);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation, "no such unary operation");
        }
    }

    public override void Binary(BinaryOperation operation, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y,
        double alpha = 0)
    {
        var number = (float)alpha;
        switch (operation)
        {
            case BinaryOperation.Add:
                Combine(new BinaryOperators.Add(), geometry, a, b, y);
                break;
            case BinaryOperation.Subtract:
                Combine(new BinaryOperators.Subtract(), geometry, a, b, y);
                break;
            case BinaryOperation.Multiply:
                Combine(new BinaryOperators.Multiply(), geometry, a, b, y);
                break;
            case BinaryOperation.Divide:
                Combine(new BinaryOperators.Divide(), geometry, a, b, y);
                break;
            case BinaryOperation.Maximum:
                Combine(new BinaryOperators.Maximum(), geometry, a, b, y);
                break;
            case BinaryOperation.LeakyReluGradient:
                Combine(new BinaryOperators.LeakyReluGradient(number), geometry, a, b, y);
                break;
            case BinaryOperation.TanhGradient:
                Combine(new BinaryOperators.TanhGradient(), geometry, a, b, y);
                break;
            case BinaryOperation.SigmoidGradient:
                Combine(new BinaryOperators.SigmoidGradient(), geometry, a, b, y);
                break;
            case BinaryOperation.Interpolate:
                Combine(new BinaryOperators.Interpolate(number, (float)(1 - alpha)), geometry, a, b, y);
                break;
            case BinaryOperation.GreaterOrEqual:
                Combine(new BinaryOperators.GreaterOrEqual(), geometry, a, b, y);
                break;
            case BinaryOperation.AddLeakyRelu:
                Combine(new BinaryOperators.AddLeakyRelu(number), geometry, a, b, y);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation, "no such binary operation");
        }
    }
}

/// <summary>The functions of <see cref="UnaryOperation"/>.</summary>
internal static class UnaryOperators
{
    private static Vector512<float> Zero => Vector512<float>.Zero;

    private static Vector512<float> One => Vector512<float>.One;

    internal readonly struct Affine(float a, float b) : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => Lanes.MultiplyAdd(x, Vector512.Create(a), Vector512.Create(b));
    }

    /// <summary>x as it is, to become another type.</summary>
    internal readonly struct Same : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => x;
    }

    internal readonly struct Exp : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => VectorFunctions.Exp(x);
    }

    internal readonly struct Log : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => VectorFunctions.Log(x);
    }

    internal readonly struct Sqrt : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => Vector512.Sqrt(x);
    }

    internal readonly struct Reciprocal : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => One / x;
    }

    internal readonly struct Tanh : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => VectorFunctions.Tanh(x);
    }

    internal readonly struct Sigmoid : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => VectorFunctions.Sigmoid(x);
    }

    internal readonly struct Softplus : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => VectorFunctions.Softplus(x);
    }

    internal readonly struct Abs : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => Vector512.Abs(x);
    }

    internal readonly struct Sign : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => (Vector512.GreaterThan(x, Zero) & One) - (Vector512.LessThan(x, Zero) & One);
    }

    internal readonly struct LeakyRelu(float a) : IUnaryOperator
    {
        private readonly LeakySlope _slope = new(a);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => _slope.Apply(Vector512.GreaterThan(x, Zero), x);
    }

    internal readonly struct Clamp(float a, float b) : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => Vector512.Min(Vector512.Max(x, Vector512.Create(a)), Vector512.Create(b));
    }

    internal readonly struct ClampSlope(float a, float b) : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) =>
            Vector512.GreaterThanOrEqual(x, Vector512.Create(a)) & Vector512.LessThanOrEqual(x, Vector512.Create(b)) & One;
    }

    internal readonly struct Sin : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => VectorFunctions.Sin(x);
    }

    internal readonly struct Cos : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => VectorFunctions.Cos(x);
    }
}

/// <summary>The functions of <see cref="BinaryOperation"/>.</summary>
internal static class BinaryOperators
{
    private static Vector512<float> One => Vector512<float>.One;

    internal readonly struct Add : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => a + b;
    }

    internal readonly struct Subtract : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => a - b;
    }

    internal readonly struct Multiply : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => a * b;
    }

    internal readonly struct Divide : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => a / b;
    }

    internal readonly struct Maximum : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => Vector512.Max(a, b);
    }

    internal readonly struct LeakyReluGradient(float alpha) : IBinaryOperator
    {
        private readonly LeakySlope _slope = new(alpha);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) =>
            _slope.Apply(Vector512.GreaterThan(b, Vector512<float>.Zero), a);
    }

    internal readonly struct TanhGradient : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => a * ((One - b) * (One + b));
    }

    internal readonly struct SigmoidGradient : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => a * b * (One - b);
    }

    internal readonly struct Interpolate(float alpha, float rest) : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => Lanes.MultiplyAdd(a, Vector512.Create(alpha), b * rest);
    }

    internal readonly struct GreaterOrEqual : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => Vector512.GreaterThanOrEqual(a, b) & One;
    }

    internal readonly struct AddLeakyRelu(float alpha) : IBinaryOperator
    {
        private readonly LeakySlope _slope = new(alpha);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b)
        {
            var sum = a + b;
            return _slope.Apply(Vector512.GreaterThan(sum, Vector512<float>.Zero), sum);
        }
    }
}
