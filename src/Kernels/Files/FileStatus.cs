using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CrossModal.Kernels;

/// <summary>What a path is.</summary>
internal enum FileKind
{
    Regular,
    Folder,
    Link,

    /// <summary>A device, a pipe or a socket: no file that could be moved, measured or read twice.</summary>
    Special,
}

/// <summary>
/// What Linux and macOS know of a path beyond what .NET tells: its kind, whose it is, who may do what, and which file of the disk it is.
/// </summary>
/// <param name="Owner">The number of the user that it belongs to.</param>
/// <param name="Device">The disk that it lies on.</param>
/// <param name="Number">Its number there: two paths with the same numbers are the same file.</param>
internal readonly record struct FileStatus(FileKind Kind, UnixFileMode Mode, uint Owner, ulong Device, ulong Number)
{
    private const int KindMask = 0xF000, PermissionMask = 0xFFF;

    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>The user whose process this is.</summary>
    public static uint User => UnixCalls.geteuid();

    /// <summary>Whether it belongs to this user and nobody else may change it.</summary>
    public bool IsPrivate => Owner == User && (Mode & OthersWrite) == 0;

    /// <summary>
    /// Whether what a path holds may be run, or believed where it chooses what runs: nobody but this user can have written it, as far as
    /// the system tells.
    /// </summary>
    public static bool IsTrusted(string path) => Of(path) is not { } status || status.IsPrivate;

    /// <summary>Whether it is the same file on the same disk.</summary>
    public bool IsSameFile(FileStatus other) => (Device, Number) == (other.Device, other.Number);

    /// <summary>What a path is; null where nothing is there or the system does not tell, as Windows does not.</summary>
    /// <param name="follow">Whether of a symbolic link that is asked for what it points to.</param>
    public static FileStatus? Of(string path, bool follow = true) => Ask(path, null, follow);

    /// <summary>The same of an open file, whatever its name is now.</summary>
    public static FileStatus? Of(SafeFileHandle file) => Ask("", file, follow: true);

    private static unsafe FileStatus? Ask(string path, SafeFileHandle? file, bool follow)
    {
        const int bytes = 512;
        var answer = stackalloc byte[bytes];
        if (OperatingSystem.IsLinux())
        {
            // The layout of statx is the same on every processor.
            const int workingFolder = -100, doNotFollow = 0x100, emptyPath = 0x1000;
            const uint basicStatus = 0x7FF;
            var flags = (follow ? 0 : doNotFollow) | (file is null ? 0 : emptyPath);
            var descriptor = file is null ? workingFolder : (int)file.DangerousGetHandle();
            if (UnixCalls.statx(descriptor, path, flags, basicStatus, answer) != 0)
                return null;
            return Make(*(ushort*)(answer + 28), *(uint*)(answer + 20), (ulong)*(uint*)(answer + 136) << 32 | *(uint*)(answer + 140),
                *(ulong*)(answer + 32));
        }

        if (!OperatingSystem.IsMacOS())
            return null;
        var code = RuntimeInformation.ProcessArchitecture == Architecture.X64
            ? file is not null ? UnixCalls.fstat64((int)file.DangerousGetHandle(), answer)
                : follow ? UnixCalls.stat64(path, answer) : UnixCalls.lstat64(path, answer)
            : file is not null ? UnixCalls.fstat((int)file.DangerousGetHandle(), answer)
                : follow ? UnixCalls.stat(path, answer) : UnixCalls.lstat(path, answer);
        return code != 0 ? null : Make(*(ushort*)(answer + 4), *(uint*)(answer + 16), *(uint*)answer, *(ulong*)(answer + 8));
    }

    private static FileStatus Make(int mode, uint owner, ulong device, ulong number) => new((mode & KindMask) switch
    {
        0x8000 => FileKind.Regular,
        0x4000 => FileKind.Folder,
        0xA000 => FileKind.Link,
        _ => FileKind.Special,
    }, (UnixFileMode)(mode & PermissionMask), owner, device, number);
}
