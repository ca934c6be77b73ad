using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Sums and maxima over the middle axis. The work is cut by sizes alone, never by the number of threads; within a block sums are formed in
/// float32 on many accumulators, and the blocks' results are added in float64, in order.
/// </summary>
internal sealed unsafe partial class CpuBackend
{
    public override void Reduce(ReductionOperation operation, in ReductionGeometry geometry, DeviceArray x, DeviceArray y)
    {
        if (geometry.Outer == 0 || geometry.Inner == 0)
            return;
        if (operation == ReductionOperation.Sum)
            Reduce(new SumReducer(), geometry, x, Output(y));
        else
            Reduce(new MaximumReducer(), geometry, x, Output(y));
    }

    private void Reduce<TReducer>(TReducer reducer, in ReductionGeometry geometry, DeviceArray x, float* y) where TReducer
        : struct, IReducer
    {
        if (x.Type == ElementType.BFloat16)
            Reduce(reducer, geometry, Elements<BFloat16Element>(x), y);
        else
            Reduce(reducer, geometry, Elements<Float32Element>(x), y);
    }

    private void Reduce<TReducer, T>(TReducer reducer, in ReductionGeometry geometry, T* x, float* y)
        where TReducer : struct, IReducer where T : unmanaged, ILaneElement<T>
    {
        if (geometry.Inner == 1)
            ReduceRows(reducer, geometry.Outer, geometry.Reduced, x, y);
        else
            ReduceColumns(reducer, geometry, x, y);
    }

    /// <summary>y[row] over x[row, columns].</summary>
    private void ReduceRows<TReducer, T>(TReducer reducer, int rows, int columns, T* x, float* y)
        where TReducer : struct, IReducer where T : unmanaged, ILaneElement<T>
    {
        var blocks = Math.Max(1, Blocks(columns, Lanes.Grain));
        if (blocks == 1)
        {
            _workers.Run(new RowsBody<TReducer, T>(reducer, columns, x, y), rows, Math.Max(1, Lanes.Grain / Math.Max(columns, 1)));
            return;
        }

        var scratch = Memory.Allocate((long)rows * blocks * sizeof(double), "reduce");
        var partial = (double*)scratch.Address;
        _workers.Run(new RowBlocksBody<TReducer, T>(reducer, columns, blocks, x, partial), checked(rows * blocks), 1);
        for (var row = 0; row < rows; row++)
        {
            var result = reducer.Neutral;
            for (var block = 0; block < blocks; block++)
                result = reducer.Combine(result, partial[(long)row * blocks + block]);
            y[row] = (float)result;
        }

        Memory.Release(scratch);
    }

    /// <summary>What is added up, or compared.</summary>
    private interface IReducer
    {
        double Neutral { get; }

        Vector512<float> Combine(Vector512<float> a, Vector512<float> b);

        double Combine(double a, double b);
    }

    private readonly struct SumReducer : IReducer
    {
        public double Neutral => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Combine(Vector512<float> a, Vector512<float> b) => a + b;

        public double Combine(double a, double b) => a + b;
    }

    private readonly struct MaximumReducer : IReducer
    {
        public double Neutral => double.NegativeInfinity;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Combine(Vector512<float> a, Vector512<float> b) => Vector512.Max(a, b);

        public double Combine(double a, double b) => Math.Max(a, b);
    }

    private readonly struct RowsBody<TReducer, T>(TReducer reducer, int columns, T* x, float* y)
        : IRangeBody where TReducer : struct, IReducer where T : unmanaged, ILaneElement<T>
    {
        public void Run(int first, int end)
        {
            for (var row = first; row < end; row++)
                y[row] = (float)ReduceRow(reducer, x + (long)row * columns, columns);
        }
    }

    private readonly struct RowBlocksBody<TReducer, T>(TReducer reducer, int columns, int blocks, T* x, double* partial)
        : IRangeBody where TReducer : struct, IReducer where T : unmanaged, ILaneElement<T>
    {
        public void Run(int first, int end)
        {
            for (var task = first; task < end; task++)
            {
                var start = task % blocks * Lanes.Grain;
                partial[task] = ReduceRow(reducer, x + (long)(task / blocks) * columns + start, Math.Min(Lanes.Grain, columns - start));
            }
        }
    }

    /// <summary>At most <see cref="Lanes.Grain"/> elements on four vectors of accumulators, whose lanes are joined in float64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double ReduceRow<TReducer, T>(TReducer reducer, T* x, int count)
        where TReducer : struct, IReducer where T : unmanaged, ILaneElement<T>
    {
        var result = reducer.Neutral;
        if (count < Lanes.Width)
        {
            for (var k = 0; k < count; k++)
                result = reducer.Combine(result, T.Load(x[k]));
            return result;
        }

        var neutral = Vector512.Create((float)reducer.Neutral);
        Vector512<float> a = neutral, b = neutral, c = neutral, d = neutral;
        var i = 0;
        for (; i + 4 * Lanes.Width <= count; i += 4 * Lanes.Width)
        {
            a = reducer.Combine(a, T.Load(x + i));
            b = reducer.Combine(b, T.Load(x + i + Lanes.Width));
            c = reducer.Combine(c, T.Load(x + i + 2 * Lanes.Width));
            d = reducer.Combine(d, T.Load(x + i + 3 * Lanes.Width));
        }

        for (; i + Lanes.Width <= count; i += Lanes.Width)
            a = reducer.Combine(a, T.Load(x + i));
        if (i < count)
            b = reducer.Combine(b, T.LoadPart(x + i, count - i, (float)reducer.Neutral));
        return JoinLanes(reducer, reducer.Combine(reducer.Combine(a, b), reducer.Combine(c, d)));
    }

    /// <summary>The sixteen lanes joined in float64, in four chains.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double JoinLanes<TReducer>(TReducer reducer, Vector512<float> lanes) where TReducer : struct, IReducer
    {
        var (lower, upper) = (lanes.GetLower(), lanes.GetUpper());
        var front = JoinLanes(reducer, lower.GetLower(), lower.GetUpper());
        return reducer.Combine(front, JoinLanes(reducer, upper.GetLower(), upper.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double JoinLanes<TReducer>(TReducer reducer, Vector128<float> a, Vector128<float> b) where TReducer : struct, IReducer
    {
        var first = reducer.Combine(reducer.Combine(a[0], (double)b[0]), reducer.Combine(a[1], (double)b[1]));
        return reducer.Combine(first, reducer.Combine(reducer.Combine(a[2], (double)b[2]), reducer.Combine(a[3], (double)b[3])));
    }
}
