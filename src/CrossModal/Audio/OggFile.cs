using System.Buffers.Binary;
using CrossModal.Kernels;

namespace CrossModal.Audio;

/// <summary>
/// The pages of an Ogg file (RFC 3533), walked through without decoding them: each has a checksum, and the last one says that it is the
/// last. Decoders pass over damaged pages and take the end of the file for the end of the sound.
/// </summary>
/// <param name="IsVorbis">Whether there is Vorbis in it.</param>
/// <param name="Sound">Null where what is in it does not tell.</param>
internal sealed record OggFile(bool IsVorbis, SoundHeader? Sound)
{
    private const int HeadBytes = 27, ChecksumAt = 22, MostPageBytes = HeadBytes + 255 + 255 * 255;

    private const byte Last = 4;

    /// <summary>Opus counts in this rate, whatever was encoded (RFC 7845, 4).</summary>
    private const int OpusRate = 48_000;

    /// <summary>The polynomial 0x04C11DB7 with the highest bit first.</summary>
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i =>
    {
        var sum = (uint)i << 24;
        for (var bit = 0; bit < 8; bit++)
            sum = (int)sum < 0 ? sum << 1 ^ 0x04C11DB7 : sum << 1;
        return sum;
    })];

    /// <summary>Walks through all pages; the stream stands at its beginning before and behind.</summary>
    /// <exception cref="BadInputException">They are damaged or cut short.</exception>
    public static OggFile Read(Stream stream, string path)
    {
        var page = new byte[MostPageBytes];
        byte[]? first = null;
        var (ended, granules) = (false, 0L);
        while (stream.Position < stream.Length)
        {
            var begin = stream.Position;
            var length = ReadPage(stream, page);
            if (length < 0)
                throw new BadInputException($"{path}: is cut short; copy or export the file again");
            if (length == 0)
                throw new BadInputException($"{path}: is damaged at byte {begin}; copy or export the file again");
            first ??= page[(HeadBytes + page[HeadBytes - 1])..length];
            ended = (page[5] & Last) != 0;

            // −1 stands for a page in which no packet ends.
            if (BinaryPrimitives.ReadInt64LittleEndian(page.AsSpan(6)) is >= 0 and var position)
                granules = position;
        }

        if (!ended)
            throw new BadInputException($"{path}: is cut short, its last page is missing; copy or export the file again");
        stream.Position = 0;
        return Of(first!, granules, path);
    }

    private static OggFile Of(ReadOnlySpan<byte> packet, long granules, string path)
    {
        if (packet.StartsWith("\u0001vorbis"u8) && packet.Length >= 16)
        {
            var rate = BinaryPrimitives.ReadUInt32LittleEndian(packet[12..]);
            WavHeader.RequireUsable(rate, granules, path);
            return new OggFile(true, new SoundHeader(Math.Max(1, (int)packet[11]), (int)rate, granules));
        }

        return new OggFile(false, packet.StartsWith("OpusHead"u8) && packet.Length >= 12
            ? new SoundHeader(Math.Max(1, (int)packet[9]), OpusRate,
                Math.Max(0, granules - BinaryPrimitives.ReadUInt16LittleEndian(packet[10..])))
            : null);
    }

    /// <summary>Reads a page; gives its length, −1 where the file ends in it, 0 where it is damaged.</summary>
    private static int ReadPage(Stream stream, byte[] page)
    {
        if (stream.ReadAtLeast(page.AsSpan(0, HeadBytes), HeadBytes, throwOnEndOfStream: false) < HeadBytes)
            return -1;
        if (!page.AsSpan().StartsWith("OggS"u8))
            return 0;
        int segments = page[HeadBytes - 1];
        if (stream.ReadAtLeast(page.AsSpan(HeadBytes, segments), segments, throwOnEndOfStream: false) < segments)
            return -1;
        var (head, body) = (HeadBytes + segments, 0);
        foreach (var segment in page.AsSpan(HeadBytes, segments))
            body += segment;
        if (stream.ReadAtLeast(page.AsSpan(head, body), body, throwOnEndOfStream: false) < body)
            return -1;
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(ChecksumAt));
        page.AsSpan(ChecksumAt, sizeof(uint)).Clear();
        var sum = 0u;
        foreach (var one in page.AsSpan(0, head + body))
            sum = sum << 8 ^ Table[(sum >> 24 ^ one) & 0xFF];
        return sum == stored ? head + body : 0;
    }
}
