namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>What a launch does with one of its arrays. A request is one access of a warp, a sector 32 bytes.</summary>
/// <param name="Name">The parameter that it was given as; empty where its address lies within a struct.</param>
/// <param name="Bytes">Of the array.</param>
/// <param name="LoadBytes">What the lanes of all requests ask for.</param>
/// <param name="LoadSectors">The different sectors of each request, added up.</param>
/// <param name="CopiedSectors">Of these, those of asynchronous copies to shared memory.</param>
/// <param name="ReadOnce">The different sectors that each block reads, added up.</param>
/// <param name="WrittenOnce">The different sectors that each block writes, added up.</param>
internal sealed record ArrayTraffic(string Name, long Bytes, double LoadRequests, double LoadBytes, double LoadSectors,
    double StoreRequests, double StoreBytes, double StoreSectors, double CopiedSectors, double ReadOnce, double WrittenOnce)
{
    public const int SectorBytes = 32;

    /// <summary>
    /// Bytes that have to be read at least: as much as the blocks read, each for itself, and no more than the array has.
    /// </summary>
    public double DistinctRead => Math.Min(ReadOnce * SectorBytes, WholeSectors);

    /// <summary>Bytes that have to be written at least.</summary>
    public double DistinctWritten => Math.Min(WrittenOnce * SectorBytes, WholeSectors);

    private double WholeSectors => (Bytes + SectorBytes - 1) / SectorBytes * SectorBytes;
}

/// <summary>Products of one instruction of the tensor cores.</summary>
/// <param name="Name">The collective, e.g. <c>mma_bf16</c>.</param>
/// <param name="Calls">How often a warp calls it.</param>
internal sealed record TensorProducts(string Name, double MultiplyAdds, double Calls)
{
    /// <summary>What is multiplied, as the collectives of <c>ptx.cuh</c> end: <c>bf16</c> or <c>tf32</c>.</summary>
    public string Type => Name[(Name.LastIndexOf('_') + 1)..];
}

/// <summary>What a whole launch does, counted on some of its blocks.</summary>
/// <param name="Samples">How many blocks were counted.</param>
/// <param name="ThreadsBound">Of <c>__launch_bounds__</c>, or 0.</param>
/// <param name="StaticSharedBytes">Shared memory that the kernel declares, beside the dynamic one of the launch.</param>
/// <param name="Arrays">In the order of the launch's arguments.</param>
internal sealed record LaunchCounts(string Family, string Kernel, LaunchShape Shape, int Samples, int ThreadsBound, int StaticSharedBytes,
    IReadOnlyList<ArrayTraffic> Arrays, IReadOnlyList<TensorProducts> Products)
{
    /// <summary>How often a warp asks shared memory.</summary>
    public double SharedRequests { get; init; }

    /// <summary>How often shared memory answers, without bank conflicts.</summary>
    public double SharedIdeal { get; init; }

    /// <summary>How often it answers with them.</summary>
    public double SharedWavefronts { get; init; }

    /// <summary>Lanes that took part in accesses to memory.</summary>
    public double Lanes { get; init; }

    /// <summary>Lanes that a warp has and that did not take part.</summary>
    public double IdleLanes { get; init; }

    /// <summary>Barriers of blocks.</summary>
    public double Barriers { get; init; }

    /// <summary>Shuffles, votes and barriers of warps.</summary>
    public double Collectives { get; init; }

    /// <summary>Fused multiply-adds of float32 by threads. Additions and multiplications by themselves are not counted.</summary>
    public double MultiplyAdds { get; init; }

    /// <summary>Operands that tensor cores read from shared memory by themselves.</summary>
    public double TensorSharedBytes { get; init; }

    /// <summary>Requests to global memory.</summary>
    public double Requests => Arrays.Sum(array => array.LoadRequests + array.StoreRequests);

    /// <summary>Sectors of global memory that the requests ask for.</summary>
    public double Sectors => Arrays.Sum(array => array.LoadSectors + array.StoreSectors);

    /// <summary>Bytes of global memory that the lanes ask for.</summary>
    public double AskedBytes => Arrays.Sum(array => array.LoadBytes + array.StoreBytes);

    /// <summary>Bytes of global memory that have to be moved at least.</summary>
    public double DistinctBytes => Arrays.Sum(array => array.DistinctRead + array.DistinctWritten);

    /// <summary>Multiply-adds of tensor cores.</summary>
    public double TensorMultiplyAdds => Products.Sum(product => product.MultiplyAdds);
}

/// <summary>What a node of a recorded graph is.</summary>
internal enum NodeKind
{
    Launch,
    Copy,
    Clear,
}

/// <summary>One node of a recorded graph.</summary>
/// <param name="Launch">Of a launch, what it does; else null.</param>
/// <param name="Ranges">What it touches; of a copy the destination, then the source.</param>
internal sealed record CountedNode(NodeKind Kind, LaunchCounts? Launch, DeviceRange[] Ranges)
{
    /// <summary>
    /// Of these, memory that the call behind the launch took for itself: parts of sums, which the same launch or the next one joins. As
    /// many as there are ranges; empty where there is none.
    /// </summary>
    public IReadOnlyList<bool> Scratch { get; init; } = [];

    /// <summary>Bytes that have to be moved at least.</summary>
    public double DistinctBytes => Launch?.DistinctBytes ?? Ranges.Sum(range => (double)range.Bytes);
}
