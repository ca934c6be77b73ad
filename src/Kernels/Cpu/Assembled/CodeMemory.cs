using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Memory for machine code that this program makes while it runs. It is written first and may be executed from then on; it is never both
/// at once. Code stays until the process ends.
/// </summary>
internal static unsafe partial class CodeMemory
{
    /// <summary>Protections and flags of sys/mman.h.</summary>
    private const int Readable = 1, Writable = 2, Executable = 4, Private = 2;

    /// <summary>Protections and allocation types of Windows's memoryapi.h.</summary>
    private const uint PageReadWrite = 0x04, PageExecuteRead = 0x20, Commit = 0x1000, Reserve = 0x2000, Release = 0x8000;

    /// <summary>Functions begin on cache lines.</summary>
    private const int Alignment = 64;

    /// <summary>
    /// The addresses of copies of <paramref name="functions"/> that can be called, side by side; null where the system allows no such
    /// thing.
    /// </summary>
    public static nint[]? Place(IReadOnlyList<byte[]> functions)
    {
        var places = new nint[functions.Count];
        var code = new List<byte>();
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = code.Count;
            code.AddRange(functions[i]);
            code.AddRange(new byte[(Alignment - code.Count % Alignment) % Alignment]);
        }

        var address = Place(code.ToArray());
        return address == null ? null : [.. places.Select(place => (nint)address + place)];
    }

    private static byte* Place(ReadOnlySpan<byte> code)
    {
        var size = (nuint)code.Length;
        var memory = Allocate(size);
        if (memory == null)
            return null;
        code.CopyTo(new Span<byte>(memory, code.Length));
        if (Protect(memory, size))
            return memory;
        Free(memory, size);
        return null;
    }

    private static byte* Allocate(nuint size)
    {
        if (OperatingSystem.IsWindows())
            return VirtualAlloc(null, size, Commit | Reserve, PageReadWrite);
        var anonymous = OperatingSystem.IsMacOS() ? 0x1000 : 0x20;
        var memory = mmap(null, size, Readable | Writable, Private | anonymous, -1, 0);
        return (nint)memory == -1 ? null : memory;
    }

    private static bool Protect(byte* memory, nuint size) => OperatingSystem.IsWindows()
        ? VirtualProtect(memory, size, PageExecuteRead, out _) && FlushInstructionCache(GetCurrentProcess(), memory, size)
        : mprotect(memory, size, Readable | Executable) == 0;

    private static void Free(byte* memory, nuint size)
    {
        if (OperatingSystem.IsWindows())
            VirtualFree(memory, 0, Release);
        else
            _ = munmap(memory, size);
    }

    [LibraryImport("libc")]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int mprotect(byte* address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(byte* address, nuint length);

    [LibraryImport("kernel32")]
    private static partial byte* VirtualAlloc(byte* address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool VirtualProtect(byte* address, nuint size, uint protection, out uint before);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool VirtualFree(byte* address, nuint size, uint type);

    [LibraryImport("kernel32")]
    private static partial nint GetCurrentProcess();

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushInstructionCache(nint process, byte* address, nuint size);
}
