using CrossModal.Audio;
using CrossModal.Cli;
using CrossModal.Data;

namespace CrossModal.Tests.Data;

/// <summary>Windows in every layout, silence, damage, and one judgment of all of it by training and by the report.</summary>
public sealed class JudgmentTests : DatasetFixture
{
    private static readonly string[] Instruments = ["banjo", "horn"];

    /// <summary>Three seconds that begin with two of silence, paired with an image: all windows but the silent ones are kept.</summary>
    [Fact]
    public void LongSoundsAreCutInTheLayoutOfPairsToo()
    {
        SubUrmp(["cello", "flute"], songs: 2, windows: 2);
        Long("chunk/train/cello/cello09_500.wav", silent: 88200, heard: 44100, level: 3000);
        Image("img/train/cello/cello09_500.png", 99);
        var warnings = new List<string>();
        using var data = Open(warn: warnings.Add);
        var windows = Enumerable.Range(0, data.Train.Count).Where(i => data.Train.SoundName(i).Contains("cello09")).ToArray();

        // Of the eleven windows those that begin from 1.75 s on reach beyond the second second.
        Assert.Equal(["1.75", "2.00", "2.25", "2.50"], windows.Select(i => data.Train.SoundName(i).Split(" at ")[1][..4]));
        Assert.Contains(warnings, line =>
            line.Contains("7 of 27 windows of half a second are silent and left out (first in chunk/train/cello"));
        var samples = new float[PairSplit.SoundLength];
        Assert.All(windows, i =>
        {
            data.Train.ReadSound(i, samples);
            Assert.Contains(3000 / 32768f, samples);
            Assert.Equal((i, "img/train/cello/cello09_500.png"), (data.Train.Pair(i, 1, 1).Image, data.Train.ImageName(i)));
            Assert.Equal(99, Shade(data.Train, i));
        });

        var report = DatasetReport.Collect(Folder, cancel: TestContext.Current.CancellationToken);
        Assert.Equal((5, 8), (report.Classes[0].Train.Sounds, report.Classes[0].Train.Windows));
        Assert.Contains(report.Warnings, line => warnings.Contains(line) && line.Contains("7 of 27"));
        Assert.Empty(report.Errors);
    }

    [Fact]
    public void AClassOfSilenceIsRefusedByTrainingAndReportAlike()
    {
        Fill(20);
        for (var i = 0; i < 20; i++)
            Sound($"audio/horn/{i}.wav", 0);
        BothRefuse("class 'horn' has 17 windows of sound in train and none can be used (17 silent)");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void WhatCannotBeReadIsRefusedByBothInTheSameWords(int broken)
    {
        Fill(16);
        string[] files = [.. from name in Instruments from i in Enumerable.Range(0, 16) select $"images/{name}/{i}.png"];
        foreach (var file in files.Take(broken))
            File.WriteAllText(Path.Combine(Folder, file), "no picture");
        BothRefuse($"{broken} of 32 images cannot be read, more than 1 %: images/banjo/0.png: is not an image");
        Assert.Equal(1, Inspect().ExitCode);
    }

    /// <summary>Less than one file in a hundred, and yet all that a class has.</summary>
    [Fact]
    public void AClassLostToDamageIsRefused()
    {
        foreach (var (name, files) in new[] { ("banjo", 60), ("tuba", 1) })
            foreach (var split in new[] { "train", "val" })
                for (var i = 0; i < files; i++)
                {
                    Sound($"{split}/audio/{name}/{i}.wav", 1000);
                    Image($"{split}/images/{name}/{i}.png", (byte)i);
                }

        File.WriteAllText(Path.Combine(Folder, "val/images/tuba/0.png"), "no picture");
        BothRefuse("class 'tuba' has 1 image in validation and none can be used");
        Image("val/images/tuba/0.png", 1);
        File.WriteAllText(Path.Combine(Folder, "train/audio/tuba/0.wav"), "no sound");
        BothRefuse("class 'tuba' has 1 window of sound in train and none can be used");
    }

    [Fact]
    public void OneClassLeftIsFoundBeforeTraining()
    {
        Fill(10);
        var error = Assert.Throws<UnusableDataException>(() => Open(pairsLimit: 1));
        Assert.Contains("one class is left in train", error.Message);
        Assert.Contains("use more pairs", error.Message);
    }

    [Fact]
    public void SoundsBeyondFullScaleAreMentioned()
    {
        Fill(10);
        Floats("audio/horn/3.wav", 1.5f);
        var warnings = new List<string>();
        using (Open(warn: warnings.Add))
            Assert.Contains(warnings, line =>
                line.Contains("1 sounds go beyond full scale and are scaled down to it (first audio/horn/3.wav)"));
        Assert.Contains(DatasetReport.Collect(Folder, cancel: TestContext.Current.CancellationToken).Warnings, warnings.Contains);
    }

    /// <summary>A pipe that nobody writes to would be waited for without end.</summary>
    [Fact]
    public void APipeAmongTheFilesIsReportedAndNotWaitedFor()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("there are no pipes in folders there");
        Fill(120);
        File.Delete(Path.Combine(Folder, "audio/horn/3.wav"));
        using (var make = System.Diagnostics.Process.Start("mkfifo", Path.Combine(Folder, "audio/horn/3.wav")))
            make.WaitForExit();
        var warnings = new List<string>();
        using var data = Open(warn: warnings.Add);
        Assert.Contains(warnings, line => line.Contains("audio/horn/3.wav: is a pipe or a device"));
    }

