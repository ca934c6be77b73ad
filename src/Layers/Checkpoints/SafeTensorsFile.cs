using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using CrossModal.Kernels;
using CrossModal.Tensors;
using Microsoft.Win32.SafeHandles;

namespace CrossModal.Layers;

/// <summary>A tensor of an open file; <paramref name="Begin"/> and <paramref name="End"/> are bytes from the end of the header.</summary>
public sealed record SafeTensorInfo(string Name, ElementType Type, Shape Shape, long Begin, long End)
{
    /// <summary>How its bytes lie in the file where they are half of those of <see cref="Type"/>.</summary>
    internal NarrowFloat Narrow { get; init; }
}

/// <summary>An open safetensors file whose header was checked.</summary>
public sealed class SafeTensorsFile : IDisposable
{
    private const string Damaged = "it is damaged; copy it again or take an older checkpoint";
    private const string CutShort = "it was cut short; copy it again or take an older checkpoint";

    private readonly SafeFileHandle _handle;
    private readonly long _dataStart, _dataEnd;
    private readonly Dictionary<string, SafeTensorInfo> _tensors = [];
    private readonly Dictionary<string, string> _metadata = [];

    internal SafeTensorsFile(string path)
    {
        Path = path;

        // Opening a pipe would wait for a writer.
        if (File.Exists(path) && !BoundedFile.HasContent(path))
            throw Refuse("has 0 bytes where a safetensors file has its header's length in the first 8", CutShort);
        try
        {
            _handle = File.OpenHandle(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CheckpointException(path,
                $"cannot read {path}: {error.Message.TrimEnd('.')}; name a checkpoint (.safetensors) that is there", error);
        }

        try
        {
            (_dataStart, _dataEnd) = ReadHeader();
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorInfo> Tensors => _tensors;

    /// <summary>The text beside the tensors, by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>
    /// The bytes of one tensor, little-endian and row-major; floats that the file has in half of their bytes are widened to float32.
    /// </summary>
    public byte[] Read(SafeTensorInfo tensor) =>
        tensor.Narrow.Widen(ReadAt(_dataStart + tensor.Begin, checked((int)(tensor.End - tensor.Begin))));

    /// <summary>
    /// Compares the text and the bytes of all tensors with the checksum that a checkpoint has; without one, nothing is compared.
    /// </summary>
    /// <exception cref="CheckpointException">They are not what was saved.</exception>
    internal void RequireChecksum()
    {
        if (!_metadata.TryGetValue(SafeTensors.ChecksumKey, out var saved))
            return;
        var sum = SafeTensors.ChecksumOf(_metadata);
        var block = new byte[1 << 20];
        for (var at = _dataStart; at < _dataEnd; at += block.Length)
        {
            var part = block.AsSpan(0, (int)Math.Min(block.Length, _dataEnd - at));
            ReadAt(at, part);
            sum.Add(part);
        }

        if (sum.ToString() != saved)
            throw Refuse($"is not as it was saved (its checksum is {sum}, not {Excerpt.Of(saved, 8)})", Damaged);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    private (long Start, long End) ReadHeader()
    {
        var length = RandomAccess.GetLength(_handle);
        if (length < 8)
            throw Refuse($"has {length} bytes where a safetensors file has its header's length in the first 8", CutShort);
        var size = BinaryPrimitives.ReadUInt64LittleEndian(ReadAt(0, 8));
        if (size is < 2 or > (ulong)SafeTensors.MaximumHeader)
            throw Refuse($"names a header of {size} bytes, which no safetensors file has",
                "it is of another kind or damaged; take an older checkpoint");
        if ((long)size > length - 8)
            throw Refuse($"names a header of {size} bytes and has {length - 8} behind it", CutShort);
        var dataStart = 8 + (long)size;
        ParseHeader(ReadAt(8, (int)size));
        CheckOffsets(length - dataStart);
        return (dataStart, length);
    }

    private void ParseHeader(byte[] header)
    {
        try
        {
            // A JSON reader takes ill-formed UTF-8 within strings for later; here it is refused at once.
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(header);
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name == SafeTensors.MetadataKey)
                {
                    foreach (var entry in property.Value.EnumerateObject())
                        _metadata.Add(entry.Name, entry.Value.GetString()
                            ?? throw new FormatException($"metadata '{entry.Name}' is not text"));
                }
                else
                {
                    _tensors.Add(property.Name, ParseTensor(property.Name, property.Value));
                }
            }
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException or ArgumentException
            or KeyNotFoundException
            or OverflowException)
        {
            throw Refuse($"has a header that is not that of a safetensors file ({error.Message.ReplaceLineEndings(" ").TrimEnd('.')})",
                Damaged, error);
        }
    }

    private SafeTensorInfo ParseTensor(string name, JsonElement json)
    {
        var dtype = json.GetProperty("dtype").GetString();
        var type = SafeTensors.TypeOf(dtype)
            ?? throw Refuse($"has '{name}' of type {dtype}",
                "only F32, F64, F16, BF16, I32 and I64 are read here; convert it to one of them");
        var narrow = SafeTensors.NarrowOf(dtype);
        Shape shape = [.. json.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt32())];
        var offsets = json.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64()).ToArray();
        if (offsets.Length != 2)
            throw new FormatException($"'{name}' has {offsets.Length} data offsets");
        var bytes = narrow == NarrowFloat.None ? (long)type.Size() : NarrowFloats.Bytes;
        foreach (var extent in shape.Extents)
            bytes = checked(bytes * extent);
        if (offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] - offsets[0] != bytes)
            throw Refuse($"says that '{name}', {dtype} {shape}, lies in bytes {offsets[0]} to {offsets[1]}, which are not its {bytes}",
                Damaged);
        if (bytes * (type.Size() / (narrow == NarrowFloat.None ? type.Size() : NarrowFloats.Bytes)) > Array.MaxLength)
            throw Refuse($"has '{name}' of {bytes} bytes", $"tensors of more than {Array.MaxLength} bytes are not read here; split it");
        return new SafeTensorInfo(name, type, shape, offsets[0], offsets[1]) { Narrow = narrow };
    }

    /// <summary>The tensors must fill the data end to end: no hole, no overlap, nothing missing, nothing left over.</summary>
    private void CheckOffsets(long dataBytes)
    {
        var end = 0L;
        foreach (var tensor in _tensors.Values.OrderBy(tensor => tensor.Begin).ThenBy(tensor => tensor.End))
        {
            if (tensor.Begin != end)
                throw Refuse($"has '{tensor.Name}' at byte {tensor.Begin} of its data, where {end} was expected: tensors overlap or leave "
                    + $"a hole", Damaged);
            end = tensor.End;
        }

        if (end > dataBytes)
            throw Refuse($"has {dataBytes} bytes of data where its header names {end}", CutShort);
        if (end < dataBytes)
            throw Refuse($"has {dataBytes} bytes of data where its header names {end}", Damaged);
    }

    private byte[] ReadAt(long offset, int count)
    {
        var bytes = new byte[count];
        ReadAt(offset, bytes);
        return bytes;
    }

    private void ReadAt(long offset, Span<byte> bytes)
    {
        try
        {
            for (var done = 0; done < bytes.Length;)
            {
                var read = RandomAccess.Read(_handle, bytes[done..], offset + done);
                if (read == 0)
                    throw Refuse($"ended at byte {offset + done} while it was read", CutShort);
                done += read;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(Path,
                $"cannot read {Path}: {error.Message.TrimEnd('.')}; name a checkpoint (.safetensors) that can be read", error);
        }
    }

    private CheckpointException Refuse(string what, string remedy, Exception? inner = null) =>
        new(Path, $"{Path} {what}: {remedy}", inner);
}
