namespace CrossModal.Kernels;

/// <summary>Three extents of a grid or a block. A whole number stands for one extent, a pair or a triple for the others.</summary>
public readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    /// <summary>How many blocks or threads these are together.</summary>
    public long Count => (long)X * Y * Z;

    /// <summary>One extent.</summary>
    public static implicit operator Dim3(int x) => new(x);

    /// <summary>Two extents.</summary>
    public static implicit operator Dim3((int X, int Y) extents) => new(extents.X, extents.Y);

    /// <summary>Three extents.</summary>
    public static implicit operator Dim3((int X, int Y, int Z) extents) => new(extents.X, extents.Y, extents.Z);
}

/// <summary>How a kernel is launched: <c>new(grid, block)</c>, as CUDA's <c>&lt;&lt;&lt;grid, block, shared&gt;&gt;&gt;</c>.</summary>
/// <param name="Grid">Blocks; without one, nothing is launched.</param>
/// <param name="Block">Threads of each block.</param>
/// <param name="SharedBytes">Bytes of dynamic shared memory of each block.</param>
public readonly record struct LaunchShape(Dim3 Grid, Dim3 Block, int SharedBytes = 0)
{
    /// <summary>One thread for each of <paramref name="count"/> items; the last block may have threads to spare.</summary>
    public static LaunchShape For(long count, int block = 256) => new(checked((int)((count + block - 1) / block)), block);
}
