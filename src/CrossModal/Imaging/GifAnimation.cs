using System.Buffers.Binary;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing.Processors.Quantization;

namespace CrossModal.Imaging;

/// <summary>
/// Pictures as an animated GIF (https://www.w3.org/Graphics/GIF/spec-gif89a.txt) that begins again at its end. ImageSharp finds 256 colors
/// for each picture and packs it; the blocks of these files are put behind each other here, so that no more than one picture is in memory.
/// </summary>
internal static class GifAnimation
{
    private const byte ExtensionBlock = 0x21, ImageBlock = 0x2C, Trailer = 0x3B;

    /// <summary>Header and logical screen; no picture has colors of all, each brings its own.</summary>
    private const int ScreenBytes = 13;

    /// <summary>Without dithering: it would scatter points over the squares of enlarged pixels.</summary>
    private static readonly GifEncoder Encoder = new()
    {
        ColorTableMode = GifColorTableMode.Local,
        Quantizer = new OctreeQuantizer(new QuantizerOptions { Dither = null, MaxColors = 256 }),
    };

    public static void Write(Stream stream, IEnumerable<RgbImage> pictures, int perSecond)
    {
        var shown = 0;
        foreach (var picture in pictures)
        {
            var packed = Packed(picture);
            if (shown == 0)
            {
                stream.Write(packed, 0, ScreenBytes);
                stream.Write([ExtensionBlock, 0xFF, 11, .. "NETSCAPE2.0"u8, 3, 1, 0, 0, 0]);
            }

            // Hundredths of a second, so rounded that they do not drift away from the sound.
            Span<byte> control = [ExtensionBlock, 0xF9, 4, 0, 0, 0, 0, 0];
            BinaryPrimitives.WriteUInt16LittleEndian(control[4..], (ushort)(Until(shown + 1) - Until(shown)));
            stream.Write(control);
            stream.Write(packed.AsSpan()[ImageOf(packed)..^1]);
            shown++;
        }

        stream.WriteByte(Trailer);

        long Until(int picture) => (long)Math.Round(100.0 * picture / perSecond);
    }

    /// <summary>A GIF of one picture.</summary>
    private static byte[] Packed(RgbImage picture)
    {
        using var image = Image.LoadPixelData<Rgb24>(picture.Pixels, picture.Width, picture.Height);
        using var packed = new MemoryStream();
        image.Save(packed, Encoder);
        return packed.ToArray();
    }

    /// <summary>Where the image itself begins, behind the extensions: each of these is a label and blocks that say their length.</summary>
    private static int ImageOf(byte[] packed)
    {
        var at = ScreenBytes;
        while (packed[at] != ImageBlock)
        {
            for (at += 2; packed[at] != 0; at += packed[at] + 1)
            {
            }

            at++;
        }

        return at;
    }
}
