using System.Runtime.InteropServices;

namespace CrossModal.Kernels;

/// <summary>Calls of the C library of Linux and macOS, by their own names.</summary>
internal static unsafe partial class UnixCalls
{
    /// <summary>F_GETFD, FD_CLOEXEC and O_RDWR, which are the same on both.</summary>
    public const int GetDescriptorFlags = 1, CloseOnExec = 1, ReadAndWrite = 2;

    [LibraryImport("libc")]
    public static partial uint geteuid();

    [LibraryImport("libc")]
    public static partial int fcntl(int file, int command);

    /// <summary>Linux alone.</summary>
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(int folder, string path, int flags, uint mask, byte* answer);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int stat(string path, byte* answer);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int lstat(string path, byte* answer);

    [LibraryImport("libc")]
    public static partial int fstat(int file, byte* answer);

    /// <summary>macOS on Intel: there the plain name is of an older layout.</summary>
    [LibraryImport("libc", EntryPoint = "stat$INODE64", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int stat64(string path, byte* answer);

    [LibraryImport("libc", EntryPoint = "lstat$INODE64", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int lstat64(string path, byte* answer);

    [LibraryImport("libc", EntryPoint = "fstat$INODE64")]
    public static partial int fstat64(int file, byte* answer);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport("libc")]
    public static partial int fsync(int file);

    [LibraryImport("libc")]
    public static partial int close(int file);
}
