using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// What an assembled tile is called with: one pointer to this, so that the calling conventions differ in one register alone. Distances are
/// in bytes; the code counts <see cref="Depth"/> down.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TileCall
{
    public float* A, B, C;
    public long* Offsets;
    public float* Ahead;
    public long Depth, Run, Skip, BStep, AheadStep;

    /// <summary>
    /// Where the code keeps the ten registers that Windows wants back (of 512 bits the lowest 128). It never moves the stack pointer, and
    /// so needs no data for unwinding.
    /// </summary>
    public fixed byte Saved[10 * 16];

    public TileCall(int depth, in TileOperands operands, float* c, long* offsets)
    {
        A = operands.A;
        B = operands.B;
        C = c;
        Offsets = offsets;
        Ahead = operands.Ahead;
        (Depth, Run, Skip) = (depth, operands.Run, (long)operands.Skip * sizeof(float));
        (BStep, AheadStep) = ((long)operands.BStep * sizeof(float), (long)operands.AheadStep * sizeof(float));
    }
}

/// <summary>What is assembled: a tile of 4, 8 or 12 rows and one or two vectors of columns, written or added to C.</summary>
/// <param name="RowStride">From a row of the first operand to the next, in pairs, as <see cref="IRowLayout"/> says.</param>
/// <param name="Step">From a pair of depths to the next.</param>
internal readonly record struct TileForm(int Rows, int Vectors, bool Accumulate, int RowStride, int Step)
{
    /// <summary>Forms of a row layout.</summary>
    public const int Count = 12;

    /// <summary>The place of this form among those of its row layout.</summary>
    public int Index => IndexOf(Rows, Vectors, Accumulate);

    public static int IndexOf(int rows, int vectors, bool accumulate) => (rows - 1) / 4 * 4 + (vectors - 1) * 2 + (accumulate ? 1 : 0);

    /// <summary>All of them, each at its index.</summary>
    public static IEnumerable<TileForm> All(int rowStride, int step) =>
        from rows in new[] { 4, 8, 12 }
        from vectors in new[] { 1, 2 }
        from accumulate in new[] { false, true }
        select new TileForm(rows, vectors, accumulate, rowStride, step);
}
