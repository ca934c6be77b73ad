using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>Which micro-kernel multiplies: chosen by what the machine has, or forced by a test.</summary>
internal enum VectorPath
{
    /// <summary>8x8 tiles of <see cref="Vector128"/>: Arm, and whatever else .NET runs on.</summary>
    Portable,

    /// <summary>6x16 tiles of <see cref="Vector256"/>, fused multiply-add.</summary>
    Avx2,

    /// <summary>12x32 tiles of <see cref="Vector512"/>.</summary>
    Avx512,
}

internal static class VectorPaths
{
    /// <summary>The widest one that this machine has.</summary>
    public static VectorPath Best =>
        Supports(VectorPath.Avx512) ? VectorPath.Avx512 : Supports(VectorPath.Avx2) ? VectorPath.Avx2 : VectorPath.Portable;

    public static bool Supports(VectorPath path) => path switch
    {
        VectorPath.Avx512 => Avx512F.IsSupported,
        VectorPath.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };
}

/// <summary>
/// The innermost product: a tile of C held in registers, from rows of A and a panel of B packed as [depth][<see cref="Columns"/>].
/// </summary>
internal unsafe interface IMicroKernel
{
    static abstract int Rows { get; }

    static abstract int Columns { get; }

    /// <summary>Whether packers may use 512-bit vectors beside this kernel.</summary>
    static abstract bool Wide { get; }

    /// <summary>
    /// What the kernel calls an element of A and B: a float32, or a pair of bfloat16 of neighboring depths. Two such operands are
    /// multiplied each with each, the earlier depths first, and a depth is half of the numbers then.
    /// </summary>
    static abstract bool Pairs { get; }

    /// <summary>
    /// c[offsets[i] + j] = (or += with <paramref name="accumulate"/>) Σ_k a[k, i] · b[k, j] for i &lt; <paramref name="rows"/> and j &lt;
    /// <paramref name="columns"/>, neither of them over the kernel's own size. As many rows of a are read as the kernel has, whatever they
    /// hold.
    /// </summary>
    static abstract void Tile<TRows>(int depth, in TileOperands operands, float* c, long* offsets, int rows, int columns, bool accumulate)
        where TRows : struct, IRowLayout;
}

/// <summary>
/// Where the kernel finds its operands: a[k, i] at i · RowStride + k · Step, and further on by <see cref="Skip"/> behind each
/// <see cref="Run"/> of k; b[k, j] at k · <see cref="BStep"/> + j.
/// </summary>
internal unsafe struct TileOperands
{
    public float* A, B;
    public int Run, Skip, BStep;

    /// <summary>
    /// What is to be fetched into the second-level cache meanwhile, <see cref="AheadStep"/> floats further on with each k.
    /// </summary>
    public float* Ahead;

    public int AheadStep;

    /// <summary>A whole panel of the first operand, and one of the second.</summary>
    public static TileOperands Of<TKernel>(float* a, float* b) where TKernel : struct, IMicroKernel =>
        new() { A = a, B = b, Run = int.MaxValue, BStep = TKernel.Columns, Ahead = b };
}

/// <summary>The distances in the first operand that a kernel is compiled for.</summary>
internal interface IRowLayout
{
    static abstract int RowStride { get; }

    static abstract int Step { get; }
}

/// <summary>A packed panel [depth][rows].</summary>
internal readonly struct PackedRows<TKernel> : IRowLayout where TKernel : struct, IMicroKernel
{
    public static int RowStride => 1;

    public static int Step => TKernel.Rows;
}

/// <summary>A number known to the JIT, so that one source gives kernels of several heights and widths.</summary>
internal interface IConstant
{
    static abstract int Value { get; }
}

internal readonly struct One : IConstant
{
    public static int Value => 1;
}

internal readonly struct Two : IConstant
{
    public static int Value => 2;
}

internal readonly struct Three : IConstant
{
    public static int Value => 3;
}
