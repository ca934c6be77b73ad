using System.Buffers.Binary;
using CrossModal.Kernels;
using Google.Protobuf;

namespace CrossModal.Runs;

/// <summary>
/// What TensorBoard reads: messages <c>Event</c> (<c>event.proto</c> and <c>summary.proto</c> of TensorBoard, whose field numbers these
/// are), framed as the records of TensorFlow: the length and the bytes, each followed by its checksum.
/// </summary>
internal static class EventRecord
{
    /// <summary>Bytes before the message and behind it.</summary>
    public const int HeadBytes = 12, TailBytes = 4;

    private const int WallTime = 1, Step = 2, FileVersion = 3, Summary = 5;

    private const int SummaryValue = 1;

    private const int Tag = 1, SimpleValue = 2, Image = 4, Audio = 6;

    private const int ImageHeight = 1, ImageWidth = 2, ImageColorSpace = 3, ImageFile = 4;

    private const int AudioRate = 1, AudioChannels = 2, AudioFrames = 3, AudioFile = 4, AudioContentType = 5;

    private const int Rgb = 3;

    private delegate void Fields(CodedOutputStream output);

    /// <summary>The first record of a file, without which TensorBoard takes it for one of another age.</summary>
    public static byte[] Version(double time) => Of(time, 0, output => Write(output, FileVersion, "brain.Event:2"));

    /// <summary>Numbers of a step.</summary>
    public static byte[] Scalars(double time, long step, params IEnumerable<(string Tag, double Value)> scalars) =>
        Of(time, step, output => Write(output, Summary, summary =>
        {
            foreach (var (tag, value) in scalars)
                Write(summary, SummaryValue, field =>
                {
                    Write(field, Tag, tag);
                    field.WriteTag(SimpleValue, WireFormat.WireType.Fixed32);
                    field.WriteFloat((float)value);
                });
        }));

    /// <summary>A picture of a step.</summary>
    /// <param name="png">The whole file.</param>
    public static byte[] Picture(double time, long step, string tag, int width, int height, byte[] png) =>
        Of(time, step, output => Write(output, Summary, summary => Write(summary, SummaryValue, field =>
        {
            Write(field, Tag, tag);
            Write(field, Image, image =>
            {
                Write(image, ImageHeight, height);
                Write(image, ImageWidth, width);
                Write(image, ImageColorSpace, Rgb);
                Write(image, ImageFile, png);
            });
        })));

    /// <summary>A sound of a step, of one channel.</summary>
    /// <param name="wav">The whole file.</param>
    public static byte[] Sound(double time, long step, string tag, int sampleRate, int samples, byte[] wav) =>
        Of(time, step, output => Write(output, Summary, summary => Write(summary, SummaryValue, field =>
        {
            Write(field, Tag, tag);
            Write(field, Audio, audio =>
            {
                audio.WriteTag(AudioRate, WireFormat.WireType.Fixed32);
                audio.WriteFloat(sampleRate);
                Write(audio, AudioChannels, 1);
                Write(audio, AudioFrames, samples);
                Write(audio, AudioFile, wav);
                Write(audio, AudioContentType, "audio/wav");
            });
        })));

    /// <summary>The checksum of a record's part: CRC-32C, turned by 15 bits and moved, so that sums of sums are not alike.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = Crc32C.Of(bytes);
        return (sum >> 15 | sum << 17) + 0xA282EAD8;
    }

    /// <summary>The step that a message tells, 0 where it tells none.</summary>
    /// <exception cref="InvalidProtocolBufferException">It is no message.</exception>
    public static long StepOf(byte[] message)
    {
        var input = new CodedInputStream(message);
        long step = 0;
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            if (tag == WireFormat.MakeTag(Step, WireFormat.WireType.Varint))
                step = input.ReadInt64();
            else
                input.SkipLastField();
        }

        return step;
    }

    private static byte[] Of(double time, long step, Fields what)
    {
        var message = Message(output =>
        {
            output.WriteTag(WallTime, WireFormat.WireType.Fixed64);
            output.WriteDouble(time);
            Write(output, Step, step);
            what(output);
        });
        var record = new byte[HeadBytes + message.Length + TailBytes];
        BinaryPrimitives.WriteInt64LittleEndian(record, message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(long)), Checksum(record.AsSpan(0, sizeof(long))));
        message.CopyTo(record, HeadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(HeadBytes + message.Length), Checksum(message));
        return record;
    }

    private static byte[] Message(Fields fields)
    {
        var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes))
            fields(output);
        return bytes.ToArray();
    }

    private static void Write(CodedOutputStream output, int field, Fields message) => Write(output, field, Message(message));

    private static void Write(CodedOutputStream output, int field, byte[] bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(bytes));
    }

    private static void Write(CodedOutputStream output, int field, string text)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }

    private static void Write(CodedOutputStream output, int field, long number)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(number);
    }
}
