using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The points' matrices for kernels of pairs (see <see cref="PanelPairs"/>): two depths in the place of one, in the same memory, as soon as
/// the transforms have rounded them. For other kernels nothing happens.
/// </summary>
internal static unsafe class WinogradPairs
{
    /// <summary>Channels that become a vector of pairs: the first operand's depth is a multiple of them.</summary>
    public const int Channels = 2 * Lanes.Width;

    /// <summary>Pairs of neighboring columns of <see cref="WinogradLayout.Rows"/>: of each row the first half of the blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FoldColumns<TKernel>(in WinogradMatrices matrices, int points, int rows, int columns)
        where TKernel : struct, IMicroKernel
    {
        if (!TKernel.Pairs)
            return;
        var layout = matrices.Layout;
        for (var point = 0; point < points; point++)
        {
            var matrix = matrices[point];
            for (var row = 0; row < rows; row += TKernel.Rows)
            {
                var end = Math.Min(TKernel.Rows, rows - row) * Lanes.Width;
                for (var column = 0; column < columns; column += Channels)
                {
                    float* from = matrix + layout.At(row, column), to = matrix + layout.At(row, column / 2);
                    for (var at = 0; at < end; at += Lanes.Width)
                        Pair(Vector512.Load(from + at), Vector512.Load(from + layout.BlockStride + at)).Store((uint*)to + at);
                }
            }
        }
    }

    /// <summary>Pairs of neighboring rows of a layout whose blocks have all rows: of each block the first half of them.</summary>
    /// <param name="firstOperand">Whether the partner of a last single row is zero, or else negative zero.</param>
    public static void FoldRows<TKernel>(in WinogradMatrices matrices, int points, int rows, int columns, bool firstOperand)
        where TKernel : struct, IMicroKernel
    {
        if (!TKernel.Pairs)
            return;
        for (var point = 0; point < points; point++)
            FoldPoint<TKernel>(matrices, point, rows, columns, firstOperand);
    }

    /// <summary>The same for one point.</summary>
    public static void FoldPoint<TKernel>(in WinogradMatrices matrices, int point, int rows, int columns, bool firstOperand)
        where TKernel : struct, IMicroKernel
    {
        var layout = matrices.Layout;
        for (var column = 0; column < columns; column += layout.Width)
        {
            var block = matrices[point] + layout.At(0, column);
            PanelPairs.Fold(block, rows, layout.Width, block, firstOperand);
        }
    }

    /// <summary>Thirty-two numbers as sixteen pairs, the earlier of each in its upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Pair(Vector512<float> first, Vector512<float> second)
    {
        var upper = Vector512.Create(0xFFFF_0000ul);
        Vector512<ulong> a = first.AsUInt64(), b = second.AsUInt64();
        return Vector512.Narrow(a & upper | a >> 48, b & upper | b >> 48);
    }
}

/// <summary>Makes pairs of the second operand of value and input gradient; an index is a point.</summary>
internal readonly struct WinogradFoldBody<TKernel>(WinogradMatrices taps, int rows, int columns) : IRangeBody
    where TKernel : struct, IMicroKernel
{
    public void Run(int first, int end)
    {
        for (var point = first; point < end; point++)
            WinogradPairs.FoldPoint<TKernel>(taps, point, rows, columns, firstOperand: false);
    }
}
