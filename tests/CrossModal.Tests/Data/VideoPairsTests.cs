using System.Diagnostics;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Data.Synthetic;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Tests.Audio;
using CrossModal.Tests.Cli;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Data;

/// <summary><c>data pair</c>: videos that ffmpeg makes, taken apart by it again.</summary>
public sealed class VideoPairsTests : DatasetFixture
{
    private string Videos => Path.Combine(Folder, "videos");

    private string Out => Path.Combine(Folder, "out");

    /// <summary>Songs of built-in instruments with drawings of their players become a data set, and it trains.</summary>
    [Fact]
    public void AFolderOfVideosBecomesADataSetAndTrains()
    {
        SoundFileTests.RequireFfmpeg();
        var drawn = Path.Combine(Folder, "drawn");
        SyntheticDataset.Generate(drawn, new SyntheticOptions { TrainPairsPerInstrument = 12, ValidationPairsPerInstrument = 6 },
            cancel: TestContext.Current.CancellationToken);
        foreach (var instrument in new[] { "cello", "flute", "horn" })
        {
            for (var song = 0; song < 3; song++)
                Video(Path.Combine(Videos, instrument, $"take {song}.mp4"), Directory.GetFiles(
                    Path.Combine(drawn, "img", "train", instrument), "*.jpg")[..6], BuiltInInstrument.Find(instrument).Melody(song, 3));
        }

        var paired = Invocation.InProcess("data", "pair", "--videos", Videos, "--out", Out);
        Assert.Equal((0, ""), (paired.ExitCode, paired.Error));
        Assert.Contains("validation pairs of 3 instruments from 9 videos", paired.Output);
        var report = DatasetReport.Collect(Out, cancel: TestContext.Current.CancellationToken);
        Assert.Empty(report.Errors);
        Assert.Empty(report.BadFiles);
        Assert.Empty(report.SharedSongs);
        Assert.Equal(["cello", "flute", "horn"], report.Classes.Select(one => one.Name));

        // Three seconds are six windows side by side; of three songs one is for validation.
        Assert.All(report.Classes, one => Assert.Equal((12, 6), (one.Train.Windows, one.Validation.Windows)));
        Assert.Equal((0.5, 0.5), (report.Durations!.Least, report.Durations.Greatest));
        Assert.Equal([(44_100, 1, 54)], report.SoundFormats);
        Assert.Equal(10, File.ReadAllLines(Path.Combine(Out, "videos.csv")).Length);
        Assert.Equal(["chunk", "img", "videos.csv"], Directory.GetFileSystemEntries(Out).Select(Path.GetFileName).Order());

        var run = Path.Combine(Folder, "run");
        var trained = Invocation.InProcess("train", "s2i", "--data", Out, "--preset", "tiny", "--batch", "4", "--steps", "3", "--device",
            "cpu", "--threads", "1", "--out", run);
        Assert.Equal((0, ""), (trained.ExitCode, trained.Error));
        Assert.True(File.Exists(Path.Combine(run, "evaluation.json")));
    }