    /// <summary>Names of files can turn a terminal upside down; what stands on it is their text alone.</summary>
    [Fact]
    public void ControlCharactersInNamesReachNoTerminal()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("such names cannot be there");
        Fill(2);
        const string name = "a\u001B]0;title\u0007\u202Eb\nerror: c.wav";
        File.WriteAllText(Path.Combine(Folder, "audio/horn", name), "x");
        var seen = Inspect();
        Assert.Equal(1, seen.ExitCode);
        Assert.Contains("a\\u001B]0;title\\u0007\\u202Eb error: c.wav", seen.Output);
        foreach (var text in new[] { seen.Output, seen.Error, Tests.Cli.Invocation.InProcess("data", "inspect", $"/{name}").Error })
        {
            Assert.DoesNotContain("\u001B]", text);
            Assert.DoesNotContain('\u0007', text);
            Assert.DoesNotContain('\u202E', text);
            Assert.DoesNotContain(text.Split('\n'), line => line.StartsWith("error: c.wav"));
        }
    }

    private Tests.Cli.Invocation Inspect() => Tests.Cli.Invocation.InProcess("data", "inspect", Folder);

    private void BothRefuse(string problem)
    {
        var error = Assert.Throws<UnusableDataException>(() => Open());
        var line = Assert.Single(error.Problems, line => line.Contains(problem));
        Assert.Contains(line, DatasetReport.Collect(Folder, cancel: TestContext.Current.CancellationToken).Errors);
    }

    private void Fill(int files)
    {
        foreach (var name in Instruments)
            for (var i = 0; i < files; i++)
            {
                Sound($"audio/{name}/{i}.wav", 1000);
                Image($"images/{name}/{i}.png", (byte)i);
            }
    }

    private void Long(string path, int silent, int heard, int level)
    {
        var samples = new float[silent + heard];
        samples.AsSpan(silent).Fill(level / 32768f);
        using var stream = File.Create(Path.Combine(Folder, path));
        WavFile.Write(stream, samples, 1, 44100);
    }

    private void Floats(string path, float level)
    {
        byte[] data = [.. Enumerable.Repeat(BitConverter.GetBytes(level), 22050).SelectMany(bytes => bytes)];
        File.WriteAllBytes(Path.Combine(Folder, path), Audio.HandmadeWav.Riff(Audio.HandmadeWav.Format(3, 32, 1, 44100),
            Audio.HandmadeWav.Chunk("data", data)));
    }

    private static int Shade(PairSplit split, int image)
    {
        var pixels = new float[split.ImageLength];
        split.ReadImage(image, pixels);
        return (int)MathF.Round((pixels[0] + 1) * 127.5f);
    }
}
