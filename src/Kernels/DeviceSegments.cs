namespace CrossModal.Kernels;

/// <summary>
/// Large blocks of device memory cut out of larger segments. A request takes the smallest free block that holds it and leaves the rest; a
/// block that is returned joins its free neighbors. So sizes that take turns share memory, where a block kept for each size would lie idle
/// most of the time.
/// </summary>
internal sealed class DeviceSegments
{
    /// <summary>What is left of a block is a block of its own from this size on.</summary>
    private const long LeastRest = 64 << 10;

    /// <summary>The first block of each segment.</summary>
    private readonly List<DeviceBuffer> _segments = [];

    /// <summary>Descriptions of blocks that were joined to others, so that cutting and joining makes nothing on the managed heap.</summary>
    private readonly Stack<DeviceBuffer> _spare = new();

    /// <summary>A new segment, free as a whole.</summary>
    public void Add(nint address, long bytes) => _segments.Add(new DeviceBuffer(address, bytes) { Divisible = true, Free = true });

    /// <summary>
    /// The smallest free block of at least <paramref name="bytes"/>, cut to size and not yet handed out; null where there is none.
    /// </summary>
    public DeviceBuffer? Find(long bytes)
    {
        DeviceBuffer? best = null;
        foreach (var first in _segments)
        {
            for (var block = first; block is not null; block = block.After)
            {
                if (block.Free && block.Capacity >= bytes && (best is null || block.Capacity < best.Capacity))
                    best = block;
            }
        }

        if (best is null || best.Capacity - bytes < LeastRest)
            return best;
        var rest = _spare.TryPop(out var spare) ? spare : new DeviceBuffer(0, 0) { Divisible = true };
        (rest.Address, rest.Capacity, rest.Free) = (best.Address + (nint)bytes, best.Capacity - bytes, true);
        (rest.Before, rest.After) = (best, best.After);
        if (best.After is not null)
            best.After.Before = rest;
        (best.After, best.Capacity) = (rest, bytes);
        return best;
    }

    /// <summary>Whether an address lies in one of the segments.</summary>
    public bool Contains(nint address)
    {
        foreach (var first in _segments)
        {
            for (var block = first; block is not null; block = block.After)
            {
                if (address >= block.Address && address < block.Address + (nint)block.Capacity)
                    return true;
            }
        }

        return false;
    }

    /// <summary>Joins a block, which is free now, with those beside it.</summary>
    public void Join(DeviceBuffer block)
    {
        if (block.After is { Free: true } after)
            Swallow(block, after);
        if (block.Before is { Free: true } before)
            Swallow(before, block);
    }

    /// <summary>Forgets the segments of which nothing is used; gives each to <paramref name="free"/>. Returns their bytes.</summary>
    public long RemoveUnused(Action<nint> free)
    {
        var removed = 0L;
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            if (_segments[i] is not { Free: true, After: null } whole)
                continue;
            free(whole.Address);
            removed += whole.Capacity;
            _segments.RemoveAt(i);
        }

        return removed;
    }

    /// <summary>Gives every segment to <paramref name="free"/>, whatever is used of it.</summary>
    public void RemoveAll(Action<nint> free)
    {
        foreach (var first in _segments)
            free(first.Address);
        _segments.Clear();
    }

    private void Swallow(DeviceBuffer left, DeviceBuffer right)
    {
        left.Capacity += right.Capacity;
        left.After = right.After;
        if (right.After is not null)
            right.After.Before = left;
        (right.Before, right.After) = (null, null);
        _spare.Push(right);
    }
}
