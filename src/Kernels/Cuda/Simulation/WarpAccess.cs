using System.Numerics;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// One access of a warp: the accesses of its threads that stand at the same place of the code and are the same time around there since the
/// last barrier. A GPU makes them together, and its cost is counted as
/// <see href="https://docs.nvidia.com/cuda/cuda-c-best-practices-guide/">NVIDIA's guide</see> has it: device memory is moved in sectors of
/// 32 bytes, four to a cache line; shared memory has 32 banks of four bytes, each of which gives one word at a time.
/// </summary>
/// <param name="Place">Index of the line among <see cref="KernelTrace.Places"/>.</param>
/// <param name="Array">Index among <see cref="KernelTrace.Arrays"/>.</param>
/// <param name="Bytes">Of each lane.</param>
/// <param name="Lanes">The lanes that took part, bit i for lane i.</param>
/// <param name="Idle">The lanes that the warp has and that did not take part.</param>
/// <param name="Offsets">Bytes from the array's beginning, for each of the 32 lanes; -1 for one that did not take part.</param>
internal sealed record WarpAccess(TraceKind Kind, int Phase, int Warp, int Place, int Array, int Bytes, uint Lanes, uint Idle,
    long[] Offsets)
{
    private const int SectorBytes = 32, LineBytes = 128, WordBytes = 4, Banks = 32;

    public bool IsShared { get; private init; }

    /// <summary>Sectors of 32 bytes of device memory that are moved; 0 for shared memory.</summary>
    public int Sectors { get; private init; }

    /// <summary>As many sectors as the same bytes would take side by side.</summary>
    public int IdealSectors { get; private init; }

    /// <summary>Cache lines of 128 bytes that the sectors are in.</summary>
    public int CacheLines { get; private init; }

    /// <summary>
    /// The most different words that one bank has to give at a time: 1 is no conflict, 32 the worst. 0 for device memory.
    /// </summary>
    public int Conflict { get; private init; }

    /// <summary>
    /// How often shared memory is asked: a warp's words of four bytes go at once, of eight in two halves, of sixteen in four quarters, each
    /// as often as its worst bank needs.
    /// </summary>
    public int Requests { get; private init; }

    /// <summary>The same without conflicts.</summary>
    public int IdealRequests { get; private init; }

    public bool Diverges => Idle != 0;

    /// <summary>All accesses of warps, in the order of their first threads.</summary>
    public static List<WarpAccess> Of(KernelTrace trace)
    {
        var building = new Dictionary<(int Phase, int Warp, nint Code, int Array, int Bytes, int Time), (int Index, long[] Offsets)>();
        var times = new Dictionary<(int Thread, nint Code), (int Phase, int Time)>();
        var first = new List<(TraceEvent Event, long[] Offsets)>();
        foreach (var one in trace.Events)
        {
            if (one.Array < 0)
                continue;
            var place = (one.Thread, one.Code);
            var time = times.TryGetValue(place, out var before) && before.Phase == one.Phase ? before.Time + 1 : 0;
            times[place] = (one.Phase, time);
            var key = (one.Phase, one.Thread / KernelTrace.WarpSize, one.Code, one.Array, one.Bytes, time);
            if (!building.TryGetValue(key, out var access))
            {
                access = (first.Count, new long[KernelTrace.WarpSize]);
                access.Offsets.AsSpan().Fill(-1);
                building[key] = access;
                first.Add((one, access.Offsets));
            }

            access.Offsets[one.Thread % KernelTrace.WarpSize] = one.Offset;
        }

        return first.ConvertAll(made => Measure(trace, made.Event, made.Offsets));
    }

    private static WarpAccess Measure(KernelTrace trace, in TraceEvent one, long[] offsets)
    {
        var lanes = 0u;
        for (var lane = 0; lane < offsets.Length; lane++)
            lanes |= offsets[lane] >= 0 ? 1u << lane : 0;
        var warp = one.Thread / KernelTrace.WarpSize;
        var array = trace.Arrays[one.Array];
        var idle = trace.LanesOf(warp) & ~lanes;
        var access = new WarpAccess(one.Kind, one.Phase, warp, one.Place, one.Array, one.Bytes, lanes, idle, offsets)
        {
            IsShared = array.IsShared,
        };
        return array.IsShared ? access.Banked() : access.Coalesced(array.Address);
    }

    private WarpAccess Coalesced(long address)
    {
        var bytes = new HashSet<long>();
        foreach (var offset in Offsets)
        {
            for (var i = 0; offset >= 0 && i < Bytes; i++)
                bytes.Add(address + offset + i);
        }

        return this with
        {
            Sectors = bytes.Select(at => at / SectorBytes).Distinct().Count(),
            IdealSectors = (bytes.Count + SectorBytes - 1) / SectorBytes,
            CacheLines = bytes.Select(at => at / LineBytes).Distinct().Count(),
        };
    }

    /// <summary>Banks are counted from the array's beginning: where it lies in shared memory changes no conflict within it.</summary>
    private WarpAccess Banked()
    {
        var parts = Math.Clamp(Bytes / WordBytes, 1, 4);
        var (worst, requests, ideal) = (0, 0, 0);
        for (var part = 0; part < parts; part++)
        {
            var words = new HashSet<long>();
            foreach (var offset in Offsets.AsSpan(part * Offsets.Length / parts, Offsets.Length / parts))
            {
                for (var at = offset; offset >= 0 && at < offset + Bytes; at += WordBytes)
                    words.Add(at / WordBytes);
            }

            var most = words.GroupBy(word => word % Banks).Select(bank => bank.Count()).DefaultIfEmpty().Max();
            worst = Math.Max(worst, most);
            requests += most;
            ideal += (words.Count + Banks - 1) / Banks;
        }

        return this with { Conflict = worst, Requests = requests, IdealRequests = ideal };
    }
}

/// <summary>The accesses of a line to one array in one way, of all warps and phases, added up.</summary>
/// <param name="Place">Index of the line among <see cref="KernelTrace.Places"/>.</param>
/// <param name="Array">Index among <see cref="KernelTrace.Arrays"/>.</param>
/// <param name="Accesses">How often a warp came there.</param>
/// <param name="Lanes">How many of its lanes took part, on average.</param>
/// <param name="Divergent">Accesses at which some of a warp's lanes did not take part.</param>
/// <param name="WorstConflict">The worst of the accesses' conflicts.</param>
internal sealed record LineSummary(int Place, int Array, TraceKind Kind, int Bytes, int Accesses, double Lanes, int Divergent, long Sectors,
    long IdealSectors, long Requests, long IdealRequests, int WorstConflict)
{
    public static List<LineSummary> Of(KernelTrace trace) =>
    [
        .. trace.Accesses.GroupBy(access => (access.Place, access.Array, access.Kind, access.Bytes))
            .Select(line => new LineSummary(line.Key.Place, line.Key.Array, line.Key.Kind, line.Key.Bytes, line.Count(),
                line.Average(access => BitOperations.PopCount(access.Lanes)), line.Count(access => access.Diverges),
                line.Sum(access => access.Sectors), line.Sum(access => access.IdealSectors), line.Sum(access => access.Requests),
                line.Sum(access => access.IdealRequests), line.Max(access => access.Conflict)))
            .OrderBy(line => line.Place).ThenBy(line => line.Kind).ThenBy(line => line.Array),
    ];
}
