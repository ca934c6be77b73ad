using System.Numerics;

namespace CrossModal.Kernels;

/// <summary>A block of device memory that a <see cref="DeviceMemoryPool"/> handed out. It is returned by <see cref="DeviceMemoryPool.Release"/>, never by a finalizer.</summary>
public sealed class DeviceBuffer
{
    internal DeviceBuffer(nint address, long capacity) => (Address, Capacity) = (address, capacity);

    public nint Address { get; }

    /// <summary>Bytes of the block; at least what was asked for.</summary>
    public long Capacity { get; }

    internal bool Free { get; set; }
}

/// <summary>Where a pool gets its blocks from: the host's allocator or a GPU driver.</summary>
public interface IDeviceAllocator
{
    /// <summary>Allocates, aligned to 64 bytes at least, or returns 0 when the device has no room.</summary>
    nint Allocate(long bytes);

    void Free(nint address);

    /// <summary>Bytes that the device could still give, for the out-of-memory message; -1 where nobody knows.</summary>
    long FreeBytes { get; }

    /// <summary>A block is handed out again: what it holds means nothing to its new owner. Told to whoever looks for reads of memory that was never written.</summary>
    void Reuse(nint address, long bytes)
    {
    }
}

/// <summary>The device has no room. Says what was asked, what is live, cached and free, and for which op.</summary>
public sealed class DeviceOutOfMemoryException(string message) : Exception(message);

/// <summary>
/// Blocks of device memory kept for reuse by size. A training step asks for the same sizes over and over, so after the first step nothing is allocated.
/// Sizes are rounded up to a 64-byte multiple below 4 KiB and else to an eighth of their power of two, which bounds the waste to 12.5 %.
/// </summary>
public sealed class DeviceMemoryPool(IDeviceAllocator allocator, string device) : IDisposable
{
    private readonly Dictionary<long, Stack<DeviceBuffer>> _cached = [];
    private readonly HashSet<DeviceBuffer> _all = [];

    /// <summary>Bytes handed out and not returned.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>Bytes kept for reuse.</summary>
    public long CachedBytes { get; private set; }

    /// <summary>The most bytes that were live at one time since the last <see cref="ResetPeak"/>.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>How many blocks were asked from the device since the start; stands still once a loop is warm.</summary>
    public long DeviceAllocations { get; private set; }

    /// <summary>An empty pool that draws from the same device; its blocks are its own.</summary>
    public DeviceMemoryPool CreatePrivate() => new(allocator, device);

    public void ResetPeak() => PeakBytes = LiveBytes;

    /// <param name="bytes">Bytes wanted; zero gives a block of the smallest size.</param>
    /// <param name="op">Who asks, for the message when there is no room.</param>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room even after the cache was given back.</exception>
    public DeviceBuffer Allocate(long bytes, string op)
    {
        var capacity = RoundUp(Math.Max(bytes, 1));
        if (_cached.TryGetValue(capacity, out var stack) && stack.TryPop(out var buffer))
        {
            CachedBytes -= capacity;
            allocator.Reuse(buffer.Address, capacity);
        }
        else
        {
            var address = allocator.Allocate(capacity);
            if (address == 0)
            {
                ReleaseCache();
                address = allocator.Allocate(capacity);
            }

            if (address == 0)
                throw new DeviceOutOfMemoryException(
                    $"out of memory on {device} in {op}: asked {Megabytes(capacity)}, live {Megabytes(LiveBytes)}, cached {Megabytes(CachedBytes)}, " +
                    $"free {(allocator.FreeBytes < 0 ? "unknown" : Megabytes(allocator.FreeBytes))}; try a smaller --batch");
            buffer = new DeviceBuffer(address, capacity);
            _all.Add(buffer);
            DeviceAllocations++;
        }

        buffer.Free = false;
        LiveBytes += capacity;
        PeakBytes = Math.Max(PeakBytes, LiveBytes);
        return buffer;
    }

    public void Release(DeviceBuffer buffer)
    {
        if (buffer.Free)
            throw new InvalidOperationException("a device block was returned to its pool twice");
        buffer.Free = true;
        LiveBytes -= buffer.Capacity;
        CachedBytes += buffer.Capacity;
        if (!_cached.TryGetValue(buffer.Capacity, out var stack))
            _cached[buffer.Capacity] = stack = new Stack<DeviceBuffer>();
        stack.Push(buffer);
    }

    /// <summary>Gives what is cached back to the device.</summary>
    public void ReleaseCache()
    {
        foreach (var stack in _cached.Values)
        {
            foreach (var buffer in stack)
            {
                allocator.Free(buffer.Address);
                _all.Remove(buffer);
            }

            stack.Clear();
        }

        CachedBytes = 0;
    }

    public void Dispose()
    {
        foreach (var buffer in _all)
            allocator.Free(buffer.Address);
        _all.Clear();
        _cached.Clear();
        LiveBytes = CachedBytes = 0;
    }

    private static long RoundUp(long bytes)
    {
        var step = bytes <= 4096 ? 64 : (long)BitOperations.RoundUpToPowerOf2((ulong)bytes) / 16;
        return (bytes + step - 1) / step * step;
    }

    private static string Megabytes(long bytes) => $"{bytes / 1048576.0:0.0} MiB";
}
