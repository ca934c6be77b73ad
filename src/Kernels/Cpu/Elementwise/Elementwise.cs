using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Functions of one array, element by element.</summary>
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

    /// <summary>How many blocks of <paramref name="grain"/> elements cover <paramref name="count"/>.</summary>
    private static int Blocks(long count, int grain) => checked((int)((count + grain - 1) / grain));

    private void Map<TOperator>(TOperator f, DeviceArray x, DeviceArray y, int grain) where TOperator : struct, IUnaryOperator =>
        _workers.Run(new MapBody<TOperator>(f, x.Float32, Output(y), y.Count, grain), Blocks(y.Count, grain), 1);

    private readonly struct MapBody<TOperator>(TOperator f, float* x, float* y, long count, int grain) : IRangeBody where TOperator
        : struct, IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            var i = (long)first * grain;
            var stop = Math.Min((long)end * grain, count);
            float* input = x, output = y;
            var function = f;
            for (; i + Lanes.Width <= stop; i += Lanes.Width)
                function.Apply(Vector512.Load(input + i)).Store(output + i);
            if (i < stop)
                Lanes.StorePart(function.Apply(Lanes.LoadPart(input + i, (int)(stop - i))), output + i, (int)(stop - i));
        }
    }
}
