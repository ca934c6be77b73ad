using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>Address space from the operating system: reserved at once, backed by memory only where it is touched.</summary>
internal static unsafe partial class HostMemory
{
    private const int ReadWrite = 3, Private = 2;

    // Of sys/mman.h.
    private static readonly int Anonymous = OperatingSystem.IsMacOS() ? 0x1000 : 0x20;
    private static readonly int NoReserve = OperatingSystem.IsMacOS() ? 0x40 : 0x4000;
    private static readonly int DontNeed = 4;

    /// <summary>Reserves, aligned to pages, all zero; 0 where the system refuses.</summary>
    public static nint Reserve(long bytes)
    {
        if (OperatingSystem.IsWindows())
            throw new DeviceException("the device cuda-sim needs Linux or macOS", DeviceProblem.Unavailable);
        var address = mmap(0, (nuint)bytes, ReadWrite, Private | Anonymous | NoReserve, -1, 0);
        return address == -1 ? 0 : address;
    }

    /// <summary>Gives the memory behind whole pages of the range back; on Linux they are zero when touched again.</summary>
    public static void Forget(nint address, long bytes)
    {
        nint page = Environment.SystemPageSize, first = (address + page - 1) / page * page, end = (nint)(address + bytes) / page * page;
        if (end > first)
            _ = madvise(first, (nuint)(end - first), DontNeed);
    }

    public static void Release(nint address, long bytes) => _ = munmap(address, (nuint)bytes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nuint length, int advice);
}
