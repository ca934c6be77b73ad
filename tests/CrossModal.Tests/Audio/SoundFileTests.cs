using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Kernels;
using CrossModal.Tests.Cli;
using CrossModal.Tests.Fuzz;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Audio;

/// <summary>
/// Sounds as people have them. The MP3 and the Ogg file beside the tests are 0.6 s of a sine of 440 Hz at 44.1 kHz in two channels,
/// encoded by LAME and libvorbis; the others are made by ffmpeg.
/// </summary>
public sealed class SoundFileTests(TinyRun tiny) : RunTests(tiny)
{
    private const int Frames = 26_460;

    /// <summary>Half of full scale in the one channel that it was, in each of two.</summary>
    private const double Amplitude = 0.5 * 0.7071;

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-sounds-").FullName;

    [Theory]
    [InlineData("tone.mp3")]
    [InlineData("tone.ogg")]
    public void WhatIsReadHereHasItsRateLengthAndTone(string name)
    {
        var clip = AudioClip.Load(Case(name));
        Assert.Equal((44_100, Frames), (clip.SampleRate, clip.Samples.Length));
        Assert.Equal(new SoundHeader(2, 44_100, Frames), SoundFile.ReadHeader(Case(name)));

        // Not late, as decoders of MP3 are, and as loud as it was: a sine that begins at 0.
        AssertTone(clip.Samples);
    }

    /// <summary>Whatever the file is called, and in a data set as alone.</summary>
    [Fact]
    public void ADataSetMayHaveThem()
    {
        var data = Path.Combine(_folder, "data");
        TinyData.WriteClassFolders(data);
        foreach (var (name, to) in new[] { ("tone.mp3", "horn/a.mp3"), ("tone.ogg", "oboe/b.ogg"), ("tone.ogg", "viola/c.mp3") })
            File.Copy(Case(name), Path.Combine(data, "audio", to));
        var before = DatasetReport.Collect(data, cancel: TestContext.Current.CancellationToken);
        Assert.Empty(before.BadFiles);
        Assert.Contains((44_100, 2, 3), before.SoundFormats);
        using var pairs = PairDataset.Open(data, new PairSelection(64), cancel: TestContext.Current.CancellationToken);
        Assert.Equal(before.Classes.Sum(one => one.Train.Windows + one.Validation.Windows), pairs.Train.Count + pairs.Validation.Count);
        File.WriteAllBytes(Path.Combine(data, "audio", "horn", "d.mp3"), File.ReadAllBytes(Case("tone.mp3"))[..1500]);
        var cut = Assert.Single(DatasetReport.Collect(data, cancel: TestContext.Current.CancellationToken).BadFiles);
        Assert.Equal("audio/horn/d.mp3", cut.RelativePath);
        Assert.Contains("is cut short", cut.Reason);
    }

    [Theory]
    [InlineData("tone.mp3", 0.5, "is cut short (")]
    [InlineData("tone.mp3", 0.01, "begins as an MP3 file and has no sound in it")]
    [InlineData("tone.ogg", 0.9, "is cut short")]
    [InlineData("tone.ogg", 0.3, "is cut short")]
    public void WhatWasCutShortIsRefused(string name, double share, string says)
    {
        var bytes = File.ReadAllBytes(Case(name));
        AssertRefused(Write(name, bytes[..(int)(share * bytes.Length)]), says);
    }

    /// <summary>Whole pages and frames are left, and the last is missing.</summary>
    [Fact]
    public void WhatWasCutShortBetweenTwoPartsIsRefusedToo()
    {
        var ogg = File.ReadAllBytes(Case("tone.ogg"));
        var last = ogg.AsSpan().LastIndexOf("OggS"u8);
        AssertRefused(Write("a.ogg", ogg[..last]), "its last page is missing");
        var mp3 = File.ReadAllBytes(Case("tone.mp3"));
        using var stream = new MemoryStream(mp3);
        var frames = Mp3Frames.Read(stream, "a");
        const int frameBytes = 104;
        AssertRefused(Write("a.mp3", mp3[..^frameBytes]), $"is cut short ({frames.Count - 1} of {frames.Count} frames of sound)");
    }

