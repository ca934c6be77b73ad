using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// 12x32 tiles of pairs of bfloat16 by <c>vdpbf16ps</c>, which the runtime has no name for: <see cref="TileAssembler"/> writes the code,
/// once for each row layout.
/// </summary>
internal readonly unsafe struct MatrixProductKernelAssembled : IMicroKernel
{
    public static int Rows => 12;

    public static int Columns => 32;

    public static bool Wide => true;

    public static bool Pairs => true;

    /// <summary>Whether the processor has the instruction and the system lets code be made.</summary>
    public static bool IsSupported { get; } = BFloat16Instructions.HasDotProduct && FlushToZero.IsSupported;

    public static void Tile<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int rows, int columns, bool accumulate)
        where TRows : struct, IRowLayout
    {
        if (rows % 4 == 0 && columns % 16 == 0)
            Call<TRows>(depth, operands, c, offsets, TileForm.IndexOf(rows, columns / 16, accumulate));
        else
            Edge<TRows>(depth, operands, c, offsets, rows, columns, accumulate);
    }

    [SkipLocalsInit]
    private static void Call<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int form) where TRows : struct, IRowLayout
    {
        var call = new TileCall(depth, operands, c, offsets);
        ((delegate* unmanaged[SuppressGCTransition]<TileCall*, void>)Code<TRows>.Forms[form])(&call);
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
        var form = TileForm.IndexOf(rows, MatrixProductBlocking.DivideUp(columns, 16), false);
        Call<TRows>(depth, operands, tile, places, form);
        PartialTile.Store(tile, c, offsets, rows, columns, accumulate);
    }

    /// <summary>The addresses of the code for a row layout, by <see cref="TileForm.Index"/>.</summary>
    private static class Code<TRows> where TRows : struct, IRowLayout
    {
        public static readonly nint[] Forms = CodeMemory.Place(
            [.. TileForm.All(TRows.RowStride, TRows.Step).Select(form => TileAssembler.Assemble(form, TileAssembler.Native))])
            ?? throw new OutOfMemoryException("the system gave no memory for assembled code");
    }
}
