namespace CrossModal.Audio;

/// <summary>The first block of a FLAC file, STREAMINFO (RFC 9639, 8.2), which tells rate, channels and length.</summary>
internal static class FlacHeader
{
    /// <summary>Behind the mark, the block's head, and the sizes of blocks and frames.</summary>
    private const int Begin = 18, Bytes = Begin + 8;

    /// <param name="stream">At its beginning.</param>
    /// <returns>Null where the length is not told.</returns>
    public static SoundHeader? Read(Stream stream)
    {
        Span<byte> head = stackalloc byte[Bytes];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || (head[4] & 0x7F) != 0)
            return null;

        // 20 bits rate, 3 channels less one, 5 bits a sample less one, 36 frames.
        var fields = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(head[Begin..]);
        var header = new SoundHeader((int)(fields >> 41 & 7) + 1, (int)(fields >> 44), (long)(fields & 0xF_FFFF_FFFF));
        return header is { SampleRate: > 0, Frames: > 0 } ? header : null;
    }
}