    [Fact]
    public void WhatIsDamagedIsRefused()
    {
        var ogg = File.ReadAllBytes(Case("tone.ogg"));
        ogg[^40] ^= 1;
        AssertRefused(Write("a.ogg", ogg), "is damaged at byte");
        var mp3 = File.ReadAllBytes(Case("tone.mp3"));
        Array.Fill<byte>(mp3, 7, 1000, 300);
        AssertRefused(Write("a.mp3", mp3), "is damaged at byte");
    }

    [Theory]
    [InlineData("song.ogg")]
    [InlineData("song.mp3")]
    [InlineData("song.flac")]
    [InlineData("song.wav")]
    public void ATextByThatNameIsNoSound(string name) =>
        AssertRefused(Write(name, "this is a text that somebody gave the name of a sound\n"u8.ToArray()), "is no sound file");

    /// <summary>Lengths that no sound has cost neither time nor memory.</summary>
    [Fact]
    public void HostileLengthsAreRefused()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var ogg = OnePage([1, .. "vorbis"u8, 0, 0, 0, 0, 1, 0x44, 0xAC, 0, 0, .. new byte[14]], long.MaxValue / 4);
        AssertRefused(Write("a.ogg", ogg), "minutes, more than the");
        AssertRefused(Write("b.ogg", OnePage([1, .. "vorbis"u8, 0, 0, 0, 0, 255, 0xFF, 0xFF, 0xFF, 0xFF, .. new byte[14]], 10)),
            "samples a second, more than the");
        byte[] flac = [.. FuzzSeeds.Flac];
        (flac[21], flac[22]) = (0xFF, 0xFF);
        Assert.Contains("minutes, more than the",
            Assert.Throws<BadInputException>(() => SoundFile.ReadHeader(Write("a.flac", flac))).Message);
        AssertRefused(Write("a.mp3", [.. "ID3"u8, 4, 0, 0, 0x7F, 0x7F, 0x7F, 0x7F, .. new byte[100]]), "has no sound in it");
        var mp3 = File.ReadAllBytes(Case("tone.mp3"));
        var info = mp3.AsSpan().IndexOf("Info"u8);
        mp3.AsSpan(info + 8, 4).Fill(0xFF);
        AssertRefused(Write("b.mp3", mp3), "is cut short (");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Theory]
    [InlineData("a.flac", true)]
    [InlineData("a.m4a", false)]
    [InlineData("a.opus", false)]
    [InlineData("a.mkv", false)]
    [InlineData("a.mp4", false)]
    [InlineData("a.aiff", true)]
    public void WhatFfmpegReadsIsHeardAsItIs(string name, bool lossless)
    {
        RequireFfmpeg();
        var (wav, file) = (Path.Combine(_folder, "tone.wav"), Path.Combine(_folder, name));
        AudioClip.Load(Case("tone.ogg")).Save(wav);
        string[] video = name is "a.mkv" or "a.mp4" ? ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=0.6"] : [];
        Make([.. video, "-i", wav, file]);
        var (original, read) = (AudioClip.Load(wav), AudioClip.Load(file));
        var header = SoundFile.ReadHeader(file);
        Assert.Equal(file, read.Name);
        Assert.Equal(read.SampleRate, header.SampleRate);
        Assert.InRange(header.Frames / (double)read.Samples.Length, 0.95, 1.1);
        if (lossless)
            Assert.Equal(original.Samples, read.Samples);
        else
            AssertTone(read.At(44_100).Samples[..Frames], 0.1f);
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "crossmodal-sound-*"));
    }

    [Theory]
    [InlineData("a.flac")]
    [InlineData("a.m4a")]
    [InlineData("a.opus")]
    public void WhatFfmpegReadsAndWasCutShortIsRefused(string name)
    {
        RequireFfmpeg();
        var file = Path.Combine(_folder, name);
        Make("-i", Case("tone.ogg"), "-movflags", "+faststart", file);
        var bytes = File.ReadAllBytes(file);
        AssertRefused(Write("cut" + name, bytes[..(bytes.Length * 2 / 3)]), "cut short");
    }

    [Fact]
    public void AVideoWithoutSoundIsRefused()
    {
        RequireFfmpeg();
        var file = Path.Combine(_folder, "silent.mp4");
        Make("-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1", file);
        AssertRefused(file, "has no sound in it; give a recording or a video with sound");
        Assert.Contains("has no sound in it", Assert.Throws<BadInputException>(() => SoundFile.ReadHeader(file)).Message);
    }

    /// <summary>A list of other files is a text to begin with, and none of the formats that ffmpeg is told.</summary>
    [Fact]
    public void AListOfOtherFilesIsNotFollowed()
    {
        AssertRefused(Write("a.m4a", "#EXTM3U\n#EXTINF:1,\n/etc/hostname\n"u8.ToArray()), "is no sound file");
        AssertRefused(Write("b.m4a", "ffconcat version 1.0\nfile /etc/hostname\n"u8.ToArray()), "is no sound file");
    }

    [Fact]
    public void WithoutFfmpegOneLineSaysWhatToInstall()
    {
        var empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;
        var (file, output) = (Write("a.flac", FuzzSeeds.Flac), Path.Combine(_folder, "a.png"));
        var failure = Invocation.Process(null, empty, ["generate", "s2i", "--run", Tiny.Whole.Path, "--input", file, "--output", output,
            "--device", "cpu"]).Failure();
        Assert.Contains($"{file}: is of a kind (FLAC file) that is read by the program ffmpeg, which is not on the PATH; install it",
            failure);
    }

    [Fact]
    public void GenerateHearsAnMp3()
    {
        var output = Path.Combine(_folder, "a.png");
        var drawn = Invocation.InProcess("generate", "s2i", "--run", Tiny.Whole.Path, "--input", Case("tone.mp3"), "--output", output,
            "--device", "cpu", "--threads", "1");
        Assert.Equal((0, ""), (drawn.ExitCode, drawn.Error));
        Assert.True(File.Exists(output));
    }

    private static void AssertTone(float[] samples, float tolerance = 0.04f)
    {
        // 0.1 s from the middle, and from near the beginning, where a shift would show most.
        foreach (var first in new[] { 2000, Frames / 2 })
        {
            var (sine, cosine) = (0.0, 0.0);
            for (var i = 0; i < 4410; i++)
            {
                var phase = 2 * Math.PI * 440 * (first + i) / 44_100;
                (sine, cosine) = (sine + samples[first + i] * Math.Sin(phase) / 2205, cosine + samples[first + i] * Math.Cos(phase) / 2205);
            }

            Assert.InRange(sine, Amplitude - tolerance, Amplitude + tolerance);
            Assert.InRange(cosine, -tolerance, tolerance);
        }
    }

    private static byte[] OnePage(byte[] packet, long granules)
    {
        byte[] page = [.. "OggS"u8, 0, 6, .. BitConverter.GetBytes(granules), .. new byte[12], 1, (byte)packet.Length, .. packet];
        var sum = 0u;
        foreach (var one in page)
        {
            sum ^= (uint)one << 24;
            for (var bit = 0; bit < 8; bit++)
                sum = (int)sum < 0 ? sum << 1 ^ 0x04C11DB7 : sum << 1;
        }

        BitConverter.TryWriteBytes(page.AsSpan(22), sum);
        return page;
    }

    private static void AssertRefused(string path, string says)
    {
        var message = Assert.Throws<BadInputException>(() => AudioClip.Load(path)).Message;
        Assert.StartsWith($"{path}: ", message);
        Assert.Contains(says, message);
        Assert.DoesNotContain('\n', message);
        Assert.Contains(';', message);
    }

    internal static void RequireFfmpeg() => Assert.SkipWhen(Ffmpeg.Find() is null, "no ffmpeg on the PATH");

    internal static void Make(params string[] arguments)
    {
        var (code, said) = Ffmpeg.Run(Ffmpeg.Find()!, ["-loglevel", "error", "-y", .. arguments], TimeSpan.FromMinutes(1),
            TestContext.Current.CancellationToken);
        Assert.True(code == 0, said);
    }

    private static string Case(string name) => Path.Combine(AppContext.BaseDirectory, "Cases", name);

    private string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
