using System.ComponentModel;
using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>Which block of a grid, or which thread of a block: counted from 0.</summary>
internal readonly record struct Index3(int X, int Y = 0, int Z = 0)
{
    public override string ToString() => $"{X},{Y},{Z}";
}

/// <summary>What to record: one block of the first launch of a kernel.</summary>
/// <param name="Family">The kernel's file, whose name it is without <c>.cu</c>.</param>
/// <param name="Kernel">The kernel's name.</param>
/// <param name="Block">Which block.</param>
internal sealed record TraceRequest(string Family, string Kernel, Index3 Block = default)
{
    /// <summary>
    /// As many events as a record holds if nothing else is said: 8 MB while the block runs, and 15 to 80 MB with what is derived of them.
    /// </summary>
    public const int StandardEvents = 200_000;

    /// <summary>How many events are kept, 40 bytes each while the block runs; those beyond are counted.</summary>
    public int MostEvents { get; init; } = StandardEvents;

    /// <summary>Told the name of each kernel file before it is compiled, or found compiled.</summary>
    public Action<string>? Compiling { get; init; }
}

/// <summary>The launch that was to be recorded has been; what would come after it is of no interest.</summary>
internal sealed class KernelTracedException(KernelTrace trace) : Exception("the launch was recorded")
{
    public KernelTrace Trace => trace;
}

/// <summary>One event: <c>simulator::trace_event</c> of kernels/host/trace.h, field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EventRecord
{
    public nint Address;
    public ulong Value, ValueAbove;
    public uint Place, Bytes;
    public int Phase;
    public ushort Thread;
    public byte Kind, IsShared;
}

/// <summary><c>simulator::traced_array</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ArrayRecord
{
    public nint Name, Type;
    public int Offset, Bytes;
}

[System.Runtime.CompilerServices.InlineArray(LaunchTrace.SharedArraysAtMost)]
internal struct ArrayRecords
{
    private ArrayRecord _first;
}

/// <summary><c>simulator::trace</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TraceRecord
{
    public long Block;
    public EventRecord* Events;
    public long Capacity, Count, Dropped, Unsettled;
    public int Phase, SharedCount;
    public ArrayRecords Shared;
}

/// <summary>The memory that a launch is recorded in, and how it is read.</summary>
internal sealed unsafe class LaunchTrace : IDisposable
{
    /// <summary><c>simulator::shared_arrays_at_most</c>.</summary>
    public const int SharedArraysAtMost = 32;

    private readonly TraceRequest _request;
    private readonly LaunchRecord* _launch;
    private readonly LaunchShape _shape;
    private readonly TraceRecord* _record;

    /// <summary>Asks the launch to be recorded.</summary>
    /// <exception cref="BadInputException">The grid has no such block.</exception>
    public LaunchTrace(TraceRequest request, LaunchRecord* launch, in LaunchShape shape)
    {
        (_request, _shape) = (request, shape);
        _launch = launch;
        var (grid, (x, y, z)) = (shape.Grid, request.Block);
        if (x < 0 || y < 0 || z < 0 || x >= grid.X || y >= grid.Y || z >= grid.Z)
        {
            throw new BadInputException($"the grid of this launch of {request.Kernel} has {grid.X} × {grid.Y} × {grid.Z} blocks, and "
                + $"{request.Block} is none of them; they are counted from 0");
        }

        Block = x + (long)grid.X * (y + (long)grid.Y * z);
        _record = (TraceRecord*)NativeMemory.AllocZeroed((nuint)sizeof(TraceRecord));
        _record->Events = (EventRecord*)NativeMemory.Alloc((nuint)request.MostEvents, (nuint)sizeof(EventRecord));
        (_record->Block, _record->Capacity, _record->Unsettled) = (Block, request.MostEvents, -1);
        launch->Traced = _record;
    }

    /// <summary>The number of the block in the order in which blocks are run.</summary>
    public long Block { get; }

