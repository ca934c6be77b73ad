using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>Features derived from a data set, computed once and kept in the cache: float32 [count, length].</summary>
internal sealed class FeatureFile : IDisposable
{
    private const int HeaderBytes = 64, HashBytes = 32, LargestBlock = 1 << 22, RowsAtOnce = 256;

    private readonly BlockFile _file;

    private FeatureFile(BlockFile file, int count, int length) => (_file, Count, Length) = (file, count, length);

    public int Count { get; }

    public int Length { get; }

    private static ReadOnlySpan<byte> Magic => "CMFEAT02"u8;

    /// <summary>Opens the features named <paramref name="key"/>, computing and storing them where they are not there yet.</summary>
    /// <param name="key">
    /// What they are: the name of the computation, its parameters, the fingerprint of the data. Other keys, counts or lengths are other
    /// features.
    /// </param>
    /// <param name="count">Rows, at least 1.</param>
    /// <param name="length">Values of a row, at least 1.</param>
    /// <param name="computeBlock">Called with the first row, a number of rows n (at most 256) and the place for n × length values.</param>
    /// <param name="progress">Called with rows done, and of how many.</param>
    /// <param name="cancel">Stops between two blocks; nothing is left behind.</param>
    /// <exception cref="BadInputException">The disk is full or cannot be written.</exception>
    public static FeatureFile OpenOrCompute(
        string key, int count, int length, Action<int, int, Span<float>> computeBlock, Action<int, int>? progress = null,
            CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{key}\n{count}\n{length}"));
        var folder = CacheFolder.Ensure("features");
        var path = Path.Combine(folder, Convert.ToHexStringLower(hash)[..32] + ".f32");
        var bytes = BytesOf(count, length);
        return CacheFolder.OpenOrMake(path, bytes + BlockFile.ChecksumBytes(bytes), () => TryOpen(path, count, length, hash), aside =>
        {
            using var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
            stream.Write(Header(hash, count, length));
            Compute(stream, count, length, computeBlock, progress, cancel);
            stream.Flush();
            BlockFile.Seal(stream.SafeFileHandle);
            stream.Flush(flushToDisk: true);
        }, waits: null, cancel);
    }

    /// <summary>Fills <paramref name="destination"/> with the features of a row.</summary>
    /// <exception cref="BadInputException">The cache was damaged since it was opened.</exception>
    public void Read(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, Length, nameof(destination));
        _file.Read(BytesOf(row, Length), MemoryMarshal.AsBytes(destination));
    }

    public void Dispose() => _file.Dispose();

    private static FeatureFile? TryOpen(string path, int count, int length, byte[] hash)
    {
        try
        {
            if (BlockFile.TryOpen(path, BytesOf(count, length)) is not { } file)
                return null;
            var header = new byte[HeaderBytes];
            file.Read(0, header);
            if (header.AsSpan().SequenceEqual(Header(hash, count, length)))
                return new FeatureFile(file, count, length);
            file.Dispose();
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadInputException)
        {
            return null;
        }
    }

    /// <summary>Bytes of the header and so many rows.</summary>
    private static long BytesOf(int rows, int length) => HeaderBytes + (long)rows * length * sizeof(float);

    private static void Compute(Stream stream, int count, int length, Action<int, int, Span<float>> computeBlock,
        Action<int, int>? progress, CancellationToken cancel)
    {
        var rows = Math.Clamp(LargestBlock / length, 1, RowsAtOnce);
        var block = new float[Math.Min(rows, count) * (long)length];
        progress?.Invoke(0, count);
        for (var first = 0; first < count; first += rows)
        {
            cancel.ThrowIfCancellationRequested();
            var n = Math.Min(rows, count - first);
            var values = block.AsSpan(0, n * length);
            values.Clear();
            computeBlock(first, n, values);
            stream.Write(MemoryMarshal.AsBytes(values));
            progress?.Invoke(first + n, count);
        }
    }

    private static byte[] Header(byte[] hash, int count, int length)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), count);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), length);
        hash.AsSpan(0, HashBytes).CopyTo(header.AsSpan(16));
        return header;
    }
}
