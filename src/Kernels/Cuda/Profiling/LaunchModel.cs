using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Cuda.Profiling;

/// <summary>What keeps a launch from being faster.</summary>
internal enum LaunchLimit
{
    /// <summary>Device memory.</summary>
    Dram,

    /// <summary>The second-level cache, all multiprocessors together.</summary>
    L2,

    /// <summary>The way from the second-level cache to the busiest multiprocessor.</summary>
    L2Port,

    /// <summary>Shared memory and the first-level cache of the busiest multiprocessor.</summary>
    Shared,

    /// <summary>The tensor cores of the busiest multiprocessor.</summary>
    Tensor,

    /// <summary>Multiply-adds of float32 on the busiest multiprocessor.</summary>
    Float32,

    /// <summary>Instructions that the busiest multiprocessor can begin.</summary>
    Issue,

    /// <summary>One thing that waits for another.</summary>
    Latency,
}

/// <summary>The time of a launch on a card by each limit; the model and what it leaves out are described in docs/profile.md.</summary>
/// <param name="Microseconds">By limit, the gap before the launch not included.</param>
internal sealed record LaunchTime(IReadOnlyDictionary<LaunchLimit, double> Microseconds, double GapMicroseconds)
{
    /// <summary>The limit that binds.</summary>
    public LaunchLimit Limit => Microseconds.MaxBy(limit => limit.Value).Key;

    /// <summary>With the gap.</summary>
    public double TotalMicroseconds => Microseconds.Values.Max() + GapMicroseconds;
}

/// <summary>From what a launch does to how long a card takes for it.</summary>
internal static class LaunchModel
{
    /// <summary>What copies get of the peak of device memory, and kernels of that of the second-level cache.</summary>
    public const double DramShare = 0.9;

    // Clocks, as measured on GPUs of these years: a load from device memory, and a barrier of a block.
    private const double LoadClocks = 800, BarrierClocks = 40;
    private const double PortBytesPerClock = 64, SharedBytesPerClock = 128, SectorsPerClock = 4;
    private const double InstructionsPerClock = 4, WarpSize = 32;

    /// <summary>Of each node of a graph, in order.</summary>
    /// <param name="resources">What a compiler gave a kernel; null where nobody was asked.</param>
    public static IReadOnlyList<LaunchTime> Of(
        IReadOnlyList<CountedNode> nodes, Func<LaunchCounts, KernelResources?> resources, GpuCard card) =>
    [
        .. nodes.Select(node => node.Launch is { } launch
            ? Of(launch, resources(launch), card, CachedBytes(node, launch, card))
            : OfCopy(node.DistinctBytes, card)),
    ];

    /// <summary>A launch of a kernel.</summary>
    /// <param name="resources">What the compiler gave the kernel; null where nobody was asked.</param>
    /// <param name="cachedBytes">Of what has to be moved at least, what never leaves the second-level cache.</param>
    public static LaunchTime Of(LaunchCounts launch, KernelResources? resources, GpuCard card, double cachedBytes = 0)
    {
        var occupancy = Occupancy.Of(launch, resources?.Registers, card);
        var blocks = (double)launch.Shape.Grid.Count;
        var clocks = card.ClockMhz;

        // Work of the multiprocessor that has the most blocks, as a share of the whole launch's.
        var busiest = Math.Ceiling(blocks / card.Multiprocessors) / blocks;
        var l2Bytes = L2Bytes(launch, occupancy, card);
        var tensor = launch.Products.Sum(product => 2 * product.MultiplyAdds
            / (card.TensorTflops.GetValueOrDefault(product.Type, double.NaN) / card.Multiprocessors * 1e6 * Share(product, card)));
        var waves = Math.Ceiling(blocks / (Math.Max(1, occupancy.Blocks) * card.Multiprocessors));
        var sectors = launch.Arrays.Sum(array => array.LoadSectors - array.CopiedSectors);
        return new LaunchTime(
            new Dictionary<LaunchLimit, double>
            {
                [LaunchLimit.Dram] = (launch.DistinctBytes - cachedBytes) / (card.DramGbPerSecond * DramShare) * 1e-3,
                [LaunchLimit.L2] = l2Bytes / card.L2GbPerSecond * 1e-3,
                [LaunchLimit.L2Port] = l2Bytes * busiest / PortBytesPerClock / clocks,
                [LaunchLimit.Shared] = (launch.SharedWavefronts + launch.TensorSharedBytes / SharedBytesPerClock
                    + Math.Max(sectors / SectorsPerClock, launch.Requests)) * busiest / clocks,
                [LaunchLimit.Tensor] = tensor * busiest,
                [LaunchLimit.Float32] = 2 * launch.MultiplyAdds * busiest / (card.Float32Tflops / card.Multiprocessors * 1e6),
                [LaunchLimit.Issue] = Instructions(launch, resources) * busiest / InstructionsPerClock / clocks,
                [LaunchLimit.Latency] = waves * (LoadClocks + BarrierClocks * launch.Barriers / blocks) / clocks,
            }, card.LaunchGapUs);
    }

    /// <summary>A copy, or filling with zeros.</summary>
    public static LaunchTime OfCopy(double bytes, GpuCard card) => new(
        new Dictionary<LaunchLimit, double>
        {
            [LaunchLimit.Dram] = bytes / (card.DramGbPerSecond * DramShare) * 1e-3,
            [LaunchLimit.Latency] = LoadClocks / card.ClockMhz,
        }, card.LaunchGapUs);

    /// <summary>
    /// What a call writes for itself and reads again at once is still in the second-level cache, where half of that has room for it, and is
    /// written anew before it has to leave.
    /// </summary>
    private static double CachedBytes(CountedNode node, LaunchCounts launch, GpuCard card) => launch.Arrays.Zip(node.Scratch)
        .Where(array => array.Second && array.First.Bytes <= card.L2Mb * 1e6 / 2)
        .Sum(array => array.First.DistinctRead + array.First.DistinctWritten);

    /// <summary>
    /// What passes between the second-level cache and the multiprocessors: everything that is stored or copied asynchronously; of loads
    /// what each block reads, once, where the blocks of a multiprocessor find room for it in the first-level cache, and else each sector
    /// of each request.
    /// </summary>
    private static double L2Bytes(LaunchCounts launch, Occupancy occupancy, GpuCard card)
    {
        var held = Math.Max(1, occupancy.Blocks);
        var room = (card.L1AndSharedKb * 1024.0 - held * (launch.Shape.SharedBytes + launch.StaticSharedBytes)) / ArrayTraffic.SectorBytes;
        var fits = launch.Arrays.Sum(array => array.ReadOnce) / launch.Shape.Grid.Count * held <= room;
        return ArrayTraffic.SectorBytes * launch.Arrays.Sum(array => array.StoreSectors
            + (fits ? Math.Min(array.LoadSectors, array.CopiedSectors + array.ReadOnce) : array.LoadSectors));
    }

    /// <summary>Instructions of the loops that do products; other kernels wait for memory long before they run out of these.</summary>
    private static double Instructions(LaunchCounts launch, KernelResources? resources) =>
        launch.Products.Where(IsMma).Sum(product => product.Calls) * (resources?.PerMma ?? 0)
        + launch.MultiplyAdds / WarpSize * (resources?.PerFfma ?? 0);

    /// <summary>What an instruction gets of the tensor cores' rate.</summary>
    private static double Share(TensorProducts product, GpuCard card) => IsMma(product) ? card.MmaShare : 1;

    private static bool IsMma(TensorProducts product) => product.Name.StartsWith("mma_", StringComparison.Ordinal);
}
