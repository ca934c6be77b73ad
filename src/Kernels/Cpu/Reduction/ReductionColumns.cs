using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Reductions whose innermost axis stays: the gradient of a bias, the mean of a feature map.</summary>
internal sealed unsafe partial class CpuBackend
{
    /// <summary>The most columns of one task: their accumulators fill a third of the first cache.</summary>
    private const int ColumnBlock = 4096;

    /// <summary>Rows of a small window, which are combined as they are read.</summary>
    private const int FewRows = 4;

    /// <summary>The fewest rows worth an intermediate result.</summary>
    private const int FewestRows = 64;

    private void ReduceColumns<TReducer, T>(TReducer reducer, in ReductionGeometry geometry, T* x, float* y)
        where TReducer : struct, IReducer where T : unmanaged, ILaneElement<T>
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
            _workers.Run(new ColumnsBody<TReducer, T>(reducer, plan, x, y, null), plan.Tasks, Math.Max(1, Lanes.Grain / perTask));
            return;
        }

        var scratch = Memory.Allocate((long)outer * rowBlocks * columns * sizeof(float), "reduce");
        var partial = (float*)scratch.Address;
        _workers.Run(new ColumnsBody<TReducer, T>(reducer, plan, x, y, partial), plan.Tasks, Math.Max(1, Lanes.Grain / perTask));
        _workers.Run(new JoinBody<TReducer>(reducer, plan, partial, y), checked(outer * columns),
            Math.Max(1, Lanes.HeavyGrain / rowBlocks));
        Memory.Release(scratch);
    }

    private readonly record struct ColumnPlan(int Outer, int Rows, int Columns, int Width, int Height, int RowBlocks, int ColumnBlocks)
    {
        public int Tasks => checked(Outer * RowBlocks * ColumnBlocks);
    }

    /// <summary>
    /// A task is a block of rows and columns; its result goes to <c>partial</c>[outer, row block, columns], or to y where there is but one
    /// row block.
    /// </summary>
    private readonly struct ColumnsBody<TReducer, T>(TReducer reducer, ColumnPlan plan, T* x, float* y, float* partial)
        : IRangeBody
        where TReducer : struct, IReducer where T : unmanaged, ILaneElement<T>
    {
        [SkipLocalsInit]
        public void Run(int first, int end)
        {
            if (plan is { Rows: > 1 and <= FewRows, ColumnBlocks: 1 })
            {
                for (long outer = first; outer < end; outer++)
                    CombineFew(x + outer * plan.Rows * plan.Columns, plan.Columns, y + outer * plan.Columns);
                return;
            }

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
                var line = partial != null ? partial + ((long)outer * plan.RowBlocks + rowBlock) * plan.Columns
                    : y + (long)outer * plan.Columns;
                if (plan.Rows is > 1 and <= FewRows)
                    CombineFew(source, width, line + column);
                else
                    Combine(source, height, width, accumulators, line + column);
            }
        }

        /// <summary>Rows so few that their results need no accumulators.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void CombineFew(T* source, int width, float* target)
        {
            var (rows, stride) = (plan.Rows, (long)plan.Columns);
            var j = 0;
            for (; j + Lanes.Width <= width; j += Lanes.Width)
            {
                var rest = T.Load(source + j + stride);
                for (var row = 2; row < rows; row++)
                    rest = reducer.Combine(rest, T.Load(source + j + row * stride));
                reducer.Combine(T.Load(source + j), rest).Store(target + j);
            }

            for (; j < width; j++)
            {
                double result = T.Load(source[j]);
                for (var row = 1; row < rows; row++)
                    result = reducer.Combine(result, T.Load(source[j + row * stride]));
                target[j] = (float)result;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Combine(T* source, int rows, int width, float* accumulators, float* target)
        {
            // Short rows that follow each other in memory are taken several at a time.
            var atOnce = 1;
            if (width == plan.Columns)
            {
                for (var most = Lanes.RowsAtOnce(width, Lanes.SumLine); 2 * atOnce <= Math.Min(most, rows);)
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
                Lanes.Widen(source, accumulators, length);
                row = atOnce;
            }

            var lines = (rows - row) / atOnce;
            CombineLines(reducer, accumulators, source + (long)row * plan.Columns, lines, (long)atOnce * plan.Columns, length);
            row += lines * atOnce;
            CombineLines(reducer, accumulators, source + (long)row * plan.Columns, rows - row, plan.Columns, width);
            for (var half = atOnce / 2; half > 0; half /= 2)
                CombineLines(reducer, accumulators, (Float32Element*)accumulators + half * width, 1, 0, half * width);
            Unsafe.CopyBlockUnaligned(target, accumulators, (uint)width * sizeof(float));
        }
    }

    /// <summary>
    /// Combines <paramref name="lines"/> lines of <paramref name="length"/> numbers, <paramref name="stride"/> apart, into
    /// <paramref name="target"/>. Sixty-four lines are summed by themselves first, which keeps the rounding of long sums small, their
    /// columns four vectors at a time in registers; where lines lie far apart it is eight, since the processor reads ahead of so many
    /// streams.
    /// </summary>
    private static void CombineLines<TReducer, T>(TReducer reducer, float* target, T* source, int lines, long stride, int length)
        where TReducer : struct, IReducer where T : unmanaged, ILaneElement<T>
    {
        var together = LinesTogether(stride);
        for (var line = 0; line < lines; line += together)
            CombineNearLines(reducer, target, source + line * stride, Math.Min(together, lines - line), stride, length);
    }

    private static int LinesTogether(long stride) => stride < 512 ? 64 : 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CombineNearLines<TReducer, T>(TReducer reducer, float* target, T* source, int lines, long stride, int length)
        where TReducer : struct, IReducer where T : unmanaged, ILaneElement<T>
    {
        const int Width = Lanes.Width;
        var j = 0;
        for (; j + 4 * Width <= length; j += 4 * Width)
        {
            var p = source + j;
            var result = target + j;
            Vector512<float> a = T.Load(p), b = T.Load(p + Width), c = T.Load(p + 2 * Width),
                d = T.Load(p + 3 * Width);
            for (var line = 1; line < lines; line++)
            {
                p += stride;
                a = reducer.Combine(a, T.Load(p));
                b = reducer.Combine(b, T.Load(p + Width));
                c = reducer.Combine(c, T.Load(p + 2 * Width));
                d = reducer.Combine(d, T.Load(p + 3 * Width));
            }

            reducer.Combine(Vector512.Load(result), a).Store(result);
            reducer.Combine(Vector512.Load(result + Width), b).Store(result + Width);
            reducer.Combine(Vector512.Load(result + 2 * Width), c).Store(result + 2 * Width);
            reducer.Combine(Vector512.Load(result + 3 * Width), d).Store(result + 3 * Width);
        }

        for (; j + Width <= length; j += Width)
        {
            var p = source + j;
            var a = T.Load(p);
            for (var line = 1; line < lines; line++)
            {
                p += stride;
                a = reducer.Combine(a, T.Load(p));
            }

            reducer.Combine(Vector512.Load(target + j), a).Store(target + j);
        }

        for (; j < length; j++)
        {
            double result = target[j];
            for (var line = 0; line < lines; line++)
                result = reducer.Combine(result, T.Load(source[line * stride + j]));
            target[j] = (float)result;
        }
    }

    /// <summary>Joins the row blocks' results of each column in float64.</summary>
    private readonly struct JoinBody<TReducer>(TReducer reducer, ColumnPlan plan, float* partial, float* y)
        : IRangeBody where TReducer : struct, IReducer
    {
        public void Run(int first, int end)
        {
            for (var at = first; at < end; at++)
            {
                var source = partial + (long)(at / plan.Columns) * plan.RowBlocks * plan.Columns + at % plan.Columns;
                var result = reducer.Neutral;
                for (var block = 0; block < plan.RowBlocks; block++)
                    result = reducer.Combine(result, source[(long)block * plan.Columns]);
                y[at] = (float)result;
            }
        }
    }
}
