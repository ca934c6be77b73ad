using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>What one task of a strided copy does with its tile of rows and columns.</summary>
internal interface ICopyTile
{
    /// <summary>Rows that are contiguous on both sides.</summary>
    void Rows(long from, long rowFrom, long to, long rowTo, int rows, int columns);

    /// <summary>Any strides.</summary>
    void Tile(long from, long rowFrom, long columnFrom, long to, long rowTo, long columnTo, int rows, int columns);
}

/// <summary>y = x, for elements of the size of <typeparamref name="T"/>.</summary>
internal readonly unsafe struct CopyTile<T>(T* x, T* y) : ICopyTile where T : unmanaged
{
    private const int Side = 16, LongRow = 1024;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Rows(long from, long rowFrom, long to, long rowTo, int rows, int columns)
    {
        var whole = columns - columns % Lanes.Width;
        for (var row = 0; row < rows; row++)
        {
            T* source = x + from + row * rowFrom, target = y + to + row * rowTo;
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
    /// A transposition goes through a small square in the first cache: its source lines are read whole, whatever their distance. A distance
    /// of a power of two would otherwise put them all into the same few places of the cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public void Tile(long from, long rowFrom, long columnFrom, long to, long rowTo, long columnTo, int rows, int columns)
    {
        if (rowFrom != 1 || columnTo != 1 || rows < Side / 2)
        {
            Scattered(from, rowFrom, columnFrom, to, rowTo, columnTo, rows, columns);
            return;
        }

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
            for (var i = 0; i < Side * sizeof(T); i += Vector512<byte>.Count)
                Vector512.Load((byte*)source + i).Store((byte*)target + i);
            return;
        }

        for (var i = 0; i < count; i++)
            target[i] = source[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scattered(long from, long rowFrom, long columnFrom, long to, long rowTo, long columnTo, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            T* source = x + from + row * rowFrom, target = y + to + row * rowTo;
            for (var column = 0; column < columns; column++, source += columnFrom, target += columnTo)
                *target = *source;
        }
    }
}

/// <summary>y += x.</summary>
internal readonly unsafe struct AddTile(float* x, float* y) : ICopyTile
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Rows(long from, long rowFrom, long to, long rowTo, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            float* source = x + from + row * rowFrom, target = y + to + row * rowTo;
            var i = 0;
            for (; i + Lanes.Width <= columns; i += Lanes.Width)
                (Vector512.Load(target + i) + Vector512.Load(source + i)).Store(target + i);
            for (; i < columns; i++)
                target[i] += source[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Tile(long from, long rowFrom, long columnFrom, long to, long rowTo, long columnTo, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            float* source = x + from + row * rowFrom, target = y + to + row * rowTo;
            for (var column = 0; column < columns; column++, source += columnFrom, target += columnTo)
                *target += *source;
        }
    }
}

/// <summary>Runs the tasks of a <see cref="CopyPlan"/>.</summary>
internal readonly struct CopyBody<TTile>(TTile tile, CopyPlan plan) : IRangeBody where TTile : struct, ICopyTile
{
    public void Run(int first, int end)
    {
        for (var task = first; task < end; task++)
        {
            var (from, to, rows, columns) = plan.Task(task);
            if (plan.Contiguous)
                tile.Rows(from, plan.RowFrom, to, plan.RowTo, rows, columns);
            else
                tile.Tile(from, plan.RowFrom, plan.ColumnFrom, to, plan.RowTo, plan.ColumnTo, rows, columns);
        }
    }
}
