using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace CrossModal.Data;

/// <summary>
/// A file seen as memory, read-only: the system loads its pages when they are touched and drops them when memory is short.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;

    private readonly MemoryMappedViewAccessor _view;

    private byte* _start;

    public MappedFile(string path)
    {
        Length = new FileInfo(path).Length;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    public long Length { get; }

    /// <summary>
    /// <paramref name="count"/> values beginning <paramref name="offset"/> bytes into the file; valid until this is disposed.
    /// </summary>
    public ReadOnlySpan<T> Slice<T>(long offset, int count)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        if (offset < 0 || count < 0 || offset + (long)count * sizeof(T) > Length)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{count} values at {offset} lie outside of {Length} bytes");
        return MemoryMarshal.CreateReadOnlySpan(ref *(T*)(_start + offset), count);
    }

    public void Dispose()
    {
        if (_start is null)
            return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
