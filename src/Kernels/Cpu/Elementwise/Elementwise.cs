using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Functions of one array, element by element.</summary>
internal sealed unsafe partial class CpuBackend
{
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
