using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Cuda.Profiling;

/// <summary>How many blocks of a launch one multiprocessor holds at a time, and what keeps it from more.</summary>
/// <param name="Warps">Of all these blocks.</param>
/// <param name="Share">Of the warps that the multiprocessor could hold.</param>
internal sealed record Occupancy(int Blocks, int Warps, double Share, string Limit)
{
    // CUDA C++ Programming Guide: registers are given to a warp in pieces of 256, shared memory to a block in pieces of 128 bytes (256
    // before 8.0), and from 8.0 on the system takes 1 KB of it for each block.
    private const int RegisterPiece = 256, WarpSize = 32;

    /// <param name="registers">Of a thread; null where no compiler has said, which is as if they were no limit.</param>
    public static Occupancy Of(LaunchCounts launch, int? registers, GpuCard card)
    {
        var warps = (int)(launch.Shape.Block.Count + WarpSize - 1) / WarpSize;
        var (piece, system) = card.Major >= 8 ? (128, 1024) : (256, 0);
        var shared = RoundUp(launch.Shape.SharedBytes + launch.StaticSharedBytes + system, piece);
        List<(int Blocks, string Limit)> limits = [(card.Warps / warps, "threads"), (card.Blocks, "blocks")];
        if (launch.Shape.SharedBytes + launch.StaticSharedBytes > 0)
            limits.Add((card.SharedKb * 1024 / shared, "shared memory"));
        if (registers is { } each)
            limits.Add((card.Registers / RoundUp(each * WarpSize, RegisterPiece) / warps, "registers"));
        var (blocks, limit) = limits.MinBy(one => one.Blocks);
        return new Occupancy(blocks, blocks * warps, (double)blocks * warps / card.Warps, limit);
    }

    private static int RoundUp(int value, int piece) => (value + piece - 1) / piece * piece;
}
