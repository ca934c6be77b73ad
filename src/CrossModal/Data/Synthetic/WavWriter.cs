using System.Buffers.Binary;

namespace CrossModal.Data.Synthetic;

/// <summary>Writes 16-bit stereo WAV files at 44.1 kHz.</summary>
internal static class WavWriter
{
    private const int HeaderBytes = 44, BytesPerFrame = 4;

    public static void Write(string path, ReadOnlySpan<float> interleaved)
    {
        var bytes = new byte[HeaderBytes + 2 * interleaved.Length];
        var header = bytes.AsSpan();
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], bytes.Length - 8);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], 2);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], SyntheticDataset.SampleRate);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], SyntheticDataset.SampleRate * BytesPerFrame);
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], BytesPerFrame);
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 16);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[40..], 2 * interleaved.Length);
        for (var i = 0; i < interleaved.Length; i++)
        {
            var sample = (short)MathF.Round(Math.Clamp(interleaved[i], -1, 1) * 32767);
            BinaryPrimitives.WriteInt16LittleEndian(header[(HeaderBytes + 2 * i)..], sample);
        }

        File.WriteAllBytes(path, bytes);
    }
}
