using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// What <see cref="MatrixProductKernelAssembled"/> does, for any machine and to be read: 12x32 tiles of pairs of bfloat16. Four columns are
/// summed at a time, with no thought of speed.
/// </summary>
internal readonly unsafe struct MatrixProductKernelPairs : IMicroKernel
{
    public static int Rows => 12;

    public static int Columns => 32;

    public static bool Wide => false;

    public static bool Pairs => true;

    public static void Tile<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int rows, int columns, bool accumulate)
        where TRows : struct, IRowLayout
    {
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j += 4)
            {
                var sums = Sum<TRows>(depth, operands, operands.A + i * TRows.RowStride, operands.B + j);
                for (var lane = 0; lane < Math.Min(4, columns - j); lane++)
                {
                    var element = c + offsets[i] + j + lane;
                    *element = accumulate ? *element + sums[lane] : sums[lane];
                }
            }
        }
    }

    private static Vector128<float> Sum<TRows>(int depth, in TileOperands operands, float* a, float* b) where TRows : struct, IRowLayout
    {
        var sums = Vector128<float>.Zero;
        for (var k = 0; k < depth; k++)
        {
            var left = Vector128.Create(*(uint*)(a + (long)k * TRows.Step + (long)(k / operands.Run) * operands.Skip));
            var right = Vector128.Load((uint*)(b + (long)k * operands.BStep));
            sums = Vector128.FusedMultiplyAdd(PanelPairs.Earlier(left), PanelPairs.Earlier(right), sums);
            sums = Vector128.FusedMultiplyAdd(PanelPairs.Later(left), PanelPairs.Later(right), sums);
        }

        return sums;
    }
}
