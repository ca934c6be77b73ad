namespace CrossModal.Kernels;

/// <summary>Host memory outside the managed heap, aligned to a cache line (and so to the widest vector).</summary>
internal sealed class HostAllocator : IDeviceAllocator
{
    private const int Alignment = 64;

    public long? FreeBytes
    {
        get
        {
            var info = GC.GetGCMemoryInfo();
            return Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes);
        }
    }

    public nint Allocate(long bytes)
    {
        try
        {
            return LargePages.Allocate((nuint)bytes, Alignment);
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    public void Free(nint address) => LargePages.Free(address);
}
