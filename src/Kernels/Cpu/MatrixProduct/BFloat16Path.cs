using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// How products of bfloat16 operands are computed. A product of two such numbers is exact in float32, so the order of the sums alone
/// decides about the bits, and that is the same in all of them. Denormal numbers are zero in all of them too, where
/// <see cref="FlushToZero"/> works, that is wherever <see cref="Assembled"/> may be chosen.
/// </summary>
internal enum BFloat16Path
{
    /// <summary>The float32 kernel of <see cref="VectorPath"/>, whose panels hold rounded numbers.</summary>
    Float32,

    /// <summary><see cref="MatrixProductKernelAssembled"/>.</summary>
    Assembled,

    /// <summary><see cref="MatrixProductKernelPairs"/>, which is slow; for tests.</summary>
    Portable,
}

internal static unsafe class BFloat16Paths
{
    private const int Depth = 96, Tiles = 100, Rounds = 7;

    private static readonly Lazy<BFloat16Path> Fastest = new(Try);

    /// <summary>
    /// The fastest here. Some processors multiply pairs at twice the rate of float32, others at half of it: both kernels are tried once a
    /// process, for a millisecond; to assemble the one takes some 60 more.
    /// </summary>
    public static BFloat16Path Best => Fastest.Value;

    public static bool Supports(BFloat16Path path) => path != BFloat16Path.Assembled || MatrixProductKernelAssembled.IsSupported;

    /// <summary>What <see cref="Best"/> is and why, for the list of devices.</summary>
    public static string Description => (Best, BFloat16Instructions.HasDotProduct) switch
    {
        (BFloat16Path.Assembled, _) => "vdpbf16ps, assembled here",
        (_, false) => "float32 kernels on rounded numbers, since the processor has no vdpbf16ps",
        _ when MatrixProductKernelAssembled.IsSupported => "float32 kernels on rounded numbers, which are faster here than vdpbf16ps",
        _ => "float32 kernels on rounded numbers, since the system allows no code to be made for vdpbf16ps",
    };

    /// <summary>Nanoseconds for a depth of a tile of <typeparamref name="TKernel"/>, both operands in the first-level cache.</summary>
    public static double NanosecondsPerDepth<TKernel>(int rounds) where TKernel : struct, IMicroKernel
    {
        var places = PanelPairs.Places<TKernel>(Depth);
        var floats = (TKernel.Rows + TKernel.Columns) * places + TKernel.Rows * TKernel.Columns;
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)floats * sizeof(float), 64);
        try
        {
            new Span<float>(memory, floats).Fill(1);
            var offsets = stackalloc long[TKernel.Rows];
            for (var i = 0; i < TKernel.Rows; i++)
                offsets[i] = i * TKernel.Columns;
            var operands = TileOperands.Of<TKernel>(memory, memory + TKernel.Rows * places);
            var c = memory + (TKernel.Rows + TKernel.Columns) * places;
            var best = double.PositiveInfinity;
            for (var round = 0; round < rounds; round++)
            {
                var start = Stopwatch.GetTimestamp();
                for (var tile = 0; tile < Tiles; tile++)
                    TKernel.Tile<PackedRows<TKernel>>(places, operands, c, offsets, TKernel.Rows, TKernel.Columns, false);
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / (Tiles * Depth));
            }

            return best;
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    private static BFloat16Path Try() =>
        MatrixProductKernelAssembled.IsSupported && VectorPaths.Supports(VectorPath.Avx512)
            && NanosecondsPerDepth<MatrixProductKernelAssembled>(Rounds) <= NanosecondsPerDepth<MatrixProductKernel512>(Rounds)
            ? BFloat16Path.Assembled : BFloat16Path.Float32;
}
