using System.Buffers.Binary;

namespace CrossModal.Tests.Imaging;

/// <summary>
/// JPEG files of flat blocks of 8 × 8 pixels (ITU-T T.81): what no encoder at hand writes, CMYK say, and pictures too large to paint. A
/// block is its mean alone, so that a block's value is exact to one step.
/// </summary>
internal static class HandmadeJpeg
{
    /// <summary>Code lengths of the table for differences that T.81 suggests (annex K.3), which has codes for 0 to 11 bits.</summary>
    private static readonly byte[] Lengths = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];

    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="components">1 gray, 3 YCbCr, 4 CMYK or YCCK.</param>
    /// <param name="value">The stored value of a component in a block, by column and row of blocks; null writes the header alone.</param>
    /// <param name="adobeTransform">Adobe's marker (APP14) with 0, components as they are, 1, YCbCr, or 2, YCCK; null leaves it
    /// out.</param>
    /// <param name="progressive">Written as one progressive scan of the means.</param>
    public static byte[] Write(int width, int height, int components, Func<int, int, int, byte>? value, byte? adobeTransform = null,
        bool progressive = false)
    {
        var file = new List<byte> { 0xFF, 0xD8 };
        if (adobeTransform is { } transform)
            Segment(0xEE, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, transform]);
        Segment(0xDB, [0, .. Enumerable.Repeat((byte)1, 64)]);
        var size = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(size, (ushort)height);
        BinaryPrimitives.WriteUInt16BigEndian(size.AsSpan(2), (ushort)width);
        Segment((byte)(progressive ? 0xC2 : 0xC0),
            [8, .. size, (byte)components, .. Enumerable.Range(1, components).SelectMany(c => new byte[] { (byte)c, 0x11, 0 })]);
        Segment(0xC4, [0, .. Lengths, .. Enumerable.Range(0, 12).Select(bits => (byte)bits)]);

        // One code of one bit: the end of a block.
        Segment(0xC4, [0x10, 1, .. new byte[15], 0]);
        Segment(0xDA, [(byte)components, .. Enumerable.Range(1, components).SelectMany(c => new byte[] { (byte)c, 0 }), 0,
            (byte)(progressive ? 0 : 63), 0]);
        if (value is not null)
        {
            WriteBlocks(file, (width + 7) / 8, (height + 7) / 8, components, value, progressive);
            file.AddRange([0xFF, 0xD9]);
        }

        return [.. file];

        void Segment(byte marker, byte[] content) =>
            file.AddRange([0xFF, marker, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2), .. content]);
    }

    private static void WriteBlocks(List<byte> file, int columns, int rows, int components, Func<int, int, int, byte> value,
        bool progressive)
    {
        var codes = Codes();
        var before = new int[components];
        var (bits, held) = (0u, 0);
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                for (var component = 0; component < components; component++)
                {
                    // The mean's coefficient is eight times the mean, from the middle of the range.
                    var mean = 8 * (value(component, column, row) - 128);
                    var difference = mean - before[component];
                    before[component] = mean;
                    var size = difference == 0 ? 0 : 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)Math.Abs(difference));
                    Put(codes[size].Code, codes[size].Length);
                    Put((uint)(difference < 0 ? difference + (1 << size) - 1 : difference), size);
                    if (!progressive)
                        Put(0, 1);
                }
            }
        }

        Put(0x7F, 7);

        void Put(uint code, int length)
        {
            bits = bits << length | code;
            for (held += length; held >= 8; held -= 8)
            {
                var part = (byte)(bits >> (held - 8));
                file.Add(part);
                if (part == 0xFF)
                    file.Add(0);
            }

            bits &= (1u << held) - 1;
        }
    }

    /// <summary>Codes in rising order, as annex C of T.81 makes them from the lengths.</summary>
    private static List<(uint Code, int Length)> Codes()
    {
        var codes = new List<(uint Code, int Length)>();
        for (var (code, length) = (0u, 1); length <= 16; length++, code <<= 1)
        {
            for (var i = 0; i < Lengths[length - 1]; i++)
                codes.Add((code++, length));
        }

        return codes;
    }
}
