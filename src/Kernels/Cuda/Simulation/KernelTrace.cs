using System.Globalization;
using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>What an event is: <c>simulator::trace_kind</c> of kernels/host/runtime.h.</summary>
internal enum TraceKind
{
    Load,
    Store,

    /// <summary>An atomic read-modify-write.</summary>
    Update,

    /// <summary><c>__syncthreads()</c>, once for the whole block.</summary>
    Barrier,

    /// <summary>A shuffle, vote, product or barrier of a warp's lanes.</summary>
    Collective,
}

/// <summary>A line of a file of <c>kernels/</c>; line 0 where it is not known.</summary>
internal readonly record struct SourcePlace(string File, int Line)
{
    /// <param name="text"><c>file:line</c>.</param>
    public static SourcePlace Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return new SourcePlace(text[..colon], int.TryParse(text[(colon + 1)..], CultureInfo.InvariantCulture, out var line) ? line : 0);
    }

    public override string ToString() => Line == 0 ? "unknown line" : $"{File}:{Line}";
}

/// <summary>An array that a launch was given, or one of shared memory.</summary>
/// <param name="Name">Of the kernel's parameter, or of the declaration.</param>
/// <param name="Type">What it holds, as the source writes it: <c>const float*</c>, or <c>float</c> where it is shared.</param>
/// <param name="Address">Where it begins: on the device, or within the block's shared memory.</param>
internal sealed record TracedArray(string Name, string Type, bool IsShared, long Address, long Bytes)
{
    /// <summary>
    /// The type of the elements; null for one that no tensor has. Kernels that only move words of four bytes call them <c>uint32</c>; what
    /// they move are floats nearly always.
    /// </summary>
    public ElementType? Element { get; } = Type.Contains("uint32", StringComparison.Ordinal)
        ? ElementType.Float32
        : new KernelParameter($"{Type.Replace("*", "* ", StringComparison.Ordinal)} x").Type;
}

/// <summary>One access of one thread to memory, or its part in a collective.</summary>
/// <param name="Thread">The thread's linear index in the block; its warp is that divided by 32.</param>
/// <param name="Phase">How many barriers of the block lie before it.</param>
/// <param name="Place">Index of its line among <see cref="KernelTrace.Places"/>.</param>
/// <param name="Code">Where it stands in the code: two accesses of one line differ in it.</param>
/// <param name="Array">Index among <see cref="KernelTrace.Arrays"/>; -1 for a collective.</param>
/// <param name="Offset">Bytes from the array's beginning.</param>
/// <param name="Value">The first eight bytes that were read or written; of a collective the mask of its lanes.</param>
/// <param name="ValueAbove">The next eight.</param>
internal readonly record struct TraceEvent(TraceKind Kind, int Thread, int Phase, int Place, nint Code, int Array, long Offset, int Bytes,
    ulong Value, ulong ValueAbove)
{
    /// <summary>The function of CUDA that a collective stands for; else null.</summary>
    public string? Name { get; init; }
}

/// <summary>
/// What one block of a launch did on the simulator: every access to memory in order, cut into phases by the block's barriers, and what a
/// GPU would make of it warp by warp.
/// </summary>
internal sealed class KernelTrace
{
    public const int WarpSize = 32;

    public KernelTrace(string family, string kernel, LaunchShape shape, Index3 index, IReadOnlyList<TracedArray> arrays,
        IReadOnlyList<SourcePlace> places, IReadOnlyList<TraceEvent> events, IReadOnlyList<SourcePlace> barriers, int phases, long dropped)
    {
        (Family, Kernel, Shape, Index, Arrays, Places, Events) = (family, kernel, shape, index, arrays, places, events);
        (Barriers, Phases, Dropped) = (barriers, phases, dropped);
        Accesses = WarpAccess.Of(this);
        Lines = LineSummary.Of(this);
    }

    /// <summary>The kernel's file without <c>.cu</c>.</summary>
    public string Family { get; }

    public string Kernel { get; }

    /// <summary>Grid, block and dynamic shared memory of the launch.</summary>
    public LaunchShape Shape { get; }

    /// <summary>Which block was recorded.</summary>
    public Index3 Index { get; }

    public int Threads => (int)Shape.Block.Count;

    public int Warps => (Threads + WarpSize - 1) / WarpSize;

    /// <summary>The arrays of the device first, then those of shared memory.</summary>
    public IReadOnlyList<TracedArray> Arrays { get; }

    /// <summary>The lines at which anything happened, by file and number.</summary>
    public IReadOnlyList<SourcePlace> Places { get; }

    /// <summary>In the order of the simulator, in which one thread runs until it waits.</summary>
    public IReadOnlyList<TraceEvent> Events { get; }

    /// <summary>The barrier that ends each phase but the last; fewer where the record was full before.</summary>
    public IReadOnlyList<SourcePlace> Barriers { get; }

    /// <summary>One more than the barriers that the block came to.</summary>
    public int Phases { get; }

    /// <summary>Events for which the record had no room.</summary>
    public long Dropped { get; }

    /// <summary>The accesses of whole warps, in the order in which their first threads made them.</summary>
    public IReadOnlyList<WarpAccess> Accesses { get; }

    /// <summary>The same, added up by line.</summary>
    public IReadOnlyList<LineSummary> Lines { get; }

    /// <summary>The lanes that a warp has: bit i for lane i. The last warp of a block may have fewer than 32.</summary>
    public uint LanesOf(int warp)
    {
        var lanes = Math.Min(WarpSize, Threads - warp * WarpSize);
        return lanes == WarpSize ? uint.MaxValue : (1u << lanes) - 1;
    }

    /// <summary>The index of a thread in three dimensions.</summary>
    public Index3 IndexOf(int thread)
    {
        var block = Shape.Block;
        return new(thread % block.X, thread / block.X % block.Y, thread / block.X / block.Y);
    }

    /// <summary>What one thread did, in order: what it loaded, stored and exchanged.</summary>
    public IEnumerable<TraceEvent> Of(int thread) => Events.Where(one => one.Thread == thread);

    /// <summary>The numbers that an access read or wrote: four at most.</summary>
    public double[] Values(in TraceEvent one)
    {
        if (one.Array < 0)
            return [];
        Span<ulong> words = [one.Value, one.ValueAbove];
        var bytes = MemoryMarshal.AsBytes(words)[..Math.Min(one.Bytes, 16)];
        if (Arrays[one.Array].Element == ElementType.BFloat16)
            return Numbers<BFloat16>(bytes, number => (float)number);
        if (bytes.Length < 4)
            return [bytes.Length == 1 ? bytes[0] : BitConverter.ToUInt16(bytes)];
        return Arrays[one.Array].Element switch
        {
            ElementType.Float64 => Numbers<double>(bytes, number => number),
            ElementType.Int64 => Numbers<long>(bytes, number => number),
            ElementType.Int32 => Numbers<int>(bytes, number => number),
            _ => Numbers<float>(bytes, number => number),
        };
    }

    private static double[] Numbers<T>(ReadOnlySpan<byte> bytes, Converter<T, double> number) where T : unmanaged =>
        Array.ConvertAll(MemoryMarshal.Cast<byte, T>(bytes).ToArray(), number);
}
