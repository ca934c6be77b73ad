using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Cuda.Profiling;

/// <summary>One node of a recorded graph: what it does and how long a card takes for it.</summary>
/// <param name="Kernel">Or <c>copy</c> or <c>clear</c>.</param>
/// <param name="Registers">Of a thread; null where no compiler was there to ask.</param>
/// <param name="StackBytes">Of a thread in local memory: spilled registers, for the most part.</param>
/// <param name="Occupancy">Share of the warps that a multiprocessor could hold.</param>
/// <param name="OccupancyLimit">What keeps it from more.</param>
/// <param name="DistinctBytes">Of device memory that have to be moved at least.</param>
/// <param name="AskedBytes">Sectors that all requests ask for, in bytes.</param>
/// <param name="LaneBytes">What the lanes of the requests use of these.</param>
/// <param name="Microseconds">With the gap before the launch.</param>
/// <param name="LimitMicroseconds">By limit, without the gap.</param>
internal sealed record ProfiledNode(string Family, string Kernel, IReadOnlyList<int> Grid, IReadOnlyList<int> Block, int SharedBytes,
    int SampledBlocks, int? Registers, int? StackBytes, double Occupancy, string OccupancyLimit, double DistinctBytes, double AskedBytes,
    double LaneBytes, double Requests, double SharedRequests, double SharedWavefronts, double SharedIdeal, double IdleLanes,
    double BarriersPerBlock, double WarpCollectives, double Float32Gflop, IReadOnlyDictionary<string, double> TensorGflop,
    IReadOnlyList<ProfiledArray> Arrays, string Limit, double Microseconds, IReadOnlyDictionary<string, double> LimitMicroseconds)
{
    /// <summary>Of tensor cores, whatever they multiply.</summary>
    public double TensorGflopTotal => TensorGflop.Values.Sum();

    /// <summary>
    /// Instructions that a warp issues in the loop of the products for each <c>mma</c> (16 × 8 × 16 in bfloat16); null where it has none,
    /// or nobody looked at the machine code.
    /// </summary>
    public double? InstructionsPerMma { get; init; }
}

/// <summary>What a launch reads and writes of one array.</summary>
internal sealed record ProfiledArray(string Name, long Bytes, double DistinctRead, double DistinctWritten, double SectorsRead,
    double SectorsWritten);

/// <summary>All launches of one kernel.</summary>
/// <param name="SectorsPerRequest">Sectors of 32 bytes that an access of a warp asks for on average; null where it asks for none.</param>
/// <param name="IdealSectorsPerRequest">The same if the bytes that its lanes use lay side by side.</param>
/// <param name="IdleLanes">Share of the lanes that did not take part in accesses to memory.</param>
/// <param name="Limit">The one that binds the most time.</param>
/// <param name="Occupancy">Of the launch that takes longest.</param>
internal sealed record ProfiledKernel(string Family, string Kernel, int Launches, double Microseconds, double Share, double DistinctBytes,
    double AskedBytes, double? SectorsPerRequest, double? IdealSectorsPerRequest, double SharedWavefronts, double SharedIdeal,
    double IdleLanes, double TensorGflop, double Float32Gflop, int? Registers, int? StackBytes, double Occupancy, string OccupancyLimit,
    string Limit)
{
    /// <inheritdoc cref="ProfiledNode.InstructionsPerMma"/>
    public double? InstructionsPerMma { get; init; }
}

