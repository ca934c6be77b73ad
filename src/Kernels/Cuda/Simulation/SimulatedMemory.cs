using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// The simulated device's memory: one piece of address space, and a second one with a byte for each of its bytes that says whether it was
/// written since it was allocated. First fit; neighbors that are free become one.
/// </summary>
internal sealed unsafe class SimulatedMemory : IDisposable
{
    private const int Alignment = 256;
    private const long LargestReserve = 64L << 30;

    private readonly long _limit, _reserved;

    // Free pieces by address, and live ones: address within the arena → bytes.
    private readonly SortedList<long, long> _free = [];
    private readonly SortedList<long, long> _live = [];
    private long _used;

    /// <param name="limit">Bytes that the device has.</param>
    public SimulatedMemory(long limit)
    {
        _limit = limit;
        for (_reserved = Math.Max(Alignment, Math.Min(LargestReserve, RoundUp(limit))); ; _reserved = RoundUp(_reserved / 2))
        {
            Base = HostMemory.Reserve(_reserved);
            Written = Base == 0 ? 0 : HostMemory.Reserve(_reserved);
            if (Written != 0)
                break;
            if (Base != 0)
                HostMemory.Release(Base, _reserved);
            if (_reserved <= 1 << 20)
                throw new DeviceException("the operating system grants cuda-sim no address space (ulimit -v?)", DeviceProblem.Unavailable);
        }

        _free.Add(0, _reserved);
    }

    /// <summary>Where the memory begins.</summary>
    public nint Base { get; }

    /// <summary>Where the bytes begin that say for each byte whether it was written: 1, or 0.</summary>
    public nint Written { get; }

    public long Bytes => _reserved;

    public long FreeBytes => Math.Min(_limit, _reserved) - _used;

    public nint Allocate(long bytes)
    {
        var size = RoundUp(Math.Max(bytes, 1));
        if (_used + size > _limit)
            return 0;
        for (var i = 0; i < _free.Count; i++)
        {
            var (start, room) = (_free.GetKeyAtIndex(i), _free.GetValueAtIndex(i));
            if (room < size)
                continue;
            _free.RemoveAt(i);
            if (room > size)
                _free.Add(start + size, room - size);
            _live.Add(start, size);
            _used += size;
            Forget(start, size);
            return (nint)(Base + start);
        }

        return 0;
    }

    public void Free(nint address)
    {
        var start = address - Base;
        if (!_live.Remove(start, out var size))
            throw new CudaException($"cuda-sim: 0x{address:x} is freed, which is no allocated memory");
        _used -= size;
        HostMemory.Forget(address, size);
        var next = FirstAtOrAfter(_free, start);
        if (next < _free.Count && _free.GetKeyAtIndex(next) == start + size)
        {
            size += _free.GetValueAtIndex(next);
            _free.RemoveAt(next);
        }

        if (next > 0 && _free.GetKeyAtIndex(next - 1) + _free.GetValueAtIndex(next - 1) == start)
            _free.SetValueAtIndex(next - 1, _free.GetValueAtIndex(next - 1) + size);
        else
            _free.Add(start, size);
    }

    /// <summary>Whether the range lies in one piece that is allocated.</summary>
    public bool IsLive(nint address, long bytes)
    {
        var start = address - Base;
        var index = FirstAtOrAfter(_live, start + 1) - 1;
        return index >= 0 && start + bytes <= _live.GetKeyAtIndex(index) + _live.GetValueAtIndex(index);
    }

    /// <summary>The first byte of the range that was never written, or -1.</summary>
    public long FirstUnwritten(nint address, long bytes)
    {
        const int Piece = 1 << 30;
        var written = (byte*)(Written + (address - Base));
        for (long start = 0; start < bytes; start += Piece)
        {
            var found = new ReadOnlySpan<byte>(written + start, (int)Math.Min(Piece, bytes - start)).IndexOf((byte)0);
            if (found >= 0)
                return start + found;
        }

        return -1;
    }

    public void MarkWritten(nint address, long bytes) => NativeMemory.Fill((void*)(Written + (address - Base)), (nuint)bytes, 1);

    public void MarkUnwritten(nint address, long bytes) => Forget(address - Base, bytes);

    public void CopyMarks(nint destination, nint source, long bytes) =>
        Buffer.MemoryCopy((void*)(Written + (source - Base)), (void*)(Written + (destination - Base)), bytes, bytes);

    public void Dispose()
    {
        _live.Clear();
        _free.Clear();
        HostMemory.Release(Base, _reserved);
        HostMemory.Release(Written, _reserved);
    }

    private static long RoundUp(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static int FirstAtOrAfter(SortedList<long, long> list, long key)
    {
        int low = 0, high = list.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (list.GetKeyAtIndex(middle) < key)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void Forget(long start, long bytes) => NativeMemory.Clear((void*)(Written + start), (nuint)bytes);
}
