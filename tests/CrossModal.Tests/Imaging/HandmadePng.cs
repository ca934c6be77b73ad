using System.Buffers.Binary;
using System.IO.Compression;

namespace CrossModal.Tests.Imaging;

/// <summary>PNG files of kinds that Skia does not write (W3C, "Portable Network Graphics", 2003).</summary>
internal static class HandmadePng
{
    public const byte Gray = 0, Rgb = 2, Palette = 3, GrayAlpha = 4, Rgba = 6;

    /// <param name="bits">Bits a channel: 1, 2, 4, 8 or 16.</param>
    /// <param name="kind">One of the constants.</param>
    /// <param name="row">The bytes of a row.</param>
    /// <param name="palette">Red, green and blue of each color.</param>
    /// <param name="transparency">Opacity of each color of the palette.</param>
    /// <param name="interlaced">Says so in the header; the rows are written as they are given.</param>
    public static byte[] Write(int width, int height, byte bits, byte kind, Func<int, byte[]>? row, byte[]? palette = null,
        byte[]? transparency = null, bool interlaced = false)
    {
        using var file = new MemoryStream();
        file.Write([0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n']);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = (bits, kind, (byte)(interlaced ? 1 : 0));
        Chunk(file, "IHDR"u8, header);
        if (palette is not null)
            Chunk(file, "PLTE"u8, palette);
        if (transparency is not null)
            Chunk(file, "tRNS"u8, transparency);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; row is not null && y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(row(y));
            }
        }

        Chunk(file, "IDAT"u8, packed.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, byte[] content)
    {
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        byte[] body = [.. type, .. content];
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32(body));
        file.Write(number);
    }

    /// <summary>Annex D of the specification, bit by bit.</summary>
    private static uint Crc32(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ crc >> 1 : crc >> 1;
        }

        return ~crc;
    }
}
