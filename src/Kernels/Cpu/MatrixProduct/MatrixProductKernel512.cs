using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// 12x32 tiles: 24 accumulators, two vectors of B and one broadcast element of A fill 27 of the 32 registers, and 24 fused multiply-adds an
/// iteration hide their latency (4 cycles, two a cycle) and the loads. Lower tiles (8 and 4 rows) and one-vector tiles serve the edges
/// without wasted products.
/// </summary>
internal readonly unsafe struct MatrixProductKernel512 : IMicroKernel
{
    public static int Rows => 12;

    public static int Columns => 32;

    public static bool Wide => true;

    public static bool Pairs => false;

    public static void Tile<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int rows, int columns, bool accumulate)
        where TRows : struct, IRowLayout
    {
        if (rows % 4 == 0 && columns % 16 == 0)
            Select<TRows>(depth, operands, c, offsets, rows, columns, accumulate);
        else
            Edge<TRows>(depth, operands, c, offsets, rows, columns, accumulate);
    }

    private static void Select<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int rows, int columns, bool accumulate)
        where TRows : struct, IRowLayout
    {
        if (columns > 16)
        {
            if (rows > 8)
                Multiply<Three, Two, TRows>(depth, operands, c, offsets, accumulate);
            else if (rows > 4)
                Multiply<Two, Two, TRows>(depth, operands, c, offsets, accumulate);
            else
                Multiply<One, Two, TRows>(depth, operands, c, offsets, accumulate);
        }
        else if (rows > 8)
        {
            Multiply<Three, One, TRows>(depth, operands, c, offsets, accumulate);
        }
        else if (rows > 4)
        {
            Multiply<Two, One, TRows>(depth, operands, c, offsets, accumulate);
        }
        else
        {
            Multiply<One, One, TRows>(depth, operands, c, offsets, accumulate);
        }
    }

    /// <summary>The whole tile into scratch, then the part that exists into C.</summary>
    [SkipLocalsInit]
    private static void Edge<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int rows, int columns, bool accumulate)
        where TRows : struct, IRowLayout
    {
        var tile = stackalloc float[12 * 32];
        var places = stackalloc long[12];
        for (var i = 0; i < 12; i++)
            places[i] = i * 32;
        Select<TRows>(depth, operands, tile, places, rows, columns, false);
        PartialTile.Store(tile, c, offsets, rows, columns, accumulate);
    }

    /// <typeparam name="TGroups">Rows of the tile, in fours.</typeparam>
    /// <typeparam name="TVectors">Columns of the tile, in vectors of 16.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<TGroups, TVectors, TRows>(int depth, in TileOperands operands, float* c, long* offsets, bool accumulate)
        where TGroups : struct, IConstant where TVectors : struct, IConstant where TRows : struct, IRowLayout
    {
        Vector512<float> c0x0 = default, c0x1 = default, c1x0 = default, c1x1 = default, c2x0 = default, c2x1 = default, c3x0 = default,
            c3x1 = default;
        Vector512<float> c4x0 = default, c4x1 = default, c5x0 = default, c5x1 = default, c6x0 = default, c6x1 = default, c7x0 = default,
            c7x1 = default;
        Vector512<float> c8x0 = default, c8x1 = default, c9x0 = default, c9x1 = default, c10x0 = default, c10x1 = default, c11x0 = default,
            c11x1 = default;
        // C is needed only when the loop is through; it may come from far away meanwhile.
        for (var i = 0; i < 4 * TGroups.Value; i++)
        {
            Sse.Prefetch1(c + offsets[i]);
            if (TVectors.Value > 1)
                Sse.Prefetch1(c + offsets[i] + 16);
        }

        float* a = operands.A, b = operands.B, ahead = operands.Ahead;
        while (true)
        {
            for (var run = Math.Min(depth, operands.Run); run > 0; run--)
            {
                var b0 = Vector512.Load(b);
                var b1 = TVectors.Value > 1 ? Vector512.Load(b + 16) : default;
                Vector512<float> x;
                x = Vector512.Create(a[0]);
                c0x0 = Vector512.FusedMultiplyAdd(x, b0, c0x0);
                if (TVectors.Value > 1)
                    c0x1 = Vector512.FusedMultiplyAdd(x, b1, c0x1);
                x = Vector512.Create(a[TRows.RowStride]);
                c1x0 = Vector512.FusedMultiplyAdd(x, b0, c1x0);
                if (TVectors.Value > 1)
                    c1x1 = Vector512.FusedMultiplyAdd(x, b1, c1x1);
                x = Vector512.Create(a[2 * TRows.RowStride]);
                c2x0 = Vector512.FusedMultiplyAdd(x, b0, c2x0);
                if (TVectors.Value > 1)
                    c2x1 = Vector512.FusedMultiplyAdd(x, b1, c2x1);
                x = Vector512.Create(a[3 * TRows.RowStride]);
                c3x0 = Vector512.FusedMultiplyAdd(x, b0, c3x0);
                if (TVectors.Value > 1)
                    c3x1 = Vector512.FusedMultiplyAdd(x, b1, c3x1);
                if (TGroups.Value > 1)
                {
                    x = Vector512.Create(a[4 * TRows.RowStride]);
                    c4x0 = Vector512.FusedMultiplyAdd(x, b0, c4x0);
                    if (TVectors.Value > 1)
                        c4x1 = Vector512.FusedMultiplyAdd(x, b1, c4x1);
                    x = Vector512.Create(a[5 * TRows.RowStride]);
                    c5x0 = Vector512.FusedMultiplyAdd(x, b0, c5x0);
                    if (TVectors.Value > 1)
                        c5x1 = Vector512.FusedMultiplyAdd(x, b1, c5x1);
                    x = Vector512.Create(a[6 * TRows.RowStride]);
                    c6x0 = Vector512.FusedMultiplyAdd(x, b0, c6x0);
                    if (TVectors.Value > 1)
                        c6x1 = Vector512.FusedMultiplyAdd(x, b1, c6x1);
                    x = Vector512.Create(a[7 * TRows.RowStride]);
                    c7x0 = Vector512.FusedMultiplyAdd(x, b0, c7x0);
                    if (TVectors.Value > 1)
                        c7x1 = Vector512.FusedMultiplyAdd(x, b1, c7x1);
                }

                if (TGroups.Value > 2)
                {
                    x = Vector512.Create(a[8 * TRows.RowStride]);
                    c8x0 = Vector512.FusedMultiplyAdd(x, b0, c8x0);
                    if (TVectors.Value > 1)
                        c8x1 = Vector512.FusedMultiplyAdd(x, b1, c8x1);
                    x = Vector512.Create(a[9 * TRows.RowStride]);
                    c9x0 = Vector512.FusedMultiplyAdd(x, b0, c9x0);
                    if (TVectors.Value > 1)
                        c9x1 = Vector512.FusedMultiplyAdd(x, b1, c9x1);
                    x = Vector512.Create(a[10 * TRows.RowStride]);
                    c10x0 = Vector512.FusedMultiplyAdd(x, b0, c10x0);
                    if (TVectors.Value > 1)
                        c10x1 = Vector512.FusedMultiplyAdd(x, b1, c10x1);
                    x = Vector512.Create(a[11 * TRows.RowStride]);
                    c11x0 = Vector512.FusedMultiplyAdd(x, b0, c11x0);
                    if (TVectors.Value > 1)
                        c11x1 = Vector512.FusedMultiplyAdd(x, b1, c11x1);
                }

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

        Store<TVectors>(c + offsets[0], c0x0, c0x1, accumulate);
        Store<TVectors>(c + offsets[1], c1x0, c1x1, accumulate);
        Store<TVectors>(c + offsets[2], c2x0, c2x1, accumulate);
        Store<TVectors>(c + offsets[3], c3x0, c3x1, accumulate);

        if (TGroups.Value > 1)
        {
            Store<TVectors>(c + offsets[4], c4x0, c4x1, accumulate);
            Store<TVectors>(c + offsets[5], c5x0, c5x1, accumulate);
            Store<TVectors>(c + offsets[6], c6x0, c6x1, accumulate);
            Store<TVectors>(c + offsets[7], c7x0, c7x1, accumulate);
        }

        if (TGroups.Value > 2)
        {
            Store<TVectors>(c + offsets[8], c8x0, c8x1, accumulate);
            Store<TVectors>(c + offsets[9], c9x0, c9x1, accumulate);
            Store<TVectors>(c + offsets[10], c10x0, c10x1, accumulate);
            Store<TVectors>(c + offsets[11], c11x0, c11x1, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TVectors>(float* row, Vector512<float> first, Vector512<float> second, bool accumulate) where TVectors
        : struct, IConstant
    {
        if (accumulate)
        {
            first += Vector512.Load(row);
            if (TVectors.Value > 1)
                second += Vector512.Load(row + 16);
        }

        first.Store(row);
        if (TVectors.Value > 1)
            second.Store(row + 16);
    }
}
