using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// 8x8 tiles: 16 accumulators, which the 32 registers of Arm hold and its four pipes keep busy. Machines with fewer registers spill some;
/// they have a path of their own.
/// </summary>
internal readonly unsafe struct MatrixProductKernel128 : IMicroKernel
{
    public static int Rows => 8;

    public static int Columns => 8;

    public static bool Wide => false;

    public static bool Pairs => false;

    public static void Tile<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int rows, int columns, bool accumulate)
        where TRows : struct, IRowLayout
    {
        if (rows == 8 && columns == 8)
            Multiply<TRows>(depth, operands, c, offsets, accumulate);
        else
            Edge<TRows>(depth, operands, c, offsets, rows, columns, accumulate);
    }

    /// <summary>The whole tile into scratch, then the part that exists into C.</summary>
    [SkipLocalsInit]
    private static void Edge<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int rows, int columns, bool accumulate)
        where TRows : struct, IRowLayout
    {
        var tile = stackalloc float[8 * 8];
        var places = stackalloc long[8];
        for (var i = 0; i < 8; i++)
            places[i] = i * 8;
        Multiply<TRows>(depth, operands, tile, places, false);
        for (var i = 0; i < rows; i++)
        {
            var row = c + offsets[i];
            for (var j = 0; j < columns; j++)
                row[j] = accumulate ? row[j] + tile[i * 8 + j] : tile[i * 8 + j];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<TRows>(int depth, in TileOperands operands, float* c, long* offsets, bool accumulate)
        where TRows : struct, IRowLayout
    {
        Vector128<float> c0x0 = default, c0x1 = default, c1x0 = default, c1x1 = default;
        Vector128<float> c2x0 = default, c2x1 = default, c3x0 = default, c3x1 = default;
        Vector128<float> c4x0 = default, c4x1 = default, c5x0 = default, c5x1 = default;
        Vector128<float> c6x0 = default, c6x1 = default, c7x0 = default, c7x1 = default;
        float* a = operands.A, b = operands.B;
        while (true)
        {
            for (var run = Math.Min(depth, operands.Run); run > 0; run--)
            {
                var b0 = Vector128.Load(b);
                var b1 = Vector128.Load(b + 4);
                var x = Vector128.Create(a[0]);
                c0x0 = Vector128.MultiplyAddEstimate(x, b0, c0x0);
                c0x1 = Vector128.MultiplyAddEstimate(x, b1, c0x1);
                x = Vector128.Create(a[TRows.RowStride]);
                c1x0 = Vector128.MultiplyAddEstimate(x, b0, c1x0);
                c1x1 = Vector128.MultiplyAddEstimate(x, b1, c1x1);
                x = Vector128.Create(a[2 * TRows.RowStride]);
                c2x0 = Vector128.MultiplyAddEstimate(x, b0, c2x0);
                c2x1 = Vector128.MultiplyAddEstimate(x, b1, c2x1);
                x = Vector128.Create(a[3 * TRows.RowStride]);
                c3x0 = Vector128.MultiplyAddEstimate(x, b0, c3x0);
                c3x1 = Vector128.MultiplyAddEstimate(x, b1, c3x1);
                x = Vector128.Create(a[4 * TRows.RowStride]);
                c4x0 = Vector128.MultiplyAddEstimate(x, b0, c4x0);
                c4x1 = Vector128.MultiplyAddEstimate(x, b1, c4x1);
                x = Vector128.Create(a[5 * TRows.RowStride]);
                c5x0 = Vector128.MultiplyAddEstimate(x, b0, c5x0);
                c5x1 = Vector128.MultiplyAddEstimate(x, b1, c5x1);
                x = Vector128.Create(a[6 * TRows.RowStride]);
                c6x0 = Vector128.MultiplyAddEstimate(x, b0, c6x0);
                c6x1 = Vector128.MultiplyAddEstimate(x, b1, c6x1);
                x = Vector128.Create(a[7 * TRows.RowStride]);
                c7x0 = Vector128.MultiplyAddEstimate(x, b0, c7x0);
                c7x1 = Vector128.MultiplyAddEstimate(x, b1, c7x1);
                a += TRows.Step;
                b += operands.BStep;
            }

            depth -= operands.Run;
            if (depth <= 0)
                break;
            a += operands.Skip;
        }

        Store(c + offsets[0], c0x0, c0x1, accumulate);
        Store(c + offsets[1], c1x0, c1x1, accumulate);
        Store(c + offsets[2], c2x0, c2x1, accumulate);
        Store(c + offsets[3], c3x0, c3x1, accumulate);
        Store(c + offsets[4], c4x0, c4x1, accumulate);
        Store(c + offsets[5], c5x0, c5x1, accumulate);
        Store(c + offsets[6], c6x0, c6x1, accumulate);
        Store(c + offsets[7], c7x0, c7x1, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* row, Vector128<float> first, Vector128<float> second, bool accumulate)
    {
        if (accumulate)
        {
            first += Vector128.Load(row);
            second += Vector128.Load(row + 4);
        }

        first.Store(row);
        second.Store(row + 4);
    }
}
