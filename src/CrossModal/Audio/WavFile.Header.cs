using System.Buffers.Binary;
using CrossModal.Kernels;

namespace CrossModal.Audio;

/// <summary>
/// What a WAV file says of itself, checked against its length. After <see cref="Read"/> the stream stands at the first frame.
/// </summary>
internal sealed record WavHeader(int Channels, int SampleRate, int SampleBytes, bool IsFloat, long Frames)
{
    /// <summary>
    /// Samples in a second that a recording may have: below, nothing of an instrument is left but its lowest notes, and a file that claims
    /// 2 Hz would be stretched to hours; above, there is no converter.
    /// </summary>
    public const int LowestRate = 4_000, HighestRate = 1_000_000;

    /// <summary>Samples that are read of one sound, at its own rate and at that of all: 37 minutes at 44.1 kHz, 400 MB.</summary>
    private const long MostFrames = 100_000_000;

    /// <summary>
    /// From this size on a length is a mark of "not known while writing", not a length: SoX writes 0x7FFFF000 into a pipe, FFmpeg
    /// 0xFFFFFFFF.
    /// </summary>
    private const uint UnknownLength = 0x7FFFF000;

    /// <summary>The bytes behind the format tag in the GUIDs xxxxxxxx-0000-0010-8000-00AA00389B71.</summary>
    private static ReadOnlySpan<byte> ExtensibleTail => [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    /// <summary>
    /// The same of xxxxxxxx-0721-11D3-8644-C8C1CA000000, ambisonic sound (R. W. Dobson, "The AMB ambisonic file format").
    /// </summary>
    private static ReadOnlySpan<byte> AmbisonicTail => [0, 0, 0x21, 0x07, 0xD3, 0x11, 0x86, 0x44, 0xC8, 0xC1, 0xCA, 0, 0, 0];

    public int FrameBytes => Channels * SampleBytes;

    /// <summary>
    /// The channels whose mean is the sound: all of them, but of ambisonic sound the first, which is what an omnidirectional microphone
    /// hears; the others tell directions.
    /// </summary>
    public int MixedChannels { get; private init; } = Channels;

    /// <summary>What files of every format say.</summary>
    public SoundHeader Sound => new(Channels, SampleRate, Frames);

    public static WavHeader Read(Stream stream, string path)
    {
        Span<byte> head = stackalloc byte[12];
        var read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (read == 0)
            throw new BadInputException($"{path}: is empty (0 bytes); copy or export the file again");
        if (read >= 4 && head[..4].SequenceEqual("RIFX"u8))
            throw new BadInputException($"{path}: is a big-endian WAV file (RIFX), which is not read; convert it to a plain WAV file");
        var known = head[..4].SequenceEqual("RIFF"u8) || head[..4].SequenceEqual("RF64"u8) || head[..4].SequenceEqual("BW64"u8);
        if (read < 12 || !known || !head[8..12].SequenceEqual("WAVE"u8))
            throw new BadInputException($"{path}: is not a WAV file (it does not begin with RIFF … WAVE); convert it to WAV first");

        WavHeader? format = null;
        long? size64 = null;
        Span<byte> chunk = stackalloc byte[8];
        while (stream.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false) == chunk.Length)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            var rest = stream.Length - stream.Position;
            if (chunk[..4].SequenceEqual("data"u8))
                return (format
                    ?? throw new BadInputException($"{path}: has its sound before its format, so it cannot be read; export the file again"))
                    .WithData(stream, size, size64, path);

            if (size > rest)
                throw new BadInputException($"{path}: is cut short in its header; copy or export the file again");
            var next = stream.Position + size;
            if (chunk[..4].SequenceEqual("fmt "u8))
                format = ReadFormat(stream, size, path);
            else if (chunk[..4].SequenceEqual("ds64"u8) && size >= 16)
                size64 = ReadSize64(stream);
            stream.Position = (size & 1) == 0 || !BeginsChunk(stream, next + 1) && BeginsChunk(stream, next) ? next : next + 1;
        }

