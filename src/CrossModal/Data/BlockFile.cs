using System.Runtime.InteropServices;
using CrossModal.Kernels;
using Microsoft.Win32.SafeHandles;

namespace CrossModal.Data;

/// <summary>
/// A file of a cache, read at places: bytes, and behind them a CRC-32C of each block of 4 MiB. A small file is compared with them when it
/// is opened, each block of a large one when something of it is first read. It is read by calls and not mapped into memory: where another
/// process cuts a mapped file short, the system ends whoever touches it. The other pages stay in the system's cache either way.
/// </summary>
internal sealed class BlockFile : IDisposable
{
    private const int BlockBytes = 4 << 20;

    /// <summary>So many bytes are compared in a fraction of a second.</summary>
    private const long SmallBytes = 1L << 30;

    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private readonly uint[] _checksums;

    /// <summary>Which blocks were compared; where two threads compare one at once, no harm is done.</summary>
    private readonly bool[] _compared;

    private BlockFile(string path, SafeFileHandle handle, long length)
    {
        (_path, _handle, Length) = (path, handle, length);
        _checksums = new uint[BlocksIn(length)];
        _compared = new bool[_checksums.Length];
    }

    /// <summary>Bytes without the checksums.</summary>
    public long Length { get; }

    /// <summary>Opens a file; null where it does not have the length that it should, or was damaged.</summary>
    /// <param name="length">Bytes without the checksums.</param>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    public static BlockFile? TryOpen(string path, long length)
    {
        if (!BoundedFile.HasContent(path))
            return null;
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
        var file = new BlockFile(path, handle, length);
        if (RandomAccess.GetLength(handle) == length + ChecksumBytes(length)
            && file.TryRead(length, MemoryMarshal.AsBytes(file._checksums.AsSpan())) && (length > SmallBytes || file.IsWhole()))
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>Writes the checksums behind all that was written to a file.</summary>
    public static void Seal(SafeFileHandle handle)
    {
        var length = RandomAccess.GetLength(handle);
        var file = new BlockFile("", handle, length);
        var room = new byte[BlockBytes];
        for (var block = 0; block < file._checksums.Length; block++)
            file._checksums[block] = file.ChecksumOf(block, room) ?? throw new IOException("the file became shorter while it was written");
        RandomAccess.Write(handle, MemoryMarshal.AsBytes<uint>(file._checksums), length);
    }

    /// <summary>Bytes of the checksums behind so many others.</summary>
    public static long ChecksumBytes(long length) => BlocksIn(length) * sizeof(uint);

    /// <summary>Fills <paramref name="destination"/> with what begins <paramref name="offset"/> bytes into the file.</summary>
    /// <exception cref="BadInputException">It was damaged or cut short.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{destination.Length} bytes at {offset} lie outside of {Length}");
        for (var block = (int)(offset / BlockBytes); block * (long)BlockBytes < offset + destination.Length; block++)
        {
            if (!_compared[block] && !Compare(block, new byte[BlockBytes]))
                throw Refuse("was damaged since it was made");
        }

        if (!TryRead(offset, destination))
            throw Refuse("became shorter while it was used");
    }

    public void Dispose() => _handle.Dispose();

    private static int BlocksIn(long length) => checked((int)((length + BlockBytes - 1) / BlockBytes));

    private bool IsWhole()
    {
        var room = new byte[(int)Math.Min(BlockBytes, Length)];
        return Enumerable.Range(0, _checksums.Length).All(block => Compare(block, room));
    }

    private bool Compare(int block, byte[] room) => _compared[block] = ChecksumOf(block, room) == _checksums[block];

    private uint? ChecksumOf(int block, byte[] room)
    {
        var start = block * (long)BlockBytes;
        var part = room.AsSpan(0, (int)Math.Min(BlockBytes, Length - start));
        return TryRead(start, part) ? Crc32C.Of(part) : null;
    }

    /// <summary>False where the file ends before.</summary>
    private bool TryRead(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0)
                return false;
            destination = destination[read..];
            offset += read;
        }

        return true;
    }

    private BadInputException Refuse(string what) =>
        new($"the cache {_path} {what}; remove it, and it is made anew at the next start");
}
