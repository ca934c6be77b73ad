using System.Buffers.Binary;
using System.Text;

namespace CrossModal.Tests.Runs;

/// <summary>A value of an event: a number, a picture or a sound of a tag.</summary>
internal sealed record SeenValue(long Step, double Time, string Tag, float? Number, byte[]? Picture, byte[]? Sound)
{
    /// <summary>Of a picture width and height, of a sound its rate, channels and samples.</summary>
    public long[] Facts { get; init; } = [];

    public string? ContentType { get; init; }
}

/// <summary>
/// Reads event files as TensorBoard does, by the field numbers of its event.proto and summary.proto; written apart from what writes them,
/// with a table of CRC-32C of its own.
/// </summary>
internal static class EventReader
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i =>
    {
        var sum = (uint)i;
        for (var bit = 0; bit < 8; bit++)
            sum = (sum & 1) == 0 ? sum >> 1 : sum >> 1 ^ 0x82F63B78;
        return sum;
    })];

    /// <summary>All values of the event files of a folder, in the order in which TensorBoard reads them.</summary>
    public static IReadOnlyList<SeenValue> ReadAll(string folder)
    {
        var files = Directory.GetFiles(folder).Where(file => Path.GetFileName(file).Contains("tfevents")).Order(StringComparer.Ordinal);
        return [.. files.SelectMany(Read)];
    }

    public static IReadOnlyList<SeenValue> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var values = new List<SeenValue>();
        var first = true;
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(Masked(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            var message = bytes.AsSpan(at + 12, length).ToArray();
            Assert.Equal(Masked(message), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            at += 16 + length;
            var fields = Fields(message);
            var time = BitConverter.Int64BitsToDouble((long)fields.Single(field => field.Number == 1).Bits);
            if (first)
                Assert.Equal("brain.Event:2", Encoding.UTF8.GetString(fields.Single(field => field.Number == 3).Bytes));
            else
            {
                var step = (long)fields.Single(field => field.Number == 2).Bits;
                values.AddRange(Fields(fields.Single(field => field.Number == 5).Bytes)
                    .Select(value => Value(step, time, Fields(value.Bytes))));
            }

            first = false;
        }

        return values;
    }

    private static SeenValue Value(long step, double time, IReadOnlyList<Field> fields)
    {
        var tag = Encoding.UTF8.GetString(fields.Single(field => field.Number == 1).Bytes);
        var value = fields.Single(field => field.Number != 1);
        var inner = value.Number == 2 ? [] : Fields(value.Bytes);
        return value.Number switch
        {
            2 => new SeenValue(step, time, tag, BitConverter.UInt32BitsToSingle((uint)value.Bits), null, null),
            4 => new SeenValue(step, time, tag, null, Bytes(4), null) { Facts = [Number(2), Number(1), Number(3)] },
            6 => new SeenValue(step, time, tag, null, null, Bytes(4))
            {
                Facts = [(long)BitConverter.UInt32BitsToSingle((uint)Number(1)), Number(2), Number(3)],
                ContentType = Encoding.UTF8.GetString(Bytes(5)),
            },
            _ => throw new InvalidDataException($"field {value.Number}"),
        };

        long Number(int number) => (long)inner.Single(field => field.Number == number).Bits;
        byte[] Bytes(int number) => inner.Single(field => field.Number == number).Bytes;
    }

    /// <summary>A field of a message: the bits of a number, or bytes.</summary>
    private sealed record Field(int Number, ulong Bits, byte[] Bytes);

    private static List<Field> Fields(byte[] message)
    {
        var fields = new List<Field>();
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            var (number, kind) = ((int)(key >> 3), (int)(key & 7));
            switch (kind)
            {
                case 0:
                    fields.Add(new Field(number, Varint(message, ref at), []));
                    break;
                case 1:
                    fields.Add(new Field(number, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), []));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    fields.Add(new Field(number, 0, message[at..(at + length)]));
                    at += length;
                    break;
                case 5:
                    fields.Add(new Field(number, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), []));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {kind}");
            }
        }

        return fields;
    }

    private static ulong Varint(byte[] bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var one in bytes)
            sum = sum >> 8 ^ Table[(sum ^ one) & 0xFF];
        sum = ~sum;
        return (sum >> 15 | sum << 17) + 0xA282EAD8;
    }
}
