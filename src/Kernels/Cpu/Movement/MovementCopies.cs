using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// What one task of a strided copy does with its tile of rows and columns: y = x, for elements of the size of <typeparamref name="T"/>.
/// </summary>
internal readonly unsafe struct CopyTile<T>(T* x, T* y) where T : unmanaged
{
    private const int Side = 16, LongRow = 1024;

    /// <summary>Rows that are contiguous on both sides.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Rows(in CopyPlan plan, long from, long to, int rows, int columns)
    {
        var whole = columns - columns % (Vector512<byte>.Count / sizeof(T));
        for (var row = 0; row < rows; row++)
        {
            T* source = x + from + row * plan.RowFrom, target = y + to + row * plan.RowTo;
            if (columns >= LongRow)
            {
                Buffer.MemoryCopy(source, target, (long)columns * sizeof(T), (long)columns * sizeof(T));
                continue;
            }

            for (var i = 0; i < whole * sizeof(T); i += Vector512<byte>.Count)
                Vector512.Load((byte*)source + i).Store((byte*)target + i);
            for (var i = whole; i < columns; i++)
                target[i] = source[i];
        }
    }

    /// <summary>
    /// Any strides. A transposition goes through a small square in the first cache: its source lines are read whole, whatever their
    /// distance. A distance of a power of two would otherwise put them all into the same few places of the cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public void Tile(in CopyPlan plan, long from, long to, int rows, int columns)
    {
        if (plan.RowFrom != 1 || plan.ColumnTo != 1 || rows < Side / 2)
        {
            Scattered(plan, from, to, rows, columns);
            return;
        }

        var (columnFrom, rowTo) = (plan.ColumnFrom, plan.RowTo);
        var square = stackalloc T[Side * Side];
        for (var left = 0; left < columns; left += Side)
        {
            var width = Math.Min(Side, columns - left);
            for (var top = 0; top < rows; top += Side)
            {
                var height = Math.Min(Side, rows - top);
                for (var column = 0; column < width; column++)
                    CopyShort(x + from + top + (left + column) * columnFrom, square + column * Side, height);
                for (var row = 0; row < height; row++)
                {
                    var target = y + to + (top + row) * rowTo + left;
                    var source = square + row;
                    for (var column = 0; column < width; column++)
                        target[column] = source[column * Side];
                }
            }
        }
    }

    /// <summary>Up to <see cref="Side"/> elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyShort(T* source, T* target, int count)
    {
        if (count == Side)
        {
            for (var i = 0; i < Side * sizeof(T); i += Vector256<byte>.Count)
                Vector256.Load((byte*)source + i).Store((byte*)target + i);
            return;
        }

        for (var i = 0; i < count; i++)
            target[i] = source[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scattered(in CopyPlan plan, long from, long to, int rows, int columns)
    {
        var (columnFrom, columnTo) = (plan.ColumnFrom, plan.ColumnTo);
        for (var row = 0; row < rows; row++)
        {
            T* source = x + from + row * plan.RowFrom, target = y + to + row * plan.RowTo;
            for (var column = 0; column < columns; column++, source += columnFrom, target += columnTo)
                *target = *source;
        }
    }
}

/// <summary>Runs the tasks of a <see cref="CopyPlan"/>.</summary>
internal readonly struct CopyBody<T>(CopyTile<T> tile, CopyPlan plan) : IRangeBody where T : unmanaged
{
    public void Run(int first, int end)
    {
        for (var task = first; task < end; task++)
        {
            var (from, to, rows, columns) = plan.Task(task);
            if (plan.Contiguous)
                tile.Rows(plan, from, to, rows, columns);
            else
                tile.Tile(plan, from, to, rows, columns);
        }
    }
}
