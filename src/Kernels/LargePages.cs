using System.Runtime.InteropServices;

namespace CrossModal.Kernels;

/// <summary>
/// Memory outside the managed heap that asks Linux for large pages where it is large itself: a product walks through more pages of 4 KiB
/// than the processor remembers the places of. The system may refuse; the memory is the same then.
/// </summary>
internal static unsafe partial class LargePages
{
    private const nuint Size = 2 << 20;

    /// <summary>MADV_HUGEPAGE of Linux's sys/mman.h.</summary>
    private const int Huge = 14;

    /// <exception cref="OutOfMemoryException">There is not as much.</exception>
    public static nint Allocate(nuint bytes, nuint alignment)
    {
        if (bytes < Size || !OperatingSystem.IsLinux())
            return (nint)NativeMemory.AlignedAlloc(bytes, alignment);
        var address = (nint)NativeMemory.AlignedAlloc(bytes, Size);
        _ = madvise(address, bytes / Size * Size, Huge);
        return address;
    }

    public static void Free(nint address) => NativeMemory.AlignedFree((void*)address);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nuint length, int advice);
}
