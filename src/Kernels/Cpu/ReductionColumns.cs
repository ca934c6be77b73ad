using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Reductions whose innermost axis stays: the gradient of a bias, the mean of a feature map.</summary>
public sealed unsafe partial class CpuBackend
{
    /// <summary>The most columns of one task: their accumulators fill a third of the first cache.</summary>
    private const int ColumnBlock = 4096;

    /// <summary>The fewest rows worth an intermediate result.</summary>
    private const int FewestRows = 64;

    private void ReduceColumns<TReducer>(TReducer reducer, in ReductionGeometry geometry, float* x, float* y, bool accumulate) where TReducer : struct, IReducer
    {
        var (outer, rows, columns) = (geometry.Outer, geometry.Reduced, geometry.Inner);
        var width = Math.Min(columns, ColumnBlock);
        var height = Math.Max(FewestRows, Lanes.Grain / width);
        var columnBlocks = (columns + width - 1) / width;
        var rowBlocks = Math.Max(1, (rows + height - 1) / height);
        var plan = new ColumnPlan(outer, rows, columns, width, height, rowBlocks, columnBlocks);
        var perTask = Math.Max(1, (int)Math.Min((long)Math.Min(rows, height) * width, int.MaxValue));
        if (rowBlocks == 1)
        {
            _workers.Run(new ColumnsBody<TReducer>(reducer, plan, x, y, accumulate, null), plan.Tasks, Math.Max(1, Lanes.Grain / perTask));
            return;
        }

        var scratch = Memory.Allocate((long)outer * rowBlocks * columns * sizeof(float), "reduce");
        var partial = (float*)scratch.Address;
        _workers.Run(new ColumnsBody<TReducer>(reducer, plan, x, y, accumulate, partial), plan.Tasks, Math.Max(1, Lanes.Grain / perTask));
        _workers.Run(new JoinBody<TReducer>(reducer, plan, partial, y, accumulate), checked(outer * columns), Math.Max(1, Lanes.HeavyGrain / rowBlocks));
        Memory.Release(scratch);
    }

    private readonly record struct ColumnPlan(int Outer, int Rows, int Columns, int Width, int Height, int RowBlocks, int ColumnBlocks)
    {
        public int Tasks => checked(Outer * RowBlocks * ColumnBlocks);
    }

    /// <summary>A task is a block of rows and columns; its result goes to <c>partial</c>[outer, row block, columns], or to y where there is but one row block.</summary>
    private readonly struct ColumnsBody<TReducer>(TReducer reducer, ColumnPlan plan, float* x, float* y, bool accumulate, float* partial) : IRangeBody
        where TReducer : struct, IReducer
    {
        [SkipLocalsInit]
        public void Run(int first, int end)
        {
            var room = stackalloc float[Math.Max(ColumnBlock, Lanes.LongestLine) + Lanes.Width];
            var accumulators = Lanes.Align(room);
            for (var task = first; task < end; task++)
            {
                var column = task % plan.ColumnBlocks * plan.Width;
                var rowBlock = task / plan.ColumnBlocks % plan.RowBlocks;
                var outer = task / plan.ColumnBlocks / plan.RowBlocks;
                var row = rowBlock * plan.Height;
                var width = Math.Min(plan.Width, plan.Columns - column);
                var height = Math.Min(plan.Height, plan.Rows - row);
                var source = x + ((long)outer * plan.Rows + row) * plan.Columns + column;
                if (partial != null)
                    Accumulate(source, height, width, accumulators, partial + ((long)outer * plan.RowBlocks + rowBlock) * plan.Columns + column, add: false);
                else
                    Accumulate(source, height, width, accumulators, y + (long)outer * plan.Columns + column, accumulate);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Accumulate(float* source, int rows, int width, float* accumulators, float* target, bool add)
        {
            // Short rows that follow each other in memory are taken several at a time.
            var atOnce = 1;
            if (width == plan.Columns)
            {
                for (var most = Lanes.RowsAtOnce(width); 2 * atOnce <= Math.Min(most, rows);)
                    atOnce *= 2;
            }

            var length = atOnce * width;
            var row = 0;
            if (rows == 0)
            {
                new Span<float>(accumulators, length).Fill((float)reducer.Neutral);
            }
            else
            {
                Unsafe.CopyBlockUnaligned(accumulators, source, (uint)length * sizeof(float));
                row = atOnce;
            }

            for (; row + atOnce <= rows; row += atOnce)
                CombineInto(accumulators, source + (long)row * plan.Columns, length);
            for (; row < rows; row++)
                CombineInto(accumulators, source + (long)row * plan.Columns, width);
            for (var half = atOnce / 2; half > 0; half /= 2)
                CombineInto(accumulators, accumulators + half * width, half * width);
            if (add)
                CombineInto(target, accumulators, width);
            else
                Unsafe.CopyBlockUnaligned(target, accumulators, (uint)width * sizeof(float));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void CombineInto(float* target, float* source, int length)
        {
            var function = reducer;
            var j = 0;
            for (; j + Lanes.Width <= length; j += Lanes.Width)
                function.Combine(Vector512.Load(target + j), Vector512.Load(source + j)).Store(target + j);
            for (; j < length; j++)
                target[j] = (float)function.Combine(target[j], source[j]);
        }
    }

    /// <summary>Joins the row blocks' results of each column in float64.</summary>
    private readonly struct JoinBody<TReducer>(TReducer reducer, ColumnPlan plan, float* partial, float* y, bool accumulate) : IRangeBody where TReducer : struct, IReducer
    {
        public void Run(int first, int end)
        {
            for (var at = first; at < end; at++)
            {
                var source = partial + (long)(at / plan.Columns) * plan.RowBlocks * plan.Columns + at % plan.Columns;
                var result = reducer.Neutral;
                for (var block = 0; block < plan.RowBlocks; block++)
                    result = reducer.Combine(result, source[(long)block * plan.Columns]);
                y[at] = (float)(accumulate ? y[at] + result : result);
            }
        }
    }
}
