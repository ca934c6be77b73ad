using System.Buffers.Binary;
using CrossModal.Kernels;

namespace CrossModal.Audio;

/// <summary>
/// The frames of an MP3 file, walked through without decoding them (ISO/IEC 11172-3, 2.4.1, and 13818-3; layers I and II too). A decoder
/// fills up what is missing; here a file that was cut short, or is damaged between two frames, is known for one.
/// </summary>
/// <param name="Count">Frames with sound in them.</param>
/// <param name="FrameSamples">Samples of a channel in each.</param>
/// <param name="Lead">Samples that the encoder put before the sound, where the file tells it.</param>
/// <param name="Trail">And behind it.</param>
internal sealed record Mp3Frames(int Channels, int SampleRate, long Count, int FrameSamples, int Lead, int Trail)
{
    /// <summary>Samples by which a decoder is late.</summary>
    private const int DecoderDelay = 529;

    private const int HeaderBytes = 4, Id3Bytes = 10, MostInfoBytes = 200;

    /// <summary>A second, by layers I to III of MPEG 1 and then of MPEG 2.</summary>
    private static readonly int[][] Kilobits =
    [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];

    private static readonly int[] Rates = [44100, 48000, 32000];

    /// <summary>What a frame says of itself.</summary>
    /// <param name="Bytes">Its length, header included.</param>
    private readonly record struct Frame(int Version, int Layer, int Rate, int Channels, int Bytes)
    {
        public int Samples => Layer == 1 ? 384 : Layer == 3 && Version > 1 ? 576 : 1152;

        public bool IsLike(Frame other) => (Version, Layer, Rate) == (other.Version, other.Layer, other.Rate);
    }

    public SoundHeader Sound => new(Channels, SampleRate, Math.Max(0, Count * FrameSamples - Lead - Trail));

    /// <summary>Walks through all frames.</summary>
    /// <exception cref="BadInputException">There are none, or they are damaged or cut short.</exception>
    public static Mp3Frames Read(Stream stream, string path)
    {
        SkipTags(stream);
        if (ReadFrame(stream) is not { } first)
            throw new BadInputException($"{path}: begins as an MP3 file and has no sound in it; copy or export the file again");
        var info = Info.Read(stream, first);
        long count = 0;
        while (ReadFrame(stream) is { } frame)
        {
            if (!frame.IsLike(first))
                throw Damaged(stream, path);
            if (frame.Bytes > stream.Length - stream.Position)
                break;
            stream.Position += frame.Bytes;
            count++;
        }

        if (!EndsHere(stream))
            throw Damaged(stream, path);

        // The frame with the encoder's notes has no sound.
        count -= info is null ? 0 : 1;
        if (count < info?.Count)
            throw new BadInputException($"{path}: is cut short ({Math.Max(0, count)} of {info.Count} frames of sound); copy or export the "
                + "file again");
        if (count < 1)
            throw new BadInputException($"{path}: has no sound in it; copy or export the file again");
        return new Mp3Frames(first.Channels, first.Rate, count, first.Samples, info is { Lead: > 0 } ? info.Lead + DecoderDelay : 0,
            info is { Lead: > 0 } ? Math.Max(0, info.Trail - DecoderDelay) : 0);
    }

    /// <summary>The frame that begins here; the stream stays. Null where none does.</summary>
    private static Frame? ReadFrame(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[HeaderBytes];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        stream.Position -= read;
        if (read < bytes.Length || bytes[0] != 0xFF || (bytes[1] & 0xE0) != 0xE0)
            return null;
        var version = (bytes[1] >> 3 & 3) switch { 3 => 1, 2 => 2, 0 => 4, _ => 0 };
        var (layer, rate, bitrate) = (4 - (bytes[1] >> 1 & 3), bytes[2] >> 2 & 3, bytes[2] >> 4);
        if (version == 0 || layer == 4 || rate == 3 || bitrate is 0 or 15)
            return null;
        var (hertz, padding) = (Rates[rate] / version, bytes[2] >> 1 & 1);
        var bits = 1000 * Kilobits[layer - 1 + (version > 1 ? 3 : 0)][bitrate - 1];
        var frame = new Frame(version, layer, hertz, (bytes[3] >> 6) == 3 ? 1 : 2, 0);
        return frame with { Bytes = layer == 1 ? 4 * (12 * bits / hertz + padding) : frame.Samples / 8 * bits / hertz + padding };
    }

    /// <summary>Passes over ID3v2: its length is in four bytes of seven bits.</summary>
    private static void SkipTags(Stream stream)
    {
        Span<byte> tag = stackalloc byte[Id3Bytes];
        while (stream.ReadAtLeast(tag, tag.Length, throwOnEndOfStream: false) is var read)
        {
            if (read < tag.Length || !tag.StartsWith("ID3"u8))
            {
                stream.Position -= read;
                return;
            }

            var length = (tag[6] & 0x7F) << 21 | (tag[7] & 0x7F) << 14 | (tag[8] & 0x7F) << 7 | tag[9] & 0x7F;
            stream.Position = Math.Min(stream.Length, stream.Position + length + ((tag[5] & 0x10) == 0 ? 0 : Id3Bytes));
        }
    }

    /// <summary>Whether what follows is no sound: nothing, a piece of a last frame, a tag or zeros.</summary>
    private static bool EndsHere(Stream stream)
    {
        if (ReadFrame(stream) is { } cut && cut.Bytes > stream.Length - stream.Position)
            return true;
        Span<byte> next = stackalloc byte[8];
        next = next[..stream.ReadAtLeast(next, next.Length, throwOnEndOfStream: false)];
        return next.Length < HeaderBytes || next.StartsWith("TAG"u8) || next.StartsWith("APETAGEX"u8)
            || next.StartsWith("LYRICS"u8) || next.StartsWith("ID3"u8) || next.IndexOfAnyExcept((byte)0) < 0;
    }

    private static BadInputException Damaged(Stream stream, string path) =>
        new($"{path}: is damaged at byte {stream.Position}; copy or export the file again");

    /// <summary>What encoders write into a first frame without sound: how many frames follow, and how many samples to leave out.</summary>
    private sealed record Info(long? Count, int Lead, int Trail)
    {
        public static Info? Read(Stream stream, Frame frame)
        {
            var begin = stream.Position;
            Span<byte> bytes = stackalloc byte[MostInfoBytes];
            bytes = bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
            stream.Position = begin;
            var at = HeaderBytes + (frame.Version == 1 ? frame.Channels == 1 ? 17 : 32 : frame.Channels == 1 ? 9 : 17);
            if (frame.Layer != 3 || bytes.Length < at + 8 || !(bytes[at..].StartsWith("Xing"u8) || bytes[at..].StartsWith("Info"u8)))
                return null;
            var flags = bytes[at + 7];
            at += 8;
            long? count = null;
            if ((flags & 1) != 0 && bytes.Length >= at + 4)
                (count, at) = (BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]), at + 4);
            at += ((flags & 2) != 0 ? 4 : 0) + ((flags & 4) != 0 ? 100 : 0) + ((flags & 8) != 0 ? 4 : 0);

            // Behind the encoder's name and settings: twice twelve bits.
            const int notes = 21;
            if (bytes.Length < at + notes + 3 || bytes[at] == 0)
                return new Info(count, 0, 0);
            var both = bytes[at + notes] << 16 | bytes[at + notes + 1] << 8 | bytes[at + notes + 2];
            return new Info(count, both >> 12, both & 0xFFF);
        }
    }
}
