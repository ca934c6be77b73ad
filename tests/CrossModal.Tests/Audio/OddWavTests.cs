using System.Buffers.Binary;
using System.Text;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Kernels;
using static CrossModal.Tests.Audio.HandmadeWav;

namespace CrossModal.Tests.Audio;

/// <summary>Recordings of kinds that other readers read, and such as claim what no recording has.</summary>
public sealed class OddWavTests : IDisposable
{
    private static readonly short[] Steps = [0, 1533, 3015, -4393, 32767, -32768];

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-odd-wav-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void BitsThatDoNotFillTheirBytesLieAtTheUpperEnd()
    {
        // 20 bits in three bytes; the bytes of a frame as they must be.
        var format = Format(1, 24, 1, 44100);
        BinaryPrimitives.WriteInt16LittleEndian(format.AsSpan(8 + 14), 20);
        CheckSteps(Riff(format, Chunk("data", [.. Steps.SelectMany(step => new byte[] { 0, (byte)step, (byte)(step >> 8) })])));
    }

    [Fact]
    public void TheBytesOfAFrameMayBeLeftOut()
    {
        var format = Format(1, 16, 1, 44100);
        BinaryPrimitives.WriteInt16LittleEndian(format.AsSpan(8 + 12), 0);
        CheckSteps(Riff(format, Data()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void OfAmbisonicSoundTheFirstChannelIsHeard(int channels)
    {
        var format = Format(1, 16, channels, 44100, extensible: true);
        new Guid(1, 0x0721, 0x11D3, 0x86, 0x44, 0xC8, 0xC1, 0xCA, 0, 0, 0).ToByteArray().CopyTo(format.AsSpan(8 + 24));
        CheckSteps(Riff(format, Chunk("data", [.. Steps.SelectMany(step =>
            BitConverter.GetBytes(step).Concat(Enumerable.Repeat((byte)0x11, 2 * (channels - 1))))])));
    }

    [Theory]
    [InlineData("BW64")]
    [InlineData("RF64")]
    public void FilesWithLengthsOf64BitsAreRead(string name)
    {
        var sizes = new byte[28];
        BinaryPrimitives.WriteInt64LittleEndian(sizes.AsSpan(8), 2 * Steps.Length);
        var file = Riff(Chunk("ds64", sizes), Format(1, 16, 1, 44100), Data());
        Encoding.ASCII.GetBytes(name).CopyTo(file, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(file.Length - 2 * Steps.Length - 4), uint.MaxValue);
        CheckSteps(file);
    }

    [Fact]
    public void ALengthThatLacksLessThanAFrameIsTakenForWhatIsThere()
    {
        var file = Riff(Format(1, 16, 1, 44100), Data());
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(40), 2 * Steps.Length + 1);
        CheckSteps(file);
    }

    [Fact]
    public void AnOddChunkMayLackItsLastByte()
    {
        byte[] odd = [.. "LIST"u8, 17, 0, 0, 0, .. "INFOISFT"u8, 5, 0, 0, 0, .. "abcde"u8];
        CheckSteps(Riff(Format(1, 16, 1, 44100), odd, Data()));
        CheckSteps(Riff(Format(1, 16, 1, 44100), [.. odd, 0], Data()));
    }

    [Theory]
    [InlineData(1, "no instrument is sampled below 4 kHz")]
    [InlineData(2, "no instrument is sampled below 4 kHz")]
    [InlineData(10, "no instrument is sampled below 4 kHz")]
    [InlineData(3_999, "no instrument is sampled below 4 kHz")]
    [InlineData(1_000_001, "more than the 1000000 that are read")]
    public void ARateThatNoRecordingHasIsRefused(int rate, string message)
    {
        Refused(Riff(Format(1, 16, 1, rate), Data()), message);
        var error = Assert.Throws<BadInputException>(() => SoundWindow.LoudestOf(new AudioClip([0.5f, 0.25f], rate)));
        Assert.Contains(message, error.Message);
    }

    /// <summary>
    /// A length is refused by the header, before memory is taken for it; the file has no bytes on the disk but the first.
    /// </summary>
    [Theory]
    [InlineData(44100, 2_000_000_000L, "lasts 378 minutes, more than the 37 that are read at once")]
    [InlineData(4000, 100_000_000L, "lasts 208 minutes")]
    public void MoreThanFitsIntoMemoryIsRefused(int rate, long bytes, string message)
    {
        var path = Path.Combine(_folder, "long.wav");
        byte[] head = Riff(Format(1, 16, 1, rate), Data())[..44];
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(40), (uint)bytes);
        using (var stream = File.Create(path))
        {
            stream.Write(head);
            stream.SetLength(head.Length + bytes);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(message, Assert.Throws<BadInputException>(() => WavFile.ReadMono(path)).Message);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20, "takes memory");
        var error = Assert.Throws<BadInputException>(() => SoundWindow.LoudestOf(new AudioClip(new float[10_000_000], 4000)));
        Assert.Contains("lasts 42 minutes", error.Message);
    }

    [Fact]
    public void ChannelsThatCancelAreCalledSo()
    {
        var file = Riff(Format(1, 16, 2, 44100),
            Chunk("data", [.. Enumerable.Range(0, 22050).SelectMany(i => BitConverter.GetBytes((short)(i % 100 * 90)).Concat(
                BitConverter.GetBytes((short)-(i % 100 * 90))))]));
        var clip = WavFile.ReadMono(Save(file));
        Assert.Contains("its channels cancel each other", SoundCheck.Of(clip).Silence);
        Assert.Contains("is silent (its channels cancel each other",
            Assert.Throws<BadInputException>(() => SoundWindow.LoudestOf(clip)).Message);
        Assert.Equal("every sample is 0", SoundCheck.Of(new AudioClip(new float[100], 44100)).Silence);
    }

    /// <summary>One treatment of floats beyond full scale, whether a file is read or a program hands samples over.</summary>
    [Fact]
    public void FloatsBeyondFullScaleAreScaledOrRefused()
    {
        var clip = WavFile.ReadMono(Save(Floats([0.5f, -2f, 1f])));
        Assert.Equal((2f, 2f), (clip.Peak, SoundCheck.Of(clip).ScaledFrom));
        Assert.Equal([0.25f, -1f, 0.5f], clip.Samples);
        Assert.Null(SoundCheck.Of(WavFile.ReadMono(Save(Floats([0.5f, -1f])))).ScaledFrom);

        float[] samples = [.. Enumerable.Range(0, 22050).Select(i => 3 * MathF.Sin(0.05f * i))];
        var heard = SoundWindow.LoudestOf(new AudioClip(samples, 44100));
        Assert.Equal(SoundWindow.LoudestOf(WavFile.ReadMono(Save(Floats(samples)))), heard);
        Assert.Equal(1, heard.Max(MathF.Abs), 1e-4f);

        foreach (var absurd in new[] { 8.1f, 15000f, 1e30f, -1e38f })
        {
            Refused(Floats([0.1f, absurd]), "full scale of a float is 1");
            Assert.Throws<BadInputException>(() => SoundWindow.LoudestOf(new AudioClip([0.1f, absurd], 44100)));
        }

        Assert.Contains("sample 1 is not a finite number",
            Assert.Throws<BadInputException>(() => SoundWindow.LoudestOf(new AudioClip([0, float.NaN], 44100))).Message);
    }

    /// <summary>
    /// The half second that <c>generate</c> listens to is, in 16 bits, the one that training would read from the same file.
    /// </summary>
    [Fact]
    public void GenerationHearsWhatTrainingHears()
    {
        float[] samples = [.. Enumerable.Range(0, 8000).Select(i => 0.9f * MathF.Sign(MathF.Sin(0.7f * i)))];
        var clip = new AudioClip(samples, 16000);
        var window = new short[SoundWindow.Length];
        new SoundWindow(0, 0).CopyFrom(SoundWindow.Heard(clip), window);
        Assert.Equal(window.Select(sample => sample / 32768f), SoundWindow.LoudestOf(clip));
    }

    private static byte[] Data() => Chunk("data", [.. Steps.SelectMany(BitConverter.GetBytes)]);

    private static byte[] Floats(float[] samples) =>
        Riff(Format(3, 32, 1, 44100), Chunk("data", [.. samples.SelectMany(BitConverter.GetBytes)]));

    private void CheckSteps(byte[] file)
    {
        var clip = WavFile.ReadMono(Save(file));
        Assert.Equal(44100, clip.SampleRate);
        Assert.Equal(Steps.Select(step => step / 32768f), clip.Samples);
    }

    private void Refused(byte[] file, string message)
    {
        var path = Save(file);
        var error = Assert.Throws<BadInputException>(() => WavFile.ReadMono(path));
        Assert.StartsWith(path + ":", error.Message);
        Assert.Contains(message, error.Message);
    }

    private string Save(byte[] bytes)
    {
        var path = Path.Combine(_folder, "test.wav");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
