using System.Buffers.Binary;
using System.Text;
using CrossModal.Audio;
using CrossModal.Kernels;
using static CrossModal.Tests.Audio.HandmadeWav;

namespace CrossModal.Tests.Audio;

public sealed class WavFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-wav-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 8, 1)]
    [InlineData(1, 16, 1)]
    [InlineData(1, 16, 2)]
    [InlineData(1, 24, 2)]
    [InlineData(1, 32, 3)]
    [InlineData(3, 32, 1)]
    [InlineData(3, 64, 6)]
    public void EveryFormatIsReadPlainAndExtensible(int tag, int bits, int channels)
    {
        float[][] frames =
            [.. Enumerable.Range(0, 500).Select(i => Enumerable.Range(0, channels).Select(c => MathF.Sin(0.1f * i + c) * 0.9f).ToArray())];
        var data = frames.SelectMany(frame => frame).SelectMany(value => Encode(value, tag, bits)).ToArray();
        foreach (var extensible in new[] { false, true })
        {
            var clip = WavFile.ReadMono(Save(Riff(Format(tag, bits, channels, 48000, extensible), Chunk("data", data))));
            Assert.Equal(48000, clip.SampleRate);
            Assert.Equal(500, clip.Samples.Length);
            for (var i = 0; i < frames.Length; i++)
                Assert.Equal(frames[i].Average(), clip.Samples[i], bits == 8 ? 1f / 255 : 1f / 65535);
        }
    }

    [Fact]
    public void ExtremesOf24BitsKeepTheirSign()
    {
        var clip = WavFile.ReadMono(Save(Riff(Format(1, 24, 1, 8000), Chunk("data", [0, 0, 0x80, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]))));
        Assert.Equal([-1f, 8388607f / 8388608f, -1f / 8388608f], clip.Samples);
    }

    [Fact]
    public void OddAndForeignChunksAreSteppedOver()
    {
        var clip = WavFile.ReadMono(
            Save(Riff(Chunk("LIST", new byte[7]), Format(1, 8, 1, 8000), Chunk("fact", new byte[4]), Chunk("data", [128, 192, 64]),
            Chunk("id3 ", new byte[5]))));
        Assert.Equal([0f, 0.5f, -0.5f], clip.Samples);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x7FFFF000u)]
    [InlineData(0xFFFFFFFFu)]
    public void ALengthNobodyKnewMeansToTheEnd(uint size)
    {
        var bytes = Riff(Format(1, 16, 1, 8000), Chunk("data", [0, 0x40, 0, 0xC0, 0x99]));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(40), size);
        Assert.Equal([0.5f, -0.5f], WavFile.ReadMono(Save(bytes[..^1])).Samples);
    }

    [Fact]
    public void WhatIsWrittenIsReadBackToTheBit()
    {
        var path = Path.Combine(_folder, "new", "out.wav");
        float[] steps = [0f, 1f / 32768, -1f / 32768, 0.5f, -1f, 32767f / 32768];
        WavFile.Write(path, steps, 1, 44100);
        Assert.Equal(steps, WavFile.ReadMono(path).Samples);
        WavFile.Write(path, [3f, -3f, 0.6f / 32768, -0.4f / 32768], 1, 44100);
        Assert.Equal([32767f / 32768, -1f, 1f / 32768, 0f], WavFile.ReadMono(path).Samples);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));

        using var stream = new MemoryStream();
        WavFile.Write(stream, [0.25f, 0.75f], 2, 22050);
        var clip = WavFile.ReadMono(Save(stream.ToArray()));
        Assert.Equal([0.5f], clip.Samples);
        Assert.Equal(22050, clip.SampleRate);
        Assert.Throws<ArgumentException>(() => WavFile.Write(path, [0f, float.NaN], 1, 44100));
        Assert.Throws<ArgumentException>(() => WavFile.Write(path, [0f, 0f, 0f], 2, 44100));
    }

    [Fact]
    public void AnotherRateIsResampledOnLoading()
    {
        WavFile.Write(Path.Combine(_folder, "a.wav"), new float[2 * 24000], 2, 48000);
        var clip = AudioClip.Load(Path.Combine(_folder, "a.wav")).At(44100);
        Assert.Equal((22050, 44100, 0.5), (clip.Samples.Length, clip.SampleRate, clip.Seconds));
    }

    public static TheoryData<string, byte[], string> Broken => new()
    {
        { "empty file", [], "is empty" },
        { "other file", Encoding.ASCII.GetBytes("ID3 this is an MP3 file"), "not a WAV file" },
        { "RIFF of another kind", Encoding.ASCII.GetBytes("RIFF\x10\0\0\0AVI LIST\0\0\0\0"), "not a WAV file" },
        { "big-endian", Encoding.ASCII.GetBytes("RIFX\0\0\0\0WAVE"), "RIFX" },
        { "only a head", Riff(), "before its format" },
        { "no data chunk", Riff(Format(1, 16, 1, 8000)), "no data chunk" },
        { "empty data", Riff(Format(1, 16, 1, 8000), Chunk("data", [])), "no sound" },
        { "empty data, then tags", Riff(Format(1, 16, 1, 8000), Chunk("data", []), Chunk("LIST", new byte[64])), "no sound" },
        { "cut in the data", Riff(Format(1, 16, 1, 8000), Chunk("data", new byte[100]))[..^50], "cut short (50 of 100 bytes" },
        { "cut in the header", Riff(Chunk("LIST", new byte[100]))[..50], "cut short" },
        { "MP3 inside", Riff(Format(0x55, 16, 1, 8000), Chunk("data", new byte[8])), "MP3" },
        { "unknown inside", Riff(Format(0x4242, 16, 1, 8000), Chunk("data", new byte[8])), "0x4242" },
        { "12 bits", Riff(Format(1, 12, 2, 8000), Chunk("data", new byte[6])), "12 bits" },
        { "no channels", Riff(Format(1, 16, 0, 8000), Chunk("data", new byte[8])), "makes no sense" },
        { "no rate", Riff(Format(1, 16, 1, 0), Chunk("data", new byte[8])), "makes no sense" },
        { "data first", Riff(Chunk("data", new byte[8]), Format(1, 16, 1, 8000)), "before its format" },
        { "NaN", Riff(Format(3, 32, 1, 8000), Chunk("data", Encode(float.NaN, 3, 32))), "not a finite number" },
        { "infinity", Riff(Format(3, 64, 1, 8000), Chunk("data", Encode(float.NegativeInfinity, 3, 64))), "not a finite number" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void ABadFileIsReportedByNameInOneLine(string what, byte[] bytes, string message)
    {
        var path = Save(bytes);
        var error = Assert.Throws<BadInputException>(() => WavFile.ReadMono(path));
        Assert.StartsWith(path, error.Message);
        Assert.True(error.Message.Contains(message), $"{what}: {error.Message}");
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void AMissingFileOrAFolderIsReportedByName()
    {
        Assert.Contains("no such file",
            Assert.Throws<BadInputException>(() => WavFile.ReadMono(Path.Combine(_folder, "none.wav"))).Message);
        Assert.Contains(_folder, Assert.Throws<BadInputException>(() => WavFile.ReadMono(_folder)).Message);
    }

    private string Save(byte[] bytes)
    {
        var path = Path.Combine(_folder, "test.wav");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] Encode(float value, int tag, int bits)
    {
        var bytes = new byte[8];
        if (tag == 3 && bits == 32)
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        else if (tag == 3)
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        else if (bits == 8)
            bytes[0] = (byte)(128 + (int)MathF.Round(value * 128));
        else
            BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)Math.Round((double)value * (1L << bits - 1)));
        return bytes[..(bits / 8)];
    }
}
