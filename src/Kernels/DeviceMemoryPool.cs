using System.Numerics;

namespace CrossModal.Kernels;

/// <summary>
/// A block of device memory that a <see cref="DeviceMemoryPool"/> handed out. It is returned by <see cref="DeviceMemoryPool.Release"/>, or,
/// where a finalizer finds it forgotten, by <see cref="DeviceMemoryPool.Abandon"/>.
/// </summary>
internal sealed class DeviceBuffer
{
    internal DeviceBuffer(nint address, long capacity) => (Address, Capacity) = (address, capacity);

    public nint Address { get; internal set; }

    /// <summary>Bytes of the block; at least what was asked for.</summary>
    public long Capacity { get; internal set; }

    internal bool Free { get; set; }

    /// <summary>Only the garbage collector knows when it is no longer used.</summary>
    internal bool Watched { get; set; }

    /// <summary>The block that was abandoned before it, until both are taken back.</summary>
    internal DeviceBuffer? NextAbandoned { get; set; }

    /// <summary>It is part of a segment, between <see cref="Before"/> and <see cref="After"/> (<see cref="DeviceSegments"/>).</summary>
    internal bool Divisible { get; init; }

    internal DeviceBuffer? Before { get; set; }

    internal DeviceBuffer? After { get; set; }
}

/// <summary>Where a pool gets its blocks from: the host's allocator or a GPU driver.</summary>
internal interface IDeviceAllocator
{
    /// <summary>Allocates, aligned to 64 bytes at least, or returns 0 when the device has no room.</summary>
    nint Allocate(long bytes);

    void Free(nint address);

    /// <summary>Bytes that the device could still give, for the out-of-memory message; null where nobody knows.</summary>
    long? FreeBytes { get; }

    /// <summary>
    /// A block is handed out again: what it holds means nothing to its new owner. Told to whoever looks for reads of memory that was never
    /// written.
    /// </summary>
    void Reuse(nint address, long bytes)
    {
    }
}

/// <summary>
/// Blocks of device memory kept for reuse. A training step asks for the same sizes over and over, so after the first step nothing is
/// allocated. Small blocks are kept by size: rounded up to a 64-byte multiple below 4 KiB and else to an eighth of their power of two,
/// which bounds the waste to 12.5 %. From a MiB on they are cut out of segments (<see cref="DeviceSegments"/>) that grow with what is in
/// use.
/// </summary>
internal sealed class DeviceMemoryPool(IDeviceAllocator allocator, string device, DeviceMemoryPool? shared = null) : IDisposable
{
    /// <summary>From here on blocks are cut to size, in whole pages.</summary>
    private const long Large = 1 << 20, Page = 4096;

    /// <summary>
    /// A segment is half as large as what the device has given already, within these bounds, so that there are few of them.
    /// </summary>
    private const long LeastSegment = 16L << 20, MostSegment = 512L << 20;

    /// <summary>
    /// Watched bytes that may always be outstanding. The garbage collector does not see device memory, so it is asked when they have
    /// doubled since it was asked last.
    /// </summary>
    private const long LeastWatched = 32L << 20;

    private readonly DeviceSegments _segments = new();
    private readonly Dictionary<long, Stack<DeviceBuffer>> _cached = [];
    private readonly HashSet<DeviceBuffer> _all = [];
    private DeviceBuffer? _abandoned;
    private long _watchedBytes, _collectAt = LeastWatched;

    /// <summary>Whether all its blocks were given back to the device, those that are handed out too.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Bytes handed out and not returned.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>Bytes kept for reuse.</summary>
    public long CachedBytes { get; private set; }

    /// <summary>The most bytes that were live at one time since the last <see cref="ResetPeak"/>.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Told of each block that is given back.</summary>
    public Action<DeviceBuffer>? Released { get; set; }

    /// <summary>How many blocks were asked from the device since the start; stands still once a loop is warm.</summary>
    public long DeviceAllocations { get; private set; }

    /// <summary>
    /// An empty pool that draws from the same device; its blocks are its own. A recording goes on using the very blocks that it was made
    /// with, so such a pool keeps what it has until it is disposed: when the device has no room, this pool gives back what it can spare.
    /// </summary>
    public DeviceMemoryPool CreatePrivate() => new(allocator, device, shared ?? this);

    public void ResetPeak() => PeakBytes = LiveBytes;

    /// <param name="bytes">Bytes wanted; zero gives a block of the smallest size.</param>
    /// <param name="op">Who asks, for the message when there is no room.</param>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room even after the cache was given back.</exception>
    public DeviceBuffer Allocate(long bytes, string op)
    {
        TakeBackAbandoned();
        var buffer = bytes >= Large ? AllocateLarge((bytes + Page - 1) / Page * Page, op) : AllocateSmall(RoundUp(Math.Max(bytes, 1)), op);
        buffer.Free = false;
        LiveBytes += buffer.Capacity;
        PeakBytes = Math.Max(PeakBytes, LiveBytes);
        return buffer;
    }

    private DeviceBuffer AllocateSmall(long capacity, string op)
    {
        if (_cached.TryGetValue(capacity, out var stack) && stack.TryPop(out var buffer))
        {
            CachedBytes -= capacity;
            allocator.Reuse(buffer.Address, capacity);
            return buffer;
        }

        buffer = new DeviceBuffer(FromDevice(capacity, op), capacity);
        _all.Add(buffer);
        return buffer;
    }

