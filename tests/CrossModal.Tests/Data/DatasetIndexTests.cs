using CrossModal.Data;
using CrossModal.Kernels;

namespace CrossModal.Tests.Data;

public sealed class DatasetIndexTests : DatasetFixture
{
    [Fact]
    public void WhatIsNoDataSetIsToldWhatWasSeen()
    {
        Fails("an empty folder");
        Directory.CreateDirectory(Path.Combine(Folder, "holiday"));
        Directory.CreateDirectory(Path.Combine(Folder, "images"));
        Fails("img|chunk/train|validation/CLASS", "holiday, images");
        Assert.Contains("no such folder", Assert.Throws<BadInputException>(() => DatasetIndex.Open(Path.Combine(Folder, "none"))).Message);
        File.WriteAllText(Path.Combine(Folder, "file"), "");
        Assert.Contains("is a file", Assert.Throws<BadInputException>(() => DatasetIndex.Open(Path.Combine(Folder, "file"))).Message);
    }

    [Fact]
    public void AMissingSplitOrClassIsNamed()
    {
        SubUrmp(["cello", "flute"], 1, 2);
        Directory.Move(Path.Combine(Folder, "img/validation"), Path.Combine(Folder, "img/away"));
        Directory.Move(Path.Combine(Folder, "chunk/validation"), Path.Combine(Folder, "chunk/away"));
        Fails("no validation split");
        Directory.Move(Path.Combine(Folder, "img/away"), Path.Combine(Folder, "img/test"));
        Directory.Move(Path.Combine(Folder, "chunk/away"), Path.Combine(Folder, "chunk/val"));
        Assert.Equal(8, DatasetIndex.Open(Folder).Sounds.Count);

        Directory.CreateDirectory(Path.Combine(Folder, "img/train/tuba"));
        Fails("'tuba' is empty in train");
        Directory.Delete(Path.Combine(Folder, "img/train/tuba"));
        Directory.Delete(Path.Combine(Folder, "img/test/flute"), recursive: true);
        Directory.Delete(Path.Combine(Folder, "chunk/val/flute"), recursive: true);
        Assert.Contains(DatasetIndex.Open(Folder).Warnings, line => line.Contains("'flute' is empty in validation"));
        Directory.Delete(Path.Combine(Folder, "img/train/flute"), recursive: true);
        Directory.Delete(Path.Combine(Folder, "chunk/train/flute"), recursive: true);
        Fails("one class 'cello'");
    }

    [Fact]
    public void APartnerMissingOnceInAHundredIsSkippedMoreStops()
    {
        SubUrmp(["cello", "flute"], 4, 15);
        File.Delete(Path.Combine(Folder, "img/train/cello/cello01_500.png"));
        File.Delete(Path.Combine(Folder, "chunk/train/flute/flute03_1900.wav"));
        var index = DatasetIndex.Open(Folder);
        Assert.Equal((238, 238), (index.Sounds.Count, index.Images.Count));
        Assert.Equal(
            [
                new SkippedFile("chunk/train/cello/cello01_500.wav", "sound without its image"),
                new SkippedFile("img/train/flute/flute03_1900.png", "image without its sound"),
            ],
            index.Skipped);
        File.Delete(Path.Combine(Folder, "img/train/cello/cello01_600.png"));
        Fails("3 of 240", "more than 1 %", "cello01_500.wav");
    }

    [Fact]
    public void TheSameStemTwiceIsAnError()
    {
        SubUrmp(["cello", "flute"], 1, 2);
        Image("img/train/cello/cello00_500.bmp", 3);
        Fails("cello00_500.png", "cello00_500.bmp", "remove one");
    }

    [Fact]
    public void HiddenAndForeignFilesAreNotTaken()
    {
        SubUrmp(["cello", "flute"], 1, 2);
        foreach (var name in new[] { ".DS_Store", "._cello00_500.jpg", "Thumbs.db", "notes.txt", "more.txt" })
            File.WriteAllText(Path.Combine(Folder, "img/train/cello", name), "x");
        var index = DatasetIndex.Open(Folder);
        Assert.Equal(8, index.Images.Count);
        Assert.Contains("files '.txt' are not read, 2 in all", Assert.Single(index.Warnings));
    }