/// <summary>A recorded graph on a card.</summary>
/// <param name="Nodes">Launches, copies and clears: as many as a CUDA graph of it has.</param>
/// <param name="Bytes">Of device memory that have to be moved at least, launch by launch.</param>
/// <param name="Milliseconds">The sum over all nodes, gaps included.</param>
/// <param name="GapMilliseconds">Of it, the gaps between nodes.</param>
/// <param name="Nvrtc">The version of the compiler that was asked for registers; null where there was none.</param>
/// <param name="Kernels">By time, the longest first.</param>
/// <param name="Launches">Every node, in order.</param>
internal sealed record ProfileReport(string Card, int Nodes, int Copies, int Clears, double Bytes, double AskedBytes, double TensorGflop,
    double Float32Gflop, double Milliseconds, double GapMilliseconds, string? Nvrtc, IReadOnlyList<ProfiledKernel> Kernels,
    IReadOnlyList<ProfiledNode> Launches)
{
    /// <param name="nodes">In order.</param>
    /// <param name="resources">What a compiler gave a kernel; null where nobody was asked.</param>
    public static ProfileReport Of(IReadOnlyList<CountedNode> nodes, Func<LaunchCounts, KernelResources?> resources, GpuCard card,
        string? nvrtc)
    {
        var times = LaunchModel.Of(nodes, resources, card);
        var launches = nodes.Zip(times, (node, time) =>
            node.Launch is { } launch ? Describe(launch, resources(launch), time, card) : Describe(node, time)).ToList();
        var total = launches.Sum(launch => launch.Microseconds);
        return new ProfileReport(card.Name, launches.Count, nodes.Count(node => node.Kind == NodeKind.Copy),
            nodes.Count(node => node.Kind == NodeKind.Clear), launches.Sum(launch => launch.DistinctBytes),
            launches.Sum(launch => launch.AskedBytes), launches.Sum(launch => launch.TensorGflopTotal),
            launches.Sum(launch => launch.Float32Gflop), total / 1000, nodes.Count * card.LaunchGapUs / 1000, nvrtc,
            [
                .. launches.GroupBy(launch => (launch.Family, launch.Kernel)).Select(kernel => Sum([.. kernel], total))
                    .OrderByDescending(kernel => kernel.Microseconds),
            ],
            launches);
    }

    private static ProfiledNode Describe(LaunchCounts launch, KernelResources? resources, LaunchTime time, GpuCard card)
    {
        var occupancy = Profiling.Occupancy.Of(launch, resources?.Registers, card);
        var (grid, block) = (launch.Shape.Grid, launch.Shape.Block);
        return new ProfiledNode(launch.Family, launch.Kernel, [grid.X, grid.Y, grid.Z], [block.X, block.Y, block.Z],
            launch.Shape.SharedBytes + launch.StaticSharedBytes, launch.Samples, resources?.Registers, resources?.StackBytes,
            occupancy.Share, occupancy.Limit, launch.DistinctBytes, launch.Sectors * ArrayTraffic.SectorBytes, launch.AskedBytes,
            launch.Requests, launch.SharedRequests, launch.SharedWavefronts, launch.SharedIdeal,
            launch.IdleLanes / Math.Max(1, launch.Lanes + launch.IdleLanes), launch.Barriers / grid.Count, launch.Collectives,
            2e-9 * launch.MultiplyAdds, launch.Products.ToDictionary(product => product.Name, product => 2e-9 * product.MultiplyAdds),
            [
                .. launch.Arrays.Select(array => new ProfiledArray(array.Name, array.Bytes, array.DistinctRead, array.DistinctWritten,
                    array.LoadSectors, array.StoreSectors)),
            ],
            Name(time), time.TotalMicroseconds, Names(time))
        { InstructionsPerMma = resources?.PerMma };
    }

    private static ProfiledNode Describe(CountedNode node, LaunchTime time) =>
        new ProfiledNode("", node.Kind == NodeKind.Copy ? "copy" : "clear", [], [], 0, 0, null, null, 0, "", node.DistinctBytes,
            node.DistinctBytes, node.DistinctBytes, 0, 0, 0, 0, 0, 0, 0, 0, new Dictionary<string, double>(), [], Name(time),
            time.TotalMicroseconds, Names(time));

    private static ProfiledKernel Sum(IReadOnlyList<ProfiledNode> launches, double total)
    {
        var longest = launches.MaxBy(launch => launch.Microseconds)!;
        double All(Func<ProfiledNode, double> of) => launches.Sum(of);
        var (time, requests) = (All(launch => launch.Microseconds), All(launch => launch.Requests));
        double? EachRequest(double bytes) => requests > 0 ? bytes / ArrayTraffic.SectorBytes / requests : null;
        return new ProfiledKernel(longest.Family, longest.Kernel, launches.Count, time, time / total, All(launch => launch.DistinctBytes),
            All(launch => launch.AskedBytes), EachRequest(All(launch => launch.AskedBytes)), EachRequest(All(launch => launch.LaneBytes)),
            All(launch => launch.SharedWavefronts), All(launch => launch.SharedIdeal),
            All(launch => launch.IdleLanes * launch.Microseconds) / time, All(launch => launch.TensorGflopTotal),
            All(launch => launch.Float32Gflop), longest.Registers, longest.StackBytes, longest.Occupancy, longest.OccupancyLimit,
            launches.GroupBy(launch => launch.Limit).MaxBy(limit => limit.Sum(launch => launch.Microseconds))!.Key)
        { InstructionsPerMma = longest.InstructionsPerMma };
    }

    private static IReadOnlyDictionary<string, double> Names(LaunchTime time) =>
        time.Microseconds.Where(limit => limit.Value > 0).ToDictionary(limit => Name(limit.Key), limit => limit.Value);

    /// <summary>A launch that is shorter than the gap before it is limited by being a launch.</summary>
    private static string Name(LaunchTime time) =>
        time.Microseconds.Values.Max() < time.GapMicroseconds ? "launch" : Name(time.Limit);

    private static string Name(LaunchLimit limit) => limit switch
    {
        LaunchLimit.Dram => "DRAM",
        LaunchLimit.L2 => "L2",
        LaunchLimit.L2Port => "L2 port",
        LaunchLimit.Shared => "shared memory",
        LaunchLimit.Tensor => "tensor cores",
        LaunchLimit.Float32 => "float32",
        LaunchLimit.Issue => "issue",
        _ => "latency",
    };
}
