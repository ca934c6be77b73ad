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
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => Vector512.ConditionalSelect(Vector512.GreaterThan(x, Zero), x, x * a);
    }

    internal readonly struct LeakyReluSlope(float a) : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) =>
            Vector512.ConditionalSelect(Vector512.GreaterThan(x, Zero), One, Vector512.Create(a));
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
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) =>
            Vector512.ConditionalSelect(Vector512.GreaterThan(b, Vector512<float>.Zero), a, a * alpha);
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

    internal readonly struct AddScaled(float alpha) : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => Lanes.MultiplyAdd(b, Vector512.Create(alpha), a);
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
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b)
        {
            var sum = a + b;
            return Vector512.ConditionalSelect(Vector512.GreaterThan(sum, Vector512<float>.Zero), sum, sum * alpha);
        }
    }
}