    [Fact]
    public void ManifestsAreReadStrictly()
    {
        foreach (var name in new[] { "banjo", "horn" })
            for (var i = 0; i < 4; i++)
            {
                Sound($"audio/{name}/{i}.wav", 1, samples: 10);
                Image($"images/{name}/{i}.png", 1);
            }

        string[] lines =
            [.. from name in new[] { "banjo", "horn" } from i in Enumerable.Range(0, 4) from line in Rows(name, i) select line];
        Manifest(lines);
        var index = DatasetIndex.Open(Folder);
        Assert.Equal((8, 8, 4), (index.Sounds.Count, index.Images.Count, index.Sounds.Count(file => file.Split == Split.Validation)));

        Manifest([.. lines, "video,banjo,x.mp4,train"]);
        Fails("line 18", "modality 'video'");
        Manifest([.. lines, "audio,banjo,audio/banjo/0.wav,holdout"]);
        Fails("line 18", "split 'holdout'");
        Manifest([.. lines, "audio,banjo,audio/banjo/0.wav"]);
        Fails("line 18", "3 fields");
        Manifest([.. lines, "audio,banjo,audio/banjo/0.wav,train"]);
        Fails("line 18", "second time");
        Manifest([.. lines, "audio,banjo,audio/banjo/lost.wav,train"]);
        Fails("1 of 17", "audio/banjo/lost.wav");
        Manifest([.. lines, "audio,banjo,\"audio/banjo/lost.wav,train"]);
        Fails("never closed");
        Manifest([.. lines, "audio,kazoo,audio/banjo/3.wav,train"]);
        Fails("second time");
        Manifest([.. lines.Select(line => line.Replace("test", "train"))]);
        Fails("no validation split");
        Manifest([.. lines.Where(line => !line.StartsWith("audio,horn"))]);
        Fails("'horn' has images but no sounds");
        File.WriteAllText(Path.Combine(Folder, "manifest.csv"), "kind,instrument,file,split\n");
        Fails("no column 'modality'");
        Manifest([.. lines.Select(line => line.Replace("/3.wav,test", "/3.wav,validation").Replace("/3.png,test", "/3.png,val"))]);
        Assert.Equal(2, DatasetIndex.Open(Folder).Sounds.Count(file => file.Split == Split.Validation));
        Assert.Contains(DatasetIndex.Open(Folder).Warnings, line => line.Contains("test is left aside"));
        Manifest(lines[2..]);
        Assert.Contains(DatasetIndex.Open(Folder).Warnings, line =>
            line.Contains("not in manifest.csv") && line.Contains("1 in all (first audio/banjo/0.wav)"));

        static IEnumerable<string> Rows(string name, int i)
        {
            var split = i < 2 ? "train" : "test";
            yield return $"audio,{name},audio/{name}/{i}.wav,{split}";
            yield return $"image,{name},images/{name}/{i}.png,{split}";
        }

        void Manifest(string[] rows) =>
            File.WriteAllLines(Path.Combine(Folder, "manifest.csv"), rows.Prepend("modality,instrument,file,split"));
    }

    [Theory]
    [InlineData("bassoon00_1000", 0, 1000)]
    [InlineData("double_bass43_500", 43, 500)]
    [InlineData("cello01_1400", 1, 1400)]
    public void SongsAndTimesAreReadFromNames(string stem, int song, int time) => Assert.Equal((song, time), SongName.Parse(stem));

    [Theory]
    [InlineData("banjo_A4_very-long_forte_normal")]
    [InlineData("k30_train-piano-074")]
    [InlineData("photo")]
    [InlineData("99999999999_1")]
    public void OtherNamesTellNoSong(string stem) => Assert.Null(SongName.Parse(stem));

    private void Fails(params string[] parts)
    {
        var error = Assert.ThrowsAny<BadInputException>(() => DatasetIndex.Open(Folder));
        Assert.All(parts, part => Assert.Contains(part, error.Message));
        Assert.DoesNotContain('\n', error.Message);
        Assert.StartsWith(Folder, Path.GetFullPath(error.Message.Split(": ")[0], Folder));
    }
}
