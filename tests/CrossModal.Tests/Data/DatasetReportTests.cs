using CrossModal.Cli;
using CrossModal.Data;
using Spectre.Console;

namespace CrossModal.Tests.Data;

public sealed class DatasetReportTests : DatasetFixture
{
    [Fact]
    public void WhatIsOddAboutADataSetIsReported()
    {
        SubUrmp(["cello", "flute"], songs: 1, windows: 4);
        Sound("chunk/train/cello/cello40_900.wav", 5, samples: 6000, rate: 8000);
        Image("img/train/cello/cello40_900.png", 5);
        Sound("chunk/train/flute/flute07_900.wav", 5);
        File.WriteAllText(Path.Combine(Folder, "img/validation/cello/cello40_600.png"), "broken");
        var report = Collect(decode: true);
        Assert.IsType<StemPairLayout>(report.Layout);
        Assert.Equal([new ClassCounts("cello", new(5, 6, 5), new(4, 3, 4)), new ClassCounts("flute", new(4, 4, 4), new(4, 4, 4))],
            report.Classes);
        Assert.Equal(new Spread(0.5, 0.5, 0.75), report.Durations);
        Assert.Equal([(44100, 1, 16), (8000, 1, 1)], report.SoundFormats);
        Assert.Equal([(16, 16, 16)], report.ImageSizes);
        Assert.Equal([new SharedSong("cello", 40)], report.SharedSongs);
        Assert.Equal([new SkippedFile("chunk/train/flute/flute07_900.wav", "sound without its image")], report.Skipped);
        Assert.Equal("img/validation/cello/cello40_600.png", Assert.Single(report.BadFiles).RelativePath);
        Assert.Contains("no partner", Assert.Single(report.Errors));
        Assert.Equal(1.5, report.Imbalance);

        var text = Rendered(report);
        foreach (var part in new[] { "cello 40", "8000 Hz", "cello40_600.png", "flute07_900.wav", "cannot be trained on", "0.75 s" })
            Assert.Contains(part, text);
    }

    [Fact]
    public void WindowsAreCountedWhereRecordingsAreLonger()
    {
        foreach (var name in new[] { "banjo", "horn [old]" })
            for (var i = 0; i < 10; i++)
            {
                Sound($"audio/{name}/{i}.wav", 100 + i, samples: 44100);
                Image($"images/{name}/{i}.png", (byte)i);
            }

        var report = Collect(decode: false);
        Assert.Equal([new ClassCounts("banjo", new(8, 24, 8), new(2, 6, 2)), new ClassCounts("horn [old]", new(8, 24, 8), new(2, 6, 2))],
            report.Classes);
        Assert.Contains("every header is in order", Rendered(report));
        Assert.Contains("horn [old]", Rendered(report));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SilentClippedAndShortSoundsAreCounted(bool decode)
    {
        foreach (var name in new[] { "banjo", "horn" })
            for (var i = 0; i < 10; i++)
            {
                Sound($"audio/{name}/{i}.wav", 1000);
                Image($"images/{name}/{i}.png", (byte)i);
            }

        Assert.False(Collect(decode).PoorSounds.Any);
        Sound("audio/horn/3.wav", 0);
        Sound("audio/banjo/7.wav", 32767);
        Sound("audio/banjo/8.wav", 32767);
        Sound("audio/horn/4.wav", 1000, samples: 20000);
        var report = Collect(decode);
        Assert.Equal(20, report.PoorSounds.Examined);
        Assert.Equal(["audio/horn/3.wav"], report.PoorSounds.Silent);
        Assert.Equal(["audio/banjo/7.wav", "audio/banjo/8.wav"], report.PoorSounds.Clipped);
        Assert.Equal(["audio/horn/4.wav"], report.PoorSounds.Short);
        Assert.Empty(report.Errors);
        var text = Rendered(report);
        foreach (var part in new[] { "1 sound is silent, the first: audio/horn/3.wav", "2 sounds are clipped",
            "1 sound is shorter than 0.5 s" })
            Assert.Contains(part, text);
        Assert.DoesNotContain("in order", text);
    }

    /// <summary>Where only headers are read, a large set is not read through.</summary>
    [Fact]
    public void OfManySoundsSomeAreListenedTo()
    {
        for (var i = 0; i < 150; i++)
        {
            Sound($"audio/banjo/{i}.wav", 1000, samples: 10);
            Sound($"audio/horn/{i}.wav", 1000, samples: 10);
        }

        Image("images/banjo/0.png", 1);
        Image("images/horn/0.png", 1);
        var report = Collect(decode: false);
        Assert.Equal((256, 256), (report.PoorSounds.Examined, report.PoorSounds.Short.Count));
        Assert.Contains("256 sounds of the 256 that were listened to are shorter", Rendered(report));
    }

    private DatasetReport Collect(bool decode) => DatasetReport.Collect(Folder, decode, cancel: TestContext.Current.CancellationToken);

    private static string Rendered(DatasetReport report)
    {
        var writer = new StringWriter();
        var output = new AnsiConsoleOutput(writer);
        var console =
            AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = output });
        console.Profile.Width = 200;
        DatasetReportView.Show(console, report);
        return writer.ToString();
    }
}
