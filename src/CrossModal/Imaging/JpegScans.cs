using System.Buffers.Binary;

namespace CrossModal.Imaging;

/// <summary>How a JPEG file is laid out in scans (ITU-T T.81, annex B), which decides how much memory its decoder takes.</summary>
internal static class JpegScans
{
    private const byte StartOfScan = 0xDA, BaselineFrame = 0xC0, SequentialFrame = 0xC1;

    /// <summary>
    /// Whether all components of a block come together, so that a decoder reads block after block and keeps none. A progressive file, or
    /// one with a scan for each component, is kept whole as coefficients of 16 bits before the first pixel is there.
    /// </summary>
    /// <returns>False also for what is no JPEG or has no scan.</returns>
    public static bool AreSequential(ReadOnlySpan<byte> file)
    {
        var (at, frame, components) = (2, (byte)0, 0);
        while (at + 4 <= file.Length && file[at] == 0xFF)
        {
            var marker = file[at + 1];
            if (marker == 0xFF)
            {
                // Bytes of 0xFF may fill up before a marker.
                at++;
                continue;
            }

            var segment = file[(at + 2)..];
            var length = BinaryPrimitives.ReadUInt16BigEndian(segment);
            if (marker == StartOfScan)
                return segment.Length > 2 && frame is BaselineFrame or SequentialFrame && segment[2] == components;
            if (IsFrame(marker) && segment.Length > 7)
                (frame, components) = (marker, segment[7]);
            at += 2 + length;
        }

        return false;
    }

    /// <summary>0xC0 to 0xCF but for those that bring tables.</summary>
    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
}