    /// <summary>What was recorded.</summary>
    /// <param name="library">The module's file, by which lines are found.</param>
    public KernelTrace Read(string library)
    {
        var kernel = _launch->Function;
        var arrays = new List<TracedArray>();
        var ranges = new ReadOnlySpan<DeviceRange>(_launch->Ranges, (int)_launch->RangeCount);
        var declarations = Text((nint)kernel->Declarations)!.Split(';', StringSplitOptions.RemoveEmptyEntries);
        foreach (var range in ranges)
        {
            if (!arrays.Exists(array => array.Address == range.Address && array.Bytes == range.Bytes))
                arrays.Add(DeviceArray(range, declarations));
        }

        var deviceArrays = arrays.Count;
        for (var i = 0; i < _record->SharedCount; i++)
        {
            var array = _record->Shared[i];
            if (array.Bytes > 0)
                arrays.Add(new TracedArray(Text(array.Name) ?? "shared", Text(array.Type) ?? "float", true, array.Offset, array.Bytes));
        }

        var records = new ReadOnlySpan<EventRecord>(_record->Events, (int)_record->Count);
        var (places, placeOf) = Places(records, library);
        var events = new List<TraceEvent>(records.Length);
        var barriers = new List<SourcePlace>();
        foreach (ref readonly var record in records)
        {
            var kind = (TraceKind)record.Kind;
            if (kind == TraceKind.Barrier)
            {
                barriers.Add(Place(record));
                continue;
            }

            var place = placeOf[Key(record)];
            if (kind == TraceKind.Collective)
            {
                events.Add(new TraceEvent(kind, record.Thread, record.Phase, place, (nint)record.Place, -1, 0, 0, record.ValueAbove, 0)
                {
                    Name = Text((nint)record.Value),
                });
                continue;
            }

            var array = Find(arrays, record, deviceArrays);
            events.Add(new TraceEvent(kind, record.Thread, record.Phase, place, (nint)record.Place, array,
                record.Address - arrays[array].Address, (int)record.Bytes, record.Value, record.ValueAbove));
        }

        return new KernelTrace(_request.Family, _request.Kernel, _shape, _request.Block, arrays, places, events,
            barriers, _record->Phase + 1, _record->Dropped);
    }

    public void Dispose()
    {
        NativeMemory.Free(_record->Events);
        NativeMemory.Free(_record);
    }

    /// <summary>Which argument an array of the device is, and what it holds.</summary>
    private TracedArray DeviceArray(DeviceRange range, string[] declarations)
    {
        var kernel = _launch->Function;
        for (var i = 0; i < kernel->ParameterCount; i++)
        {
            if (kernel->Pointers[i] && *(nint*)_launch->Arguments[i] == range.Address)
            {
                var name = Text((nint)kernel->Parameters[i])!;
                var declared = declarations[i];
                return new TracedArray(name, declared[..declared.LastIndexOf(name, StringComparison.Ordinal)].Trim(), false, range.Address,
                    range.Bytes);
            }
        }

        return new TracedArray($"array of {range.Bytes} bytes", "float", false, range.Address, range.Bytes);
    }

    private static int Find(List<TracedArray> arrays, in EventRecord record, int deviceArrays)
    {
        var (first, end) = record.IsShared != 0 ? (deviceArrays, arrays.Count) : (0, deviceArrays);
        for (var i = first; i < end; i++)
        {
            if (record.Address >= arrays[i].Address && record.Address + record.Bytes <= arrays[i].Address + arrays[i].Bytes)
                return i;
        }

        throw new CudaException($"cuda-sim: a recorded access to 0x{record.Address:x} is in no array of the launch");
    }

    /// <summary>The lines of the source, each once, and the index of that of each code address, or of each line of a collective.</summary>
    private static (List<SourcePlace> Places, Dictionary<(nint, uint), int> IndexOf) Places(ReadOnlySpan<EventRecord> records,
        string library)
    {
        var found = new Dictionary<(nint, uint), SourcePlace>();
        var codes = new HashSet<nint>();
        foreach (ref readonly var record in records)
        {
            if ((TraceKind)record.Kind == TraceKind.Collective)
                found[Key(record)] = Place(record);
            else if ((TraceKind)record.Kind != TraceKind.Barrier)
                codes.Add((nint)record.Place);
        }

        var offsets = codes.ToList();
        List<string>[] lines;
        try
        {
            lines = SourceLines.OfAll(library, offsets);
        }
        catch (Win32Exception)
        {
            throw new DeviceException("the lines of a kernel are found by the program addr2line, which is not installed; install it "
                + "(Debian and Ubuntu: apt-get install binutils)", DeviceProblem.Unavailable);
        }

        for (var i = 0; i < offsets.Count; i++)
        {
            var place = lines[i].Count > 0 ? SourcePlace.Parse(lines[i][0]) : new SourcePlace("", 0);
            found[(0, (uint)offsets[i])] = place;
        }

        var places = found.Values.Distinct().OrderBy(place => place.File, StringComparer.Ordinal).ThenBy(place => place.Line).ToList();
        return (places, found.ToDictionary(pair => pair.Key, pair => places.IndexOf(pair.Value)));
    }

    private static (nint, uint) Key(in EventRecord record) =>
        ((TraceKind)record.Kind == TraceKind.Collective ? record.Address : 0, record.Place);

    /// <summary>Where a barrier or a collective stands: the address is the file's name, the place its line.</summary>
    private static SourcePlace Place(in EventRecord record) => new(Path.GetFileName(Text(record.Address)!), (int)record.Place);

    private static string? Text(nint text) => Marshal.PtrToStringUTF8(text);
}
