using System.Buffers.Binary;

namespace CrossModal.Imaging;

/// <summary>The formats of pictures that are read.</summary>
internal enum PictureFormat
{
    Jpeg,
    Png,
    WebP,
    Bmp,
}

/// <summary>
/// What the bytes of a picture tell before it is decoded: its format, so that no decoder of another is ever asked, what its decoder will
/// keep in memory, and the orientation where Skia does not read it.
/// </summary>
internal static class PictureHeader
{
    /// <summary>The formats that are read, for messages.</summary>
    public const string Formats = "JPEG, PNG, WebP or BMP";

    private const int PngHeaderBytes = 29;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The format of a file; null where it is none of the four.</summary>
    public static PictureFormat? FormatOf(ReadOnlySpan<byte> file) =>
        file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? PictureFormat.Jpeg
        : file.StartsWith(PngSignature) ? PictureFormat.Png
        : file.StartsWith("RIFF"u8) && file.Length >= 12 && file[8..12].SequenceEqual("WEBP"u8) ? PictureFormat.WebP
        : file.StartsWith("BM"u8) ? PictureFormat.Bmp
        : null;

    /// <summary>What a file that is not read may be, as in "is a GIF picture".</summary>
    public static string? OtherFormatOf(ReadOnlySpan<byte> file) =>
        file.StartsWith("GIF8"u8) ? "a GIF picture"
        : file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8) ? "a TIFF picture or a camera's raw photograph"
        : file.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0]) || file.StartsWith((ReadOnlySpan<byte>)[0, 0, 2, 0]) ? "an icon"
        : file.Length >= 12 && file[4..8].SequenceEqual("ftyp"u8) ? "a HEIF or AVIF picture"
        : file.StartsWith("%PDF"u8) ? "a PDF document"
        : null;

    /// <summary>
    /// Bytes for each pixel that a decoder keeps besides the pixels that it gives: an interlaced PNG is held whole as it is stored, WebP as
    /// its own pixels.
    /// </summary>
    public static int DecoderBytes(PictureFormat format, ReadOnlySpan<byte> file) => format switch
    {
        PictureFormat.WebP => 4,
        PictureFormat.Png when file.Length >= PngHeaderBytes && file[28] != 0 => Math.Max(1, Channels(file[25]) * file[24] / 8),
        _ => 0,
    };

    /// <summary>The orientation in a PNG file's eXIf chunk, 1 to 8 as in every EXIF; 1 where there is none.</summary>
    public static int OrientationOfPng(ReadOnlySpan<byte> file)
    {
        for (var at = PngSignature.Length; at + 12 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - 12)
                return 1;
            if (file.Slice(at + 4, 4).SequenceEqual("eXIf"u8))
                return OrientationOf(file.Slice(at + 8, (int)length));
            at += 12 + (int)length;
        }

        return 1;
    }

    /// <summary>The orientation in EXIF data: tag 0x0112 of the first directory (JEITA CP-3451).</summary>
    private static int OrientationOf(ReadOnlySpan<byte> exif)
    {
        var little = exif.StartsWith("II*\0"u8);
        if (exif.Length < 8 || !little && !exif.StartsWith("MM\0*"u8))
            return 1;
        var start = Long(exif[4..]);
        if (start > exif.Length - 2)
            return 1;
        var directory = exif[(int)start..];
        for (int i = 0, entries = Short(directory); i < entries && 2 + 12 * (i + 1) <= directory.Length; i++)
        {
            var entry = directory.Slice(2 + 12 * i, 12);
            if (Short(entry) == 0x0112 && Short(entry[2..]) == 3)
                return Short(entry[8..]) is >= 1 and <= 8 and var orientation ? orientation : 1;
        }

        return 1;

        int Short(ReadOnlySpan<byte> bytes) =>
            little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
        uint Long(ReadOnlySpan<byte> bytes) =>
            little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    private static int Channels(byte pngColor) => pngColor switch
    {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };
}
