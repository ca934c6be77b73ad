using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// 6x16 tiles: 12 accumulators, two vectors of B and one broadcast element of A fill 15 of the 16 registers of AVX2.
/// </summary>
internal readonly unsafe struct MatrixProductKernel256 : IMicroKernel
{
    public static int Rows => 6;

    public static int Columns => 16;

    public static bool Wide => false;

    public static bool Pairs => false;

    public static void Tile<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int rows, int columns, bool accumulate)
        where TRows : struct, IRowLayout
    {
        if (rows == 6 && columns == 16)
            Multiply<TRows>(depth, operands, c, offsets, accumulate);
        else
            Edge<TRows>(depth, operands, c, offsets, rows, columns, accumulate);
    }

    /// <summary>The whole tile into scratch, then the part that exists into C.</summary>
    [SkipLocalsInit]
    private static void Edge<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int rows, int columns, bool accumulate)
        where TRows : struct, IRowLayout
    {
        var tile = stackalloc float[6 * 16];
        var places = stackalloc long[6];
        for (var i = 0; i < 6; i++)
            places[i] = i * 16;
        Multiply<TRows>(depth, operands, tile, places, false);
        for (var i = 0; i < rows; i++)
        {
            var row = c + offsets[i];
            for (var j = 0; j < columns; j++)
                row[j] = accumulate ? row[j] + tile[i * 16 + j] : tile[i * 16 + j];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<TRows>(int depth, in TileOperands operands, float* c, long* offsets, bool accumulate)
        where TRows : struct, IRowLayout
    {
        Vector256<float> c0x0 = default, c0x1 = default, c1x0 = default, c1x1 = default;
        Vector256<float> c2x0 = default, c2x1 = default, c3x0 = default, c3x1 = default;
        Vector256<float> c4x0 = default, c4x1 = default, c5x0 = default, c5x1 = default;
        float* a = operands.A, b = operands.B, ahead = operands.Ahead;
        while (true)
        {
            for (var run = Math.Min(depth, operands.Run); run > 0; run--)
            {
                var b0 = Vector256.Load(b);
                var b1 = Vector256.Load(b + 8);
                var x = Vector256.Create(a[0]);
                c0x0 = Vector256.FusedMultiplyAdd(x, b0, c0x0);
                c0x1 = Vector256.FusedMultiplyAdd(x, b1, c0x1);
                x = Vector256.Create(a[TRows.RowStride]);
                c1x0 = Vector256.FusedMultiplyAdd(x, b0, c1x0);
                c1x1 = Vector256.FusedMultiplyAdd(x, b1, c1x1);
                x = Vector256.Create(a[2 * TRows.RowStride]);
                c2x0 = Vector256.FusedMultiplyAdd(x, b0, c2x0);
                c2x1 = Vector256.FusedMultiplyAdd(x, b1, c2x1);
                x = Vector256.Create(a[3 * TRows.RowStride]);
                c3x0 = Vector256.FusedMultiplyAdd(x, b0, c3x0);
                c3x1 = Vector256.FusedMultiplyAdd(x, b1, c3x1);
                x = Vector256.Create(a[4 * TRows.RowStride]);
                c4x0 = Vector256.FusedMultiplyAdd(x, b0, c4x0);
                c4x1 = Vector256.FusedMultiplyAdd(x, b1, c4x1);
                x = Vector256.Create(a[5 * TRows.RowStride]);
                c5x0 = Vector256.FusedMultiplyAdd(x, b0, c5x0);
                c5x1 = Vector256.FusedMultiplyAdd(x, b1, c5x1);
                Sse.Prefetch1(ahead);
                ahead += operands.AheadStep;
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
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* row, Vector256<float> first, Vector256<float> second, bool accumulate)
    {
        if (accumulate)
        {
            first += Vector256.Load(row);
            second += Vector256.Load(row + 8);
        }

        first.Store(row);
        second.Store(row + 8);
    }
}
