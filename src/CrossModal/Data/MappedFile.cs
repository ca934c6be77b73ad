using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace CrossModal.Data;

/// <summary>
/// A file seen as memory, read-only: the system loads its pages when they are touched and drops them when memory is short.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile file;

    private readonly MemoryMappedViewAccessor view;

    private byte* start;

    public MappedFile(string path)
    {
        Length = new FileInfo(path).Length;
        file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        view = file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
    }

    public long Length { get; }

    /// <summary>
    /// <paramref name="count"/> values beginning <paramref name="offset"/> bytes into the file; valid until this is disposed.
    /// </summary>
    public ReadOnlySpan<T> Slice<T>(long offset, int count)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(start is null, this);
        if (offset < 0 || count < 0 || offset + (long)count * sizeof(T) > Length)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{count} values at {offset} lie outside of {Length} bytes");
        return MemoryMarshal.CreateReadOnlySpan(ref *(T*)(start + offset), count);
    }

    public void Dispose()
    {
        if (start is null)
            return;
        start = null;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        file.Dispose();
    }
}
