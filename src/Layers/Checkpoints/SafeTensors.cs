using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// A tensor to write: its bytes (little-endian, row-major) are asked for when their turn comes, so that only one tensor is on the host at a
/// time.
/// </summary>
public sealed record SafeTensorSource(string Name, ElementType Type, Shape Shape, Func<ReadOnlyMemory<byte>> Bytes)
{
    /// <summary>How <see cref="Bytes"/> lie where they are floats in half of their bytes; <see cref="Type"/> is float32 then.</summary>
    internal NarrowFloat Narrow { get; init; }

    internal int ElementBytes => Narrow == NarrowFloat.None ? Type.Size() : NarrowFloats.Bytes;

    internal string TypeName => Narrow.Name() ?? SafeTensors.NameOf(Type);
}

/// <summary>
/// The file format safetensors (github.com/huggingface/safetensors, README "Format" and tensor.rs): a little-endian u64 N, N bytes of JSON
/// <c>{"name": {"dtype": "F32", "shape": […], "data_offsets": [begin, end]}, …, "__metadata__": {"text": "text"}}</c>, then the tensors'
/// bytes, end to end. N is padded with spaces to a multiple of 8 and the wider types come first, so every tensor is aligned. Of its types,
/// F32, F64, I32 and I64 are known here; F16 and BF16 are read as F32.
/// </summary>
public static class SafeTensors
{
    internal const string MetadataKey = "__metadata__";

    /// <summary>The text by this name is a checksum of the other text and of all bytes of tensors.</summary>
    internal const string ChecksumKey = "crc32c";

    /// <summary>The format's own limit, which keeps a damaged length from asking for all memory.</summary>
    internal const long MaximumHeader = 100_000_000;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<SafeTensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(path, tensors, metadata ?? new Dictionary<string, string>(), withChecksum: false);

    /// <inheritdoc cref="Write(string, IReadOnlyList{SafeTensorSource}, IReadOnlyDictionary{string, string}?)"/>
    /// <param name="withChecksum">Whether the text beside the tensors has a checksum.</param>
    internal static void Write(string path, IReadOnlyList<SafeTensorSource> tensors, IReadOnlyDictionary<string, string> metadata,
        bool withChecksum)
    {
        var twice = tensors.GroupBy(tensor => tensor.Name).FirstOrDefault(group => group.Count() > 1 || group.Key == MetadataKey);
        if (twice is not null)
            throw new ArgumentException($"safetensors: '{twice.Key}' is the name of two tensors, or reserved");
        var ordered = tensors.OrderByDescending(tensor => tensor.ElementBytes).ToList();
        var sum = ChecksumOf(metadata);
        var text = withChecksum ? new Dictionary<string, string>(metadata) { [ChecksumKey] = UnknownChecksum } : metadata;
        var header = Header(ordered, text);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(BitConverter.GetBytes((long)header.Length));
            stream.Write(header);
            foreach (var tensor in ordered)
            {
                var bytes = tensor.Bytes();
                if (bytes.Length != tensor.Shape.Count * tensor.ElementBytes)
                    throw new ShapeException(
                        $"safetensors: {tensor.Name} is {tensor.TypeName} {tensor.Shape}, which is not {bytes.Length} bytes");
                stream.Write(bytes.Span);
                if (withChecksum)
                    sum.Add(bytes.Span);
            }

            if (withChecksum)
            {
                // It is known when the last tensor is written, and its place is before the first.
                stream.Position = sizeof(long) + header.AsSpan().IndexOf(Encoding.UTF8.GetBytes(ChecksumEntry(UnknownChecksum)));
                stream.Write(Encoding.UTF8.GetBytes(ChecksumEntry($"{sum}")));
            }
        });
    }

    /// <summary>The checksum of the text beside tensors, to which their bytes are added.</summary>
    internal static Crc32C ChecksumOf(IReadOnlyDictionary<string, string> metadata)
    {
        var sum = new Crc32C();
        foreach (var (key, value) in metadata.Where(entry => entry.Key != ChecksumKey).OrderBy(entry => entry.Key, StringComparer.Ordinal))
            sum.Add(Encoding.UTF8.GetBytes($"{key}\0{value}\0"));
        return sum;
    }

    /// <summary>Opens a file and checks all of its header; the tensors are read when asked for.</summary>
    /// <exception cref="CheckpointException">The file is absent, cut short, damaged, or has something that is not known here.</exception>
    public static SafeTensorsFile Open(string path) => new(path);

    internal static string NameOf(ElementType type) => type switch
    {
        ElementType.Float32 => "F32",
        ElementType.Float64 => "F64",
        ElementType.Int32 => "I32",
        _ => "I64",
    };

    /// <summary>What floats in half of their bytes are called; none for all other names.</summary>
    internal static NarrowFloat NarrowOf(string? name) => name switch
    {
        "F16" => NarrowFloat.Half,
        "BF16" => NarrowFloat.BFloat16,
        _ => NarrowFloat.None,
    };

    /// <summary>What a tensor by the name of a type is here once it is read; null for a type that is not known.</summary>
    internal static ElementType? TypeOf(string? name) => name switch
    {
        "F16" or "BF16" => ElementType.Float32,
        "F32" => ElementType.Float32,
        "F64" => ElementType.Float64,
        "I32" => ElementType.Int32,
        "I64" => ElementType.Int64,
        _ => null,
    };

    private static readonly string UnknownChecksum = new('0', 8);

    private static string ChecksumEntry(string checksum) => $"\"{ChecksumKey}\":\"{checksum}\"";

    private static byte[] Header(List<SafeTensorSource> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteStartObject(MetadataKey);
            foreach (var (key, value) in metadata)
                json.WriteString(key, value);
            json.WriteEndObject();
            var offset = 0L;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.TypeName);
                json.WriteStartArray("shape");
                foreach (var extent in tensor.Shape.Extents)
                    json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Shape.Count * tensor.ElementBytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        buffer.Write(Encoding.ASCII.GetBytes(new string(' ', (int)((8 - buffer.Length % 8) % 8))));
        return buffer.ToArray();
    }
}