    /// <summary>The picture of a window is the one that is shown when it begins, and its sound begins there too.</summary>
    [Fact]
    public void PictureAndSoundAreOfTheSameMoment()
    {
        SoundFileTests.RequireFfmpeg();

        // Frame i of ten a second is gray of 8 i; second s of the sound is as loud as s says.
        var sound = new float[3 * 44_100];
        for (var i = 0; i < sound.Length; i++)
            sound[i] = MathF.Sin(2 * MathF.PI * 440 * i / 44_100) * (1 + i / 22_050) / 10f;
        string[] frames = [.. Enumerable.Range(0, 30).Select(i =>
        {
            Image($"frames/{i:00}.png", (byte)(8 * i));
            return Path.Combine(Folder, "frames", $"{i:00}.png");
        })];
        Video(Path.Combine(Videos, "train", "oboe.mkv"), frames, sound, 10);
        foreach (var name in new[] { "validation/oboe7.mkv", "train/double bass-01.mkv", "validation/double bass_2.mkv" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Videos, name))!);
            File.Copy(Path.Combine(Videos, "train", "oboe.mkv"), Path.Combine(Videos, name));
        }

        var made = new VideoPairs(250, new RecordingReporter(), TestContext.Current.CancellationToken).Make(Videos, Out);
        Assert.Equal(new PairedVideos(4, 2, 22, 22, 0), made);
        for (var ms = 0; ms <= 2500; ms += 250)
        {
            var picture = ImageFile.ReadSquare(Path.Combine(Out, "img", "train", "oboe", $"oboe00_{ms}.jpg"), 16);
            Assert.InRange(picture.Pixels[0], 8 * (ms / 100) - 4, 8 * (ms / 100) + 4);
            var heard = WavFile.ReadMono(Path.Combine(Out, "chunk", "train", "oboe", $"oboe00_{ms}.wav")).Samples;
            Assert.Equal(SoundWindow.Length, heard.Length);
            foreach (var (first, at) in new[] { (0, ms), (11_025, ms + 250) })
                Assert.Equal((1 + at / 500) / 10f, heard.AsSpan(first, 11_025).ToArray().Max(), 0.02f);
        }

        Assert.True(Directory.Exists(Path.Combine(Out, "img", "validation", "double_bass")));
        Assert.Contains("double_bass01_0.jpg", Directory.GetFiles(Path.Combine(Out, "img", "validation", "double_bass"))
            .Select(Path.GetFileName));
    }

    /// <summary>What is wrong with one of them is said before the first is taken apart.</summary>
    [Fact]
    public void WhatCannotBePairedIsNamed()
    {
        SoundFileTests.RequireFfmpeg();
        Assert.Contains("no such folder", Refused());
        Directory.CreateDirectory(Videos);
        Assert.Contains("has no videos", Refused());
        Image("frames/00.png", 100);
        var good = Path.Combine(Videos, "oboe", "1.mkv");
        Video(good, [Path.Combine(Folder, "frames", "00.png")], BuiltInInstrument.Find("oboe").Melody(1, 1), 1);
        Assert.Contains("of the one instrument 'oboe'", Refused());
        Directory.CreateDirectory(Path.Combine(Videos, "horn"));
        File.Copy(good, Path.Combine(Videos, "horn", "1.mkv"));
        Assert.Contains("'horn' has one video, so none is left for validation", Refused());
        File.Copy(good, Path.Combine(Videos, "horn", "2.mkv"));
        File.Copy(good, Path.Combine(Videos, "oboe", "2.mkv"));

        var bad = Path.Combine(Videos, "oboe", "3.mp4");
        File.WriteAllText(bad, "no video at all, whatever its name says");
        Assert.StartsWith($"{bad}: is no sound file", Refused());
        SoundFileTests.Make("-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1", bad);
        Assert.Equal($"{bad}: has no sound in it; give the video with its sound, or remove it from the folder", Refused());
        SoundFileTests.Make("-f", "lavfi", "-i", "sine=duration=1", bad);
        Assert.Equal($"{bad}: has no pictures in it; give a video, or remove it from the folder", Refused());
        File.Delete(bad);
        var whole = File.ReadAllBytes(good);
        File.WriteAllBytes(Path.Combine(Videos, "oboe", "4.mkv"), whole[..(whole.Length / 2)]);
        Assert.Contains(Path.Combine(Videos, "oboe", "4.mkv"), Refused());
        File.Delete(Path.Combine(Videos, "oboe", "4.mkv"));
        File.Copy(good, Path.Combine(Videos, "3.mkv"));
        Assert.Contains("its name tells no instrument", Refused());
        Assert.False(Directory.Exists(Out));
        File.Delete(Path.Combine(Videos, "3.mkv"));

        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "mine.txt"), "mine");
        Assert.Contains("is not an empty folder", Refused());
        Assert.Equal(["mine.txt"], Directory.GetFileSystemEntries(Out).Select(Path.GetFileName));
    }

    [Fact]
    public void WhatIsStoppedLeavesNothingBehind()
    {
        SoundFileTests.RequireFfmpeg();
        Image("frames/00.png", 100);
        foreach (var name in new[] { "oboe/1", "oboe/2", "horn/1", "horn/2" })
            Video(Path.Combine(Videos, name + ".mkv"), [Path.Combine(Folder, "frames", "00.png")],
                BuiltInInstrument.Find("oboe").Melody(1, 2), 1);
        var (reporter, token) = RecordingReporter.CancelAt("pair", 2);
        Assert.ThrowsAny<OperationCanceledException>(() => new VideoPairs(500, reporter, token).Make(Videos, Out));
        Assert.Equal(["frames", "videos"], Directory.GetFileSystemEntries(Folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void WithoutFfmpegOneLineSaysWhatToInstall()
    {
        var empty = Directory.CreateDirectory(Path.Combine(Folder, "empty")).FullName;
        foreach (var name in new[] { "oboe1.mp4", "oboe2.mp4", "horn1.mp4", "horn2.mp4" })
        {
            Directory.CreateDirectory(Videos);
            File.WriteAllBytes(Path.Combine(Videos, name), [0]);
        }

        Assert.Contains("ffmpeg, which is not on the PATH; install it",
            Invocation.Process(null, empty, ["data", "pair", "--videos", Videos, "--out", Out]).Failure());
    }

    private string Refused()
    {
        var begin = Stopwatch.GetTimestamp();
        var message = Assert.Throws<BadInputException>(() =>
            new VideoPairs(500, new RecordingReporter(), TestContext.Current.CancellationToken).Make(Videos, Out)).Message;
        Assert.DoesNotContain('\n', message);
        Assert.InRange(Stopwatch.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.FromMinutes(1));
        return message;
    }

    /// <summary>A video of pictures, so many a second, with a sound.</summary>
    private void Video(string path, string[] pictures, float[] sound, int perSecond = 2)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var (list, wav) = (Path.Combine(Folder, "list"), Path.Combine(Folder, "song.wav"));
        Directory.CreateDirectory(list);
        var ending = Path.GetExtension(pictures[0]);
        for (var i = 0; i < pictures.Length; i++)
            File.Copy(pictures[i], Path.Combine(list, $"{i:000}{ending}"));
        using (var stream = File.Create(wav))
            WavFile.Write(stream, sound, 1, 44_100);

        // Without loss where that can be, and so without what a codec of sound puts before the beginning.
        string[] codecs = path.EndsWith(".mkv", StringComparison.Ordinal) ? ["-c:v", "ffv1", "-c:a", "pcm_s16le"] : [];
        SoundFileTests.Make(["-framerate", $"{perSecond}", "-i", Path.Combine(list, $"%03d{ending}"), "-i", wav, "-pix_fmt", "yuv420p",
            .. codecs, path]);
        Directory.Delete(list, recursive: true);
        File.Delete(wav);
    }
}
