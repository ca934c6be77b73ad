using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// A block of native memory for packed panels, lent by <see cref="PanelMemory"/>; it grows and is never given back before the end.
/// </summary>
internal sealed unsafe class PanelBuffer
{
    internal float* Address { get; private set; }

    internal long Capacity { get; private set; }

    /// <summary>Which thread used it last: its cache still holds the lines.</summary>
    internal int Owner { get; set; }

    internal bool Lent { get; set; }

    internal void Reserve(long floats)
    {
        if (floats <= Capacity)
            return;
        Free();
        Address = (float*)LargePages.Allocate((nuint)floats * sizeof(float), PanelMemory.Alignment);
        Capacity = floats;
    }

    internal void Free()
    {
        LargePages.Free((nint)Address);
        Address = null;
        Capacity = 0;
    }
}

/// <summary>
/// Scratch memory of the packed products. A task rents a buffer and returns it; after the first calls nothing is allocated. Renting is by
/// whoever asks, so products may be started from several threads and inside each other.
/// </summary>
internal sealed unsafe class PanelMemory : IDisposable
{
    /// <summary>A page, so that panels start on cache lines and large buffers on pages of their own.</summary>
    public const nuint Alignment = 4096;

    /// <summary>What a thread holds at most: one image's patches, one shared panel, one of its own.</summary>
    private const int BuffersPerThread = 3;

    // Made beforehand, still empty: when two threads first meet in a product is chance, and must not decide when the managed heap is asked.
    private readonly List<PanelBuffer> _buffers;
    private readonly Lock _gate = new();

    public PanelMemory(int threads) => _buffers = [.. Enumerable.Range(0, BuffersPerThread * (threads + 1)).Select(_ => new PanelBuffer())];

    /// <summary>Zeros that stand for pixels outside an image: as many as the longest run that is read at once.</summary>
    public static readonly float* Zeros = (float*)NativeMemory.AllocZeroed(ZeroCount, sizeof(float));

    public const int ZeroCount = 8192;

    /// <summary>
    /// The smallest free buffer that is large enough, one of the same thread first; else the largest free one, grown; else a new one.
    /// </summary>
    public PanelBuffer Rent(long floats)
    {
        var thread = Environment.CurrentManagedThreadId;
        lock (_gate)
        {
            PanelBuffer? best = null;
            foreach (var buffer in _buffers)
            {
                if (!buffer.Lent && (best is null || Better(buffer, best, floats, thread)))
                    best = buffer;
            }

            if (best is null)
                _buffers.Add(best = new PanelBuffer());
            best.Lent = true;
            best.Owner = thread;
            best.Reserve(floats);
            return best;
        }
    }

    public void Return(PanelBuffer buffer)
    {
        lock (_gate)
            buffer.Lent = false;
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers)
            buffer.Free();
        _buffers.Clear();
    }

    private static bool Better(PanelBuffer buffer, PanelBuffer best, long floats, int thread)
    {
        bool fits = buffer.Capacity >= floats, bestFits = best.Capacity >= floats;
        if (fits != bestFits)
            return fits;
        if (!fits)
            return buffer.Capacity > best.Capacity;
        return buffer.Capacity != best.Capacity ? buffer.Capacity < best.Capacity : buffer.Owner == thread && best.Owner != thread;
    }
}
