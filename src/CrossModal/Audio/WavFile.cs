using System.Buffers.Binary;
using CrossModal.Kernels;

namespace CrossModal.Audio;

/// <summary>
/// RIFF/WAVE files: linear PCM of 8, 16, 24 and 32 bits and IEEE floats of 32 and 64 bits, plain or WAVE_FORMAT_EXTENSIBLE, any number of
/// channels, any rate (Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0", 1991; Microsoft, "Multiple
/// channel audio data and WAVE files", 2001).
/// </summary>
internal static class WavFile
{
    private const int BlockBytes = 1 << 16;

    /// <summary>
    /// Reads a file as one channel: the mean of its channels, integers scaled to [-1, 1). What floats have beyond full scale is brought
    /// within it or refused (<see cref="FullScale"/>).
    /// </summary>
    /// <exception cref="BadInputException">
    /// The file is missing, cut short, without sound, compressed, of an impossible rate or length, holds numbers that are not finite or far
    /// beyond full scale, or is no WAV file.
    /// </exception>
    public static AudioClip ReadMono(string path) => SourceFile.Read(path, "WAV file", stream => ReadMono(stream, path));

    /// <summary>The same of a file that is open.</summary>
    /// <param name="path">What messages call it.</param>
    internal static AudioClip ReadMono(Stream stream, string path)
    {
        var header = WavHeader.Read(stream, path);
        var samples = ReadSamples(stream, header, path, out var cancels);
        var peak = FullScale.Limit(samples, path);
        return new AudioClip(samples, header.SampleRate) { Name = path, Peak = peak, ChannelsCancel = cancels };
    }

    /// <summary>Reads no more than the header: rate, channels and length in frames.</summary>
    /// <exception cref="BadInputException">As <see cref="ReadMono(string)"/>, but for the samples, which are not looked at.</exception>
    internal static WavHeader ReadHeader(string path) =>
        SourceFile.Read(path, "WAV file", stream => WavHeader.Read(stream, path));

    /// <summary>Writes 16-bit PCM, whole or not at all. Amplitudes are rounded to the nearest step and clipped to [-1, 1).</summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="interleaved">Frames of <paramref name="channels"/> amplitudes.</param>
    /// <param name="channels">1 to 65535.</param>
    /// <param name="sampleRate">Frames per second.</param>
    /// <exception cref="ArgumentException">The length is no multiple of the channels, or an amplitude is not a finite number.</exception>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<float> interleaved, int channels, int sampleRate)
    {
        var bytes = Encode(interleaved, channels, sampleRate);
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>Writes 16-bit PCM to a stream; see the overload for files.</summary>
    public static void Write(Stream stream, ReadOnlySpan<float> interleaved, int channels, int sampleRate) =>
        stream.Write(Encode(interleaved, channels, sampleRate));

    private static byte[] Encode(ReadOnlySpan<float> interleaved, int channels, int sampleRate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, ushort.MaxValue / 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 1);
        if (interleaved.Length % channels != 0)
            throw new ArgumentException($"{interleaved.Length} amplitudes are no whole number of frames of {channels} channels",
                nameof(interleaved));
        if (interleaved.Length > (Array.MaxLength - 44) / 2)
            throw new ArgumentException($"{interleaved.Length} amplitudes are more than one WAV file is written with", nameof(interleaved));

        var dataBytes = 2 * interleaved.Length;
        var bytes = new byte[44 + dataBytes];
        var header = bytes.AsSpan();
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], 36 + dataBytes);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)channels);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], sampleRate);
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], (uint)Math.Min(uint.MaxValue, 2L * sampleRate * channels));
        BinaryPrimitives.WriteUInt16LittleEndian(header[32..], (ushort)(2 * channels));
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 16);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[40..], dataBytes);
        for (var i = 0; i < interleaved.Length; i++)
        {
            if (!float.IsFinite(interleaved[i]))
                throw new ArgumentException($"amplitude {i} is not a finite number", nameof(interleaved));
            BinaryPrimitives.WriteInt16LittleEndian(header[(44 + 2 * i)..], ToInt16(interleaved[i]));
        }

        return bytes;
    }

    /// <summary>
    /// The nearest of 65536 steps of 1/32768, clipped; what <see cref="ReadMono(string)"/> read from 16 bits comes back unchanged.
    /// </summary>
    internal static short ToInt16(float amplitude) => (short)Math.Clamp(MathF.Round(amplitude * 32768f), short.MinValue, short.MaxValue);

    /// <param name="cancels">Whether every sample is 0 though the channels are not: they are each other's opposite.</param>
    private static float[] ReadSamples(Stream stream, WavHeader header, string path, out bool cancels)
    {
        var samples = new float[header.Frames];
        var framesAtOnce = Math.Max(1, BlockBytes / header.FrameBytes);
        var block = new byte[framesAtOnce * header.FrameBytes];
        var weight = 1f / header.MixedChannels;
        var (channelPeak, peak) = (0f, 0f);
        for (var first = 0; first < samples.Length; first += framesAtOnce)
        {
            var frames = Math.Min(framesAtOnce, samples.Length - first);
            var bytes = block.AsSpan(0, frames * header.FrameBytes);
            if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
                throw new BadInputException($"{path}: became shorter while it was read; let whatever writes it finish first");
            for (var frame = 0; frame < frames; frame++)
            {
                var sum = 0f;
                for (var channel = 0; channel < header.MixedChannels; channel++)
                {
                    var amplitude = Amplitude(bytes[(frame * header.FrameBytes + channel * header.SampleBytes)..], header);
                    channelPeak = Math.Max(channelPeak, Math.Abs(amplitude));
                    sum += amplitude;
                }

                if (!float.IsFinite(sum))
                    throw new BadInputException($"{path}: sample {first + frame} is not a finite number; export the recording again");
                samples[first + frame] = sum * weight;
                peak = Math.Max(peak, Math.Abs(samples[first + frame]));
            }
        }

        cancels = peak < SoundCheck.SilentAmplitude && channelPeak >= SoundCheck.SilentAmplitude;
        return samples;
    }

    private static float Amplitude(ReadOnlySpan<byte> bytes, WavHeader header) => (header.IsFloat, header.SampleBytes) switch
    {
        (true, 4) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        (true, _) => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        (_, 1) => (bytes[0] - 128) / 128f,
        (_, 2) => BinaryPrimitives.ReadInt16LittleEndian(bytes) / 32768f,
        (_, 3) => ((bytes[0] | bytes[1] << 8 | (sbyte)bytes[2] << 16)) / 8388608f,
        _ => BinaryPrimitives.ReadInt32LittleEndian(bytes) / 2147483648f,
    };
}
