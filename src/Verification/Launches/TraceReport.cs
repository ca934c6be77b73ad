using System.Text.Json;
using System.Text.Json.Serialization;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Verification.Launches;

/// <summary>An array that the launch was given, or that its block shares.</summary>
/// <param name="Type">As the source writes it.</param>
/// <param name="Skew">Bytes by which it begins behind a whole cache line of 128 bytes; 0 for shared memory.</param>
internal sealed record ArrayReport(string Name, string Type, bool IsShared, long Bytes, int Skew);

/// <summary>What lies between two barriers of the block.</summary>
/// <param name="Events">Accesses of single threads, and their parts in collectives.</param>
/// <param name="Barrier">Where the barrier stands that ends it, <c>file:line</c>; null for the last.</param>
internal sealed record PhaseReport(int Events, string? Barrier);

/// <summary>All accesses of one line to one array in one way.</summary>
/// <param name="Place"><c>file:line</c>.</param>
/// <param name="Kind"><c>load</c>, <c>store</c> or <c>update</c>.</param>
/// <param name="Array">Index in the list of arrays.</param>
/// <param name="Bytes">Of each thread's access.</param>
/// <param name="Accesses">How often a warp came there.</param>
/// <param name="Lanes">How many of its 32 lanes took part, on average.</param>
/// <param name="Divergent">How often some lanes of the warp did not take part.</param>
/// <param name="Sectors">Sectors of 32 bytes that device memory moves; 0 for shared memory.</param>
/// <param name="IdealSectors">As many as the same bytes would take side by side.</param>
/// <param name="Requests">How often shared memory is asked; 0 for device memory.</param>
/// <param name="IdealRequests">The same without bank conflicts.</param>
/// <param name="WorstConflict">The most different words of one bank that one access asks for.</param>
internal sealed record LineReport(string Place, string Kind, int Array, int Bytes, int Accesses, double Lanes, int Divergent, long Sectors,
    long IdealSectors, long Requests, long IdealRequests, int WorstConflict);

/// <summary>One access of one warp.</summary>
/// <param name="Lanes">The lanes that took part, bit i for lane i.</param>
/// <param name="Idle">The lanes that the warp has and that did not.</param>
/// <param name="Offsets">Bytes from the array's beginning, for each lane; −1 for one that did not take part.</param>
/// <param name="CacheLines">Lines of 128 bytes that the sectors are in.</param>
/// <param name="Conflict">The most different words of one bank; 1 is no conflict.</param>
internal sealed record AccessReport(int Phase, int Warp, string Place, string Kind, int Array, int Bytes, uint Lanes, uint Idle,
    long[] Offsets, int Sectors, int IdealSectors, int CacheLines, int Conflict, int Requests, int IdealRequests);

/// <summary>One access of one thread, or its part in a collective.</summary>
/// <param name="Kind"><c>load</c>, <c>store</c>, <c>update</c> or <c>collective</c>.</param>
/// <param name="Array">Index in the list of arrays; −1 for a collective.</param>
/// <param name="Values">The numbers that were read or written, four at most.</param>
/// <param name="Name">The function of a collective.</param>
internal sealed record EventReport(int Thread, int Phase, string Place, string Kind, int Array, long Offset, int Bytes, double[] Values,
    string? Name);

/// <summary>What was recorded of a launch, for people and scripts to read.</summary>
/// <param name="File">The kernel's file.</param>
/// <param name="Purpose">What its source says of the kernel.</param>
/// <param name="Launch">The op case that made the launch.</param>
/// <param name="Grid">Blocks in x, y and z.</param>
/// <param name="Block">Threads of a block in x, y and z.</param>
/// <param name="BlockIndex">Which block was recorded.</param>
/// <param name="SharedBytes">Dynamic shared memory of the launch.</param>
/// <param name="Events">How many events were recorded.</param>
/// <param name="Dropped">For how many more there was no room.</param>
internal sealed record TraceReport(string Kernel, string File, string Purpose, string Launch, string Precision, int[] Grid, int[] Block,
    int[] BlockIndex, int SharedBytes, int Threads, int Warps, int Events, long Dropped, IReadOnlyList<ArrayReport> Arrays,
    IReadOnlyList<PhaseReport> Phases, IReadOnlyList<LineReport> Lines)
{
    /// <summary>The accesses of warps, where they were asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AccessReport>? Accesses { get; init; }

    /// <summary>The events of threads, where they were asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EventReport>? ThreadEvents { get; init; }

    public static TraceReport Of(ReadyLaunch launch, KernelTrace trace)
    {
        var kernel = KernelCatalog.Find(launch.Kernel);
        var (grid, block, index) = (trace.Shape.Grid, trace.Shape.Block, trace.Index);
        var events = new int[trace.Phases];
        foreach (var one in trace.Events)
            events[one.Phase]++;
        return new TraceReport(trace.Kernel, $"{trace.Family}.cu", kernel.Purpose, launch.Case.Name, launch.Precision.Name(),
            [grid.X, grid.Y, grid.Z], [block.X, block.Y, block.Z], [index.X, index.Y, index.Z], trace.Shape.SharedBytes, trace.Threads,
            trace.Warps, trace.Events.Count, trace.Dropped,
            [.. trace.Arrays.Select(array => new ArrayReport(array.Name, array.Type, array.IsShared, array.Bytes,
                array.IsShared ? 0 : (int)(array.Address % 128)))],
            [.. events.Select((count, i) => new PhaseReport(count, i < trace.Barriers.Count ? $"{trace.Barriers[i]}" : null))],
            [.. trace.Lines.Select(line => new LineReport($"{trace.Places[line.Place]}", Name(line.Kind), line.Array, line.Bytes,
                line.Accesses, line.Lanes, line.Divergent, line.Sectors, line.IdealSectors, line.Requests, line.IdealRequests,
                line.WorstConflict))]);
    }

    /// <summary>Accesses of warps as reports.</summary>
    public static IReadOnlyList<AccessReport> Of(KernelTrace trace, IEnumerable<WarpAccess> accesses) =>
    [
        .. accesses.Select(access => new AccessReport(access.Phase, access.Warp, $"{trace.Places[access.Place]}", Name(access.Kind),
            access.Array, access.Bytes, access.Lanes, access.Idle, access.Offsets, access.Sectors, access.IdealSectors, access.CacheLines,
            access.Conflict, access.Requests, access.IdealRequests)),
    ];

    /// <summary>Events of threads as reports.</summary>
    public static IReadOnlyList<EventReport> Of(KernelTrace trace, IEnumerable<TraceEvent> events) =>
    [
        .. events.Select(one => new EventReport(one.Thread, one.Phase, $"{trace.Places[one.Place]}", Name(one.Kind), one.Array, one.Offset,
            one.Bytes, trace.Values(one), one.Name)),
    ];

    public string ToJson() => JsonSerializer.Serialize(this, TraceReportJson.Default.TraceReport);

    private static string Name(TraceKind kind) => kind switch
    {
        TraceKind.Load => "load",
        TraceKind.Store => "store",
        TraceKind.Update => "update",
        _ => "collective",
    };
}

/// <summary>Made at build time: a trimmed program has no reflection. Infinities and NaN are strings.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TraceReport))]
internal sealed partial class TraceReportJson : JsonSerializerContext;
