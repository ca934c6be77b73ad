using CrossModal.Data;
using Spectre.Console;

namespace CrossModal.Tests.Data;

[Collection("cache")]
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
        Assert.Equal(DatasetLayout.StemPairs, report.Layout);
        Assert.Equal([new ClassCounts("cello", 5, 5, 5, 4, 4, 4), new ClassCounts("flute", 4, 4, 4, 4, 4, 4)], report.Classes);
        Assert.Equal(new Spread(0.5, 0.5, 0.75), report.Durations);
        Assert.Equal([(44100, 1, 16), (8000, 1, 1)], report.SoundFormats);
        Assert.Equal([(16, 16, 16)], report.ImageSizes);
        Assert.Equal([new SharedSong("cello", 40)], report.SharedSongs);
        Assert.Equal([new SkippedFile("chunk/train/flute/flute07_900.wav", "sound without its image")], report.Skipped);
        Assert.Equal("img/validation/cello/cello40_600.png", Assert.Single(report.BadFiles).RelativePath);
        Assert.Contains("no partner", Assert.Single(report.Errors));
        Assert.Equal(1.25, report.Imbalance);

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
                Sound($"audio/{name}/{i}.wav", i, samples: 44100);
                Image($"images/{name}/{i}.png", (byte)i);
            }

        var report = Collect(decode: false);
        Assert.Equal([new ClassCounts("banjo", 8, 24, 8, 2, 6, 2), new ClassCounts("horn [old]", 8, 24, 8, 2, 6, 2)], report.Classes);
        Assert.Contains("every file is in order", Rendered(report));
        Assert.Contains("horn [old]", Rendered(report));
    }

    private DatasetReport Collect(bool decode) => DatasetReport.Collect(Folder, decode, cancel: TestContext.Current.CancellationToken);

    private static string Rendered(DatasetReport report)
    {
        var writer = new StringWriter();
        var output = new AnsiConsoleOutput(writer);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = output });
        console.Profile.Width = 200;
        report.Render(console);
        return writer.ToString();
    }
}
