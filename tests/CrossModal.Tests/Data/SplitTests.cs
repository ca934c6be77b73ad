using CrossModal.Data;
using CrossModal.Kernels;

namespace CrossModal.Tests.Data;

/// <summary>How files become training and validation: by folders, by a manifest, or drawn, and never in silence.</summary>
public sealed class SplitTests : DatasetFixture
{
    private static readonly string[] Instruments = ["banjo", "horn"];

    [Theory]
    [InlineData("{0}/images/{1}", "{0}/audio/{1}", "val")]
    [InlineData("images/{0}/{1}", "audio/{0}/{1}", "val")]
    [InlineData("{0}/images/{1}", "{0}/audio/{1}", "valid")]
    [InlineData("images/{0}/{1}", "audio/{0}/{1}", "test")]
    [InlineData("{0}/img/{1}", "{0}/chunk/{1}", "val")]
    public void SplitsAboveOrBelowTheMediaAreUsed(string images, string sounds, string validation)
    {
        Fill(images, sounds, "train", 5);
        Fill(images, sounds, validation, 2);
        var index = DatasetIndex.Open(Folder);
        Assert.Equal(Instruments, index.Classes);
        Assert.Equal((10, 4), (Count(index.Sounds, Split.Train), Count(index.Sounds, Split.Validation)));
        Assert.Equal((10, 4), (Count(index.Images, Split.Train), Count(index.Images, Split.Validation)));
        Assert.All(index.Sounds, file => Assert.Contains(file.Split == Split.Train ? "train/" : validation + "/", file.RelativePath));
        Assert.Empty(index.Warnings);
        Assert.Contains("by folders: ", index.Findings.SplitRule);
        Assert.Contains(validation, index.Findings.SplitRule);
    }

    [Theory]
    [InlineData("{0}/images/{1}", "{0}/audio/{1}")]
    [InlineData("images/{0}/{1}", "audio/{0}/{1}")]
    public void ATestSplitIsLeftAsideWhereThereIsAnother(string images, string sounds)
    {
        Fill(images, sounds, "train", 5);
        Fill(images, sounds, "val", 2);
        Fill(images, sounds, "test", 3);
        var index = DatasetIndex.Open(Folder);
        Assert.Equal((10, 4), (Count(index.Sounds, Split.Train), Count(index.Sounds, Split.Validation)));
        Assert.DoesNotContain(index.Sounds.Concat(index.Images), file => file.RelativePath.Contains("test/"));
        Assert.Contains(index.Warnings, line => line.Contains("has val and test; the first is used for validation"));
    }

    [Fact]
    public void SplitsInOneModalityAloneOrBesideClassesAreRefused()
    {
        Fill("images/{0}/{1}", "audio/{1}", "train", 3);
        Fails("images is divided into splits and audio is not");
        Fill("images/{0}/{1}", "audio/{0}/{1}", "train", 3);
        Fails("the split 'train' beside 'banjo'");
    }

    /// <summary>A folder of several data sets, and one that two layouts fit, are not guessed at.</summary>
    [Fact]
    public void OfSeveralDataSetsNoneIsTakenInSilence()
    {
        Fill("first/images/{1}", "first/audio/{1}", "", 3);
        Assert.Equal(12, DatasetIndex.Open(Folder).Sounds.Count + DatasetIndex.Open(Folder).Images.Count);
        Fill("second/images/{1}", "second/audio/{1}", "", 3);
        Fails("holds 2 data sets (first, second)");
        Directory.Move(Path.Combine(Folder, "first/images"), Path.Combine(Folder, "images"));
        Directory.Move(Path.Combine(Folder, "first/audio"), Path.Combine(Folder, "audio"));
        Assert.Equal(6, DatasetIndex.Open(Folder).Sounds.Count);
        Fill("img/train/{1}", "chunk/train/{1}", "", 3);
        Fails("is laid out in two ways");
    }

    [Fact]
    public void NamesThatACameraGivesTellNoSongs()
    {
        foreach (var name in Instruments)
            for (var i = 0; i < 8; i++)
            {
                Image($"images/{name}/IMG_20230115_1010{i:00}.png", 1);
                Sound($"audio/{name}/take1_{500 + 7 * i}.wav", 1000);
            }

        var index = DatasetIndex.Open(Folder);
        foreach (var files in new[] { index.Images, index.Sounds })
        {
            Assert.All(files.GroupBy(file => file.Class), group => Assert.Equal(1, group.Count(file => file.Split == Split.Validation)));
            Assert.All(files, file => Assert.Equal(8, files.Where(other => other.Class == file.Class).Select(other => other.Song)
                .Distinct().Count()));
        }

        Assert.Contains("about 15 % of each class", index.Findings.SplitRule);
        Assert.Contains("images file by file (2 classes)", index.Findings.SplitRule);
        Assert.Contains("sounds file by file (2 classes)", index.Findings.SplitRule);
    }