        throw new BadInputException(format is null
            ? $"{path}: is cut short before its format; copy or export the file again"
            : $"{path}: has no sound in it (no data chunk); copy or export the file again");
    }

    private static WavHeader ReadFormat(Stream stream, uint size, string path)
    {
        if (size < 16)
            throw new BadInputException($"{path}: its format chunk has {size} bytes, fewer than the 16 it needs; export the file again");
        Span<byte> fields = stackalloc byte[40];
        fields = fields[..(int)Math.Min(size, 40)];
        stream.ReadExactly(fields);
        int tag = BinaryPrimitives.ReadUInt16LittleEndian(fields);
        int channels = BinaryPrimitives.ReadUInt16LittleEndian(fields[2..]), mixed = channels;
        var rate = BinaryPrimitives.ReadUInt32LittleEndian(fields[4..]);
        int frameBytes = BinaryPrimitives.ReadUInt16LittleEndian(fields[12..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(fields[14..]);

        // WAVE_FORMAT_EXTENSIBLE: the tag is the head of a GUID whose tail is the same for all of them.
        if (tag == 0xFFFE && fields.Length == 40)
        {
            var ambisonic = fields[26..].SequenceEqual(AmbisonicTail);
            if (ambisonic || fields[26..].SequenceEqual(ExtensibleTail))
                (tag, mixed) = (BinaryPrimitives.ReadUInt16LittleEndian(fields[24..]), ambisonic ? 1 : channels);
        }

        if (tag is not (1 or 3))
            throw new BadInputException(
                $"{path}: is compressed (format {Name(tag)}), and only PCM and float are read; convert it to 16-bit PCM");
        if (!(tag == 1 ? bits is >= 8 and <= 32 : bits is 32 or 64))
            throw new BadInputException(
                $"{path}: has {bits} bits a sample as {(tag == 1 ? "PCM" : "float")}, which is not read; convert it to 16-bit PCM");

        // Bits that do not fill their bytes lie at the upper end, the others are zero: they are read as if there were all of them. Some
        // writers leave the bytes of a frame out, which follow from the rest.
        var sampleBytes = (bits + 7) / 8;
        if (channels == 0 || rate == 0 || frameBytes != 0 && frameBytes != channels * sampleBytes)
            throw new BadInputException(
                $"{path}: its format makes no sense ({channels} channels, {rate} Hz, {frameBytes} bytes a frame of {bits} bits); export "
                    + $"the file again");
        RequireUsable(rate, 0, path);
        return new WavHeader(channels, (int)rate, sampleBytes, tag == 3, 0) { MixedChannels = mixed };
    }

    /// <summary>Refuses a rate that no recording of an instrument has, and a length that would not fit into memory.</summary>
    /// <param name="name">What a message calls the sound.</param>
    /// <exception cref="BadInputException">The rate is too low or too high, or the sound too long.</exception>
    internal static void RequireUsable(long rate, long frames, string name)
    {
        if (rate < LowestRate)
            throw new BadInputException($"{name}: claims {rate} samples a second, and no instrument is sampled below "
                + $"{LowestRate / 1000} kHz; export it again with its true rate");
        if (rate > HighestRate)
            throw new BadInputException($"{name}: claims {rate} samples a second, more than the {HighestRate} that are read; export it "
                + "again with its true rate");
        if (Math.Max(frames, (double)frames * LogMelSpectrogram.SampleRate / rate) > MostFrames)
            throw new BadInputException($"{name}: lasts {frames / (60.0 * rate):0} minutes, more than the "
                + $"{MostFrames / (60 * LogMelSpectrogram.SampleRate)} that are read at once; cut it into shorter files");
    }

    /// <summary>
    /// Whether the name of a chunk stands at a place. Chunks of an odd size end with a byte more, which some writers forget.
    /// </summary>
    private static bool BeginsChunk(Stream stream, long place)
    {
        Span<byte> name = stackalloc byte[4];
        stream.Position = place;
        return stream.ReadAtLeast(name, name.Length, throwOnEndOfStream: false) == name.Length
            && name.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) < 0;
    }

    private static long ReadSize64(Stream stream)
    {
        Span<byte> sizes = stackalloc byte[16];
        stream.ReadExactly(sizes);
        return BinaryPrimitives.ReadInt64LittleEndian(sizes[8..]);
    }

    private WavHeader WithData(Stream stream, uint size, long? size64, string path)
    {
        var rest = stream.Length - stream.Position;
        long bytes = size;
        if (size == uint.MaxValue && size64 is > 0)
            bytes = size64.Value;
        else if (size >= UnknownLength && size > rest || size == 0 && !OnlyChunksFollow(stream))
            bytes = rest;

        // What lacks less than a frame has all whole frames.
        if (bytes > rest && bytes / FrameBytes > rest / FrameBytes)
            throw new BadInputException($"{path}: is cut short ({rest} of {bytes} bytes of sound); copy or export the file again");
        if (bytes < FrameBytes)
            throw new BadInputException($"{path}: has no sound in it ({bytes} bytes of data); copy or export the file again");
        var frames = bytes / FrameBytes;
        RequireUsable(SampleRate, frames, path);
        return this with { Frames = frames };
    }

    /// <summary>
    /// A length of 0 is either the truth or a writer that never came back to fill it in. It is the truth where whole chunks with
    /// printable names follow up to the end of the file.
    /// </summary>
    private static bool OnlyChunksFollow(Stream stream)
    {
        var start = stream.Position;
        Span<byte> chunk = stackalloc byte[8];
        try
        {
            while (stream.Length - stream.Position >= 8)
            {
                stream.ReadExactly(chunk);
                foreach (var letter in chunk[..4])
                    if (letter is < 0x20 or > 0x7E)
                        return false;
                var size = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
                if (size > stream.Length - stream.Position)
                    return false;
                stream.Position = Math.Min(stream.Length, stream.Position + size + (size & 1));
            }

            return stream.Position == stream.Length;
        }
        finally
        {
            stream.Position = start;
        }
    }

    private static string Name(int tag) => tag switch
    {
        0x0002 or 0x0011 => "ADPCM",
        0x0006 => "A-law",
        0x0007 => "mu-law",
        0x0055 => "MP3",
        0x00FF or 0x1600 => "AAC",
        _ => $"0x{tag:X4}",
    };
}
