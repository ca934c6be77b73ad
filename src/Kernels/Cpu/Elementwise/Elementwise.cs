using System.Runtime.CompilerServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>Functions of one array, element by element.</summary>
internal sealed unsafe partial class CpuBackend
{
    /// <summary>How many blocks of <paramref name="grain"/> elements cover <paramref name="count"/>.</summary>
    private static int Blocks(long count, int grain) => checked((int)((count + grain - 1) / grain));

    private void Map<TOperator>(TOperator f, DeviceArray x, DeviceArray y, int grain) where TOperator : struct, IUnaryOperator
    {
        if (y.Type == ElementType.BFloat16)
            Map<TOperator, BFloat16Element, BFloat16Element>(f, x, y, grain);
        else
            Map<TOperator, Float32Element, Float32Element>(f, x, y, grain);
    }

    private void Map<TOperator, TX, TY>(TOperator f, DeviceArray x, DeviceArray y, int grain) where TOperator : struct, IUnaryOperator
        where TX : unmanaged, ILaneElement<TX> where TY : unmanaged, ILaneElement<TY> =>
        _workers.Run(new MapBody<TOperator, TX, TY>(f, Elements<TX>(x), Output<TY>(y), y.Count, grain), Blocks(y.Count, grain), 1);

    public override void Convert(DeviceArray x, DeviceArray y)
    {
        switch (x.Type, y.Type)
        {
            case (ElementType.BFloat16, ElementType.Float32):
                Map<UnaryOperators.Same, BFloat16Element, Float32Element>(default, x, y, Lanes.Grain);
                break;
            case (ElementType.Float32, ElementType.BFloat16):
                Map<UnaryOperators.Same, Float32Element, BFloat16Element>(default, x, y, Lanes.Grain);
                break;
            default:
                base.Convert(x, y);
                break;
        }
    }

    private readonly struct MapBody<TOperator, TX, TY>(TOperator f, TX* x, TY* y, long count, int grain) : IRangeBody
        where TOperator : struct, IUnaryOperator where TX : unmanaged, ILaneElement<TX> where TY : unmanaged, ILaneElement<TY>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            var i = (long)first * grain;
            var stop = Math.Min((long)end * grain, count);
            var input = x;
            var output = y;
            var function = f;
            for (; i + Lanes.Width <= stop; i += Lanes.Width)
                TY.Store(function.Apply(TX.Load(input + i)), output + i);
            if (i < stop)
                TY.StorePart(function.Apply(TX.LoadPart(input + i, (int)(stop - i))), output + i, (int)(stop - i));
        }
    }
}