    [Fact]
    public void MostOfAClassIsNeverDrawnForValidation()
    {
        foreach (var name in Instruments)
            for (var i = 0; i < 8; i++)
            {
                Image($"images/{name}/{i}.png", 1);
                Sound($"audio/{name}/{name}0{(i < 7 ? 1 : 2)}_{500 + 100 * i}.wav", 1000);
            }

        var index = DatasetIndex.Open(Folder);
        Assert.All(index.Sounds.GroupBy(file => file.Class), group => Assert.Equal(1, group.Count(file => file.Split == Split.Validation)));
        Assert.Contains("sounds by song, as names like 'banjo01_1000' tell (2 classes)", index.Findings.SplitRule);
    }

    [Fact]
    public void AClassOfWindowsOfOneSongSaysSo()
    {
        foreach (var name in Instruments)
            for (var i = 0; i < 4; i++)
            {
                Image($"images/{name}/{i}.png", 1);
                Sound($"audio/{name}/{name}03_{500 + 100 * i}.wav", 1000);
            }

        Fails("class 'banjo' has one recording only, of which names like 'banjo03_500' tell");
    }

    [Theory]
    [InlineData("../secret/a.png", "without ..")]
    [InlineData("images/../../secret/a.png", "without ..")]
    [InlineData("/etc/hostname", "no path inside of the data set")]
    [InlineData("images/ba\0njo/0.png", "no path inside of the data set")]
    public void AManifestNamesNothingOutside(string named, string message)
    {
        Fill("images/{1}", "audio/{1}", "", 4);
        string[] lines = [.. from name in Instruments from i in Enumerable.Range(0, 4) from line in new[]
        {
            $"audio,{name},audio/{name}/{i}.wav,{(i < 2 ? "train" : "test")}",
            $"image,{name},images/{name}/{i}.png,{(i < 2 ? "train" : "test")}",
        }
        select line];
        File.WriteAllLines(Path.Combine(Folder, "manifest.csv"), ["modality,instrument,file,split", .. lines]);
        Assert.Equal("as manifest.csv says", DatasetIndex.Open(Folder).Findings.SplitRule);
        File.AppendAllText(Path.Combine(Folder, "manifest.csv"), $"image,banjo,{named},train\n");
        var error = Assert.Throws<BadInputException>(() => DatasetIndex.Open(Folder));
        Assert.Contains("line 18", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void LinksThatLeadOutsideAndFoldersThatAreNotReadAreMentioned()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("links need a privilege there");
        Fill("images/{1}", "audio/{1}", "", 4);
        File.CreateSymbolicLink(Path.Combine(Folder, "images/banjo/inside.png"), Path.Combine(Folder, "images/banjo/0.png"));
        Assert.Empty(DatasetIndex.Open(Folder).Warnings);
        var outside = Path.Combine(Path.GetDirectoryName(Folder)!, "photo.png");
        File.Copy(Path.Combine(Folder, "images/banjo/0.png"), outside);
        File.CreateSymbolicLink(Path.Combine(Folder, "images/banjo/link.png"), outside);
        Image("images/banjo/old/1.png", 1);
        Image("images/banjo/.thumbnails/1.png", 1);
        var warnings = DatasetIndex.Open(Folder).Warnings;
        Assert.Contains(warnings, line => line.Contains($"1 in all (first images/banjo/link.png to {outside})"));
        Assert.Contains(warnings, line => line.Contains("are not read, 1 in all (first images/banjo/old)"));
        Assert.Equal(2, warnings.Count);
    }

    /// <summary>û is one letter in the one name, and u with a mark behind it in the other.</summary>
    [Fact]
    public void NamesThatDifferInUnicodeFormAloneAreToldApart()
    {
        const string composed = "fl\u00FBte", decomposed = "flu\u0302te";
        Fill("images/{1}", "audio/{1}", "", 4);
        for (var i = 0; i < 4; i++)
        {
            Image($"images/{composed}/{i}.png", 1);
            Sound($"audio/{decomposed}/{i}.wav", 1000);
        }

        Fails("fl\\u00FBte", "flu\\u0302te", "Unicode form");
        Assert.False(UnicodeForm.LooksAs(composed, composed));
        Assert.False(UnicodeForm.LooksAs(composed, "flute"));
        Assert.False(UnicodeForm.LooksAs("fl\u00FBte", "fl\u00F9te"));
        Assert.True(UnicodeForm.LooksAs(decomposed, composed));
    }

    [Fact]
    public void FoldersThatDifferInCaseAloneAreRefused()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("the file system tells no case apart");
        Fill("images/{1}", "audio/{1}", "", 4);
        Directory.CreateDirectory(Path.Combine(Folder, "Images"));
        Fails("has Images and images, which differ in case alone");
    }

    private void Fill(string images, string sounds, string split, int files)
    {
        foreach (var name in Instruments)
            for (var i = 0; i < files; i++)
            {
                Image(Path.Combine(string.Format(null, images, split, name), $"{i}.png"), 1);
                Sound(Path.Combine(string.Format(null, sounds, split, name), $"{i}.wav"), 1000);
            }
    }

    private static int Count(IReadOnlyList<DataFile> files, Split split) => files.Count(file => file.Split == split);

    private void Fails(params string[] parts)
    {
        var error = Assert.ThrowsAny<BadInputException>(() => DatasetIndex.Open(Folder));
        Assert.All(parts, part => Assert.Contains(part, string.Join('\n', (error as UnusableDataException)?.Problems ?? [error.Message])));
    }
}
