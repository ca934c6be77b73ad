using System.Buffers.Binary;
using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>
/// Pictures as an animated WebP (https://developers.google.com/speed/webp/docs/riff_container) that begins again at its end. Skia packs
/// each picture without loss; the container around them is written here, which Skia does not do.
/// </summary>
internal static class WebpAnimation
{
    /// <summary>How hard the packing is tried, 0 to 100; it is lossless in any case.</summary>
    private const float Effort = 25;

    private const byte HasAnimation = 0x02, DoNotBlend = 0x02;

    private const int RiffHeader = 12, ChunkHeader = 8;

    public static void Write(Stream stream, IEnumerable<RgbImage> pictures, int perSecond)
    {
        var begin = stream.Position;
        var shown = 0;
        stream.Write([.. "RIFF"u8, 0, 0, 0, 0, .. "WEBP"u8]);
        foreach (var picture in pictures)
        {
            if (shown == 0)
            {
                Chunk(stream, "VP8X"u8, [HasAnimation, 0, 0, 0, .. Three(picture.Width - 1), .. Three(picture.Height - 1)]);
                Chunk(stream, "ANIM"u8, [0, 0, 0, 0, 0, 0]);
            }

            Chunk(stream, "ANMF"u8, [.. Three(0), .. Three(0), .. Three(picture.Width - 1), .. Three(picture.Height - 1),
                .. Three(Until(shown + 1) - Until(shown)), DoNotBlend, .. Packed(picture)]);
            shown++;
        }

        var size = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(size, checked((uint)(stream.Position - begin - ChunkHeader)));
        stream.Position = begin + 4;
        stream.Write(size);
        stream.Seek(0, SeekOrigin.End);

        int Until(int picture) => (int)Math.Round(1000.0 * picture / perSecond);
    }

    /// <summary>The chunk of a WebP file of one picture, without the file's header.</summary>
    private static byte[] Packed(RgbImage picture)
    {
        using var image = ImageFile.ToSkia(picture);
        using var pixels = image.PeekPixels();
        using var packed = pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, Effort));
        return packed!.AsSpan()[RiffHeader..].ToArray();
    }

    private static byte[] Three(int value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16)];

    /// <summary>Name, length, contents, and a zero where the length is odd.</summary>
    private static void Chunk(Stream stream, ReadOnlySpan<byte> name, ReadOnlySpan<byte> contents)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, contents.Length);
        stream.Write(name);
        stream.Write(length);
        stream.Write(contents);
        if (contents.Length % 2 != 0)
            stream.WriteByte(0);
    }
}
