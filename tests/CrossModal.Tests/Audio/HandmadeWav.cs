using System.Buffers.Binary;
using System.Text;

namespace CrossModal.Tests.Audio;

/// <summary>WAV files of kinds that the program does not write.</summary>
internal static class HandmadeWav
{
    public static byte[] Riff(params byte[][] chunks)
    {
        byte[] body = [.. "WAVE"u8, .. chunks.SelectMany(chunk => chunk)];
        return Chunk("RIFF", body);
    }

    public static byte[] Chunk(string name, byte[] body)
    {
        var size = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(size, body.Length);
        return [.. Encoding.ASCII.GetBytes(name), .. size, .. body, .. new byte[body.Length % 2]];
    }

    public static byte[] Format(int tag, int bits, int channels, int rate, bool extensible = false)
    {
        var fields = new byte[extensible ? 40 : 16];
        BinaryPrimitives.WriteUInt16LittleEndian(fields, (ushort)(extensible ? 0xFFFE : tag));
        BinaryPrimitives.WriteUInt16LittleEndian(fields.AsSpan(2), (ushort)channels);
        BinaryPrimitives.WriteInt32LittleEndian(fields.AsSpan(4), rate);
        BinaryPrimitives.WriteInt32LittleEndian(fields.AsSpan(8), rate * channels * bits / 8);
        BinaryPrimitives.WriteUInt16LittleEndian(fields.AsSpan(12), (ushort)(channels * bits / 8));
        BinaryPrimitives.WriteUInt16LittleEndian(fields.AsSpan(14), (ushort)bits);
        if (extensible)
        {
            fields[16] = 22;
            new Guid(tag, 0, 0x10, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71).ToByteArray().CopyTo(fields.AsSpan(24));
        }

        return Chunk("fmt ", fields);
    }
}