    private DeviceBuffer AllocateLarge(long capacity, string op)
    {
        if (_segments.Find(capacity) is not { } buffer)
        {
            // A roomy segment where the device has it, else just what is needed.
            var roomy = Math.Max(capacity, Math.Clamp((LiveBytes + CachedBytes) / 2 / Page * Page, LeastSegment, MostSegment));
            var address = roomy > capacity ? Ask(roomy) : 0;
            if (address == 0)
                (address, roomy) = (FromDevice(capacity, op), capacity);
            _segments.Add(address, roomy);
            CachedBytes += roomy;
            buffer = _segments.Find(capacity)!;
        }

        CachedBytes -= buffer.Capacity;
        allocator.Reuse(buffer.Address, buffer.Capacity);
        return buffer;
    }

    private nint FromDevice(long bytes, string op)
    {
        var address = Ask(bytes);
        if (address == 0)
        {
            var spender = shared ?? this;
            spender.CollectAbandoned();
            spender.ReleaseCache();
            address = Ask(bytes);
        }

        if (address == 0)
            throw new DeviceOutOfMemoryException(device, op, bytes, this, allocator.FreeBytes);
        return address;
    }

    /// <summary>0 when the device has no room.</summary>
    private nint Ask(long bytes)
    {
        var address = allocator.Allocate(bytes);
        if (address != 0)
            DeviceAllocations++;
        return address;
    }

    /// <summary>Takes a block back; after <see cref="Dispose"/> there is nothing to take back.</summary>
    /// <exception cref="InvalidOperationException">It was returned before.</exception>
    public void Release(DeviceBuffer buffer)
    {
        if (IsDisposed)
            return;
        if (buffer.Free)
            throw new InvalidOperationException("a device block was returned to its pool twice");
        Released?.Invoke(buffer);
        buffer.Free = true;
        if (buffer.Watched)
            (buffer.Watched, _watchedBytes) = (false, _watchedBytes - buffer.Capacity);
        LiveBytes -= buffer.Capacity;
        CachedBytes += buffer.Capacity;
        if (buffer.Divisible)
        {
            _segments.Join(buffer);
            return;
        }

        if (!_cached.TryGetValue(buffer.Capacity, out var stack))
            _cached[buffer.Capacity] = stack = new Stack<DeviceBuffer>();
        stack.Push(buffer);
    }

    /// <summary>
    /// Tells that nobody will return this block when it is done with, but a finalizer by <see cref="Abandon"/>. May start a garbage
    /// collection, because what is watched would else grow until the device is full.
    /// </summary>
    public void Watch(DeviceBuffer buffer)
    {
        buffer.Watched = true;
        _watchedBytes += buffer.Capacity;
        if (_watchedBytes < _collectAt)
            return;
        CollectAbandoned();
        _collectAt = 2 * _watchedBytes + LeastWatched;
    }

    /// <summary>
    /// Queues a block whose user was garbage collected; the next <see cref="Allocate"/> takes it back. For any thread: the finalizer's,
    /// which must not call a driver.
    /// </summary>
    public void Abandon(DeviceBuffer buffer)
    {
        DeviceBuffer? last;
        do
            buffer.NextAbandoned = last = Volatile.Read(ref _abandoned);
        while (Interlocked.CompareExchange(ref _abandoned, buffer, last) != last);
    }

    private void TakeBackAbandoned()
    {
        if (Volatile.Read(ref _abandoned) is null)
            return;
        for (var buffer = Interlocked.Exchange(ref _abandoned, null); buffer is not null;)
        {
            var next = buffer.NextAbandoned;
            buffer.NextAbandoned = null;
            Release(buffer);
            buffer = next;
        }
    }

    private void CollectAbandoned()
    {
        if (_watchedBytes == 0)
            return;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TakeBackAbandoned();
    }

    /// <summary>Whether an address lies in a block of this pool, handed out or not.</summary>
    public bool Contains(nint address) =>
        _segments.Contains(address) || _all.Any(block => address >= block.Address && address < block.Address + (nint)block.Capacity);

    /// <summary>Gives what is cached back to the device, but for the rests of segments that are in use.</summary>
    public void ReleaseCache()
    {
        foreach (var stack in _cached.Values)
        {
            foreach (var buffer in stack)
            {
                allocator.Free(buffer.Address);
                _all.Remove(buffer);
                CachedBytes -= buffer.Capacity;
            }

            stack.Clear();
        }

        CachedBytes -= _segments.RemoveUnused(allocator.Free);
    }

    /// <summary>Gives everything back to the device, what is handed out too.</summary>
    public void Dispose()
    {
        if (IsDisposed)
            return;
        IsDisposed = true;
        foreach (var buffer in _all)
            allocator.Free(buffer.Address);
        _segments.RemoveAll(allocator.Free);
        _all.Clear();
        _cached.Clear();
        LiveBytes = CachedBytes = 0;
        Interlocked.Exchange(ref _abandoned, null);
    }

    private static long RoundUp(long bytes)
    {
        var step = bytes <= 4096 ? 64 : (long)BitOperations.RoundUpToPowerOf2((ulong)bytes) / 16;
        return (bytes + step - 1) / step * step;
    }
}
