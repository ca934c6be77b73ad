using CrossModal.Data;
using CrossModal.Kernels;

namespace CrossModal.Tests.Data;

/// <summary>Manifests that no data set has: each is one short line, in little memory.</summary>
public sealed class ManifestTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-manifest-").FullName;

    private string File => Path.Combine(_folder, "manifest.csv");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("image,a,\0,train", "line 2 names \\u0000, "
        + "which is no path inside of the data set; copy or link the file into its folder and "
        + "name it from there")]
    [InlineData("image,a,../a.png,train", "line 2 names ../a.png, "
        + "which may lead out of the data set; copy or link the file into its folder "
        + "and name it without ..")]
    [InlineData("\u001b[31m,a,a.png,train", "line 2 has modality '\\u001B[31m'; write audio or image")]
    [InlineData("image,a,a.png,\u202e", "line 2 has split '\\u202E'; write train, test or validation")]
    public void ALineThatCannotBeIsNamed(string line, string fault)
    {
        System.IO.File.WriteAllText(File, $"modality,instrument,file,split\n{line}\n");
        Assert.Equal($"{File}: {fault}", Refused());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"")]
    public void ALineWithoutEndIsCut(string beginning)
    {
        using (var file = System.IO.File.CreateText(File))
        {
            file.Write($"modality,instrument,file,split\nimage,{beginning}cello");
            file.Flush();
            file.BaseStream.SetLength(1L << 28);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Matches(@"line 2 has more than 65536 letters \(cello(\\u0000){35}…\); "
            + "close the quote that was opened there, or write a line "
            + "for each file$", Refused());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void ClassesAreKeptOnce()
    {
        System.IO.File.WriteAllText(File, "modality,instrument,file,split\n" + string.Concat(Enumerable.Range(0, 100)
            .Select(i => $"image,\"double bass, {i % 2}\",{i}.png,{(i < 50 ? "train" : "test")}\n")));
        var rows = DatasetManifest.Read(_folder, new DatasetFindings(_folder))!;
        Assert.Equal(100, rows.Count);
        Assert.Same(rows[0].Class, rows[98].Class);
        Assert.Equal((3, "double bass, 1", "1.png", Split.Train), (rows[1].Line, rows[1].Class, rows[1].File, rows[1].Split));
        Assert.Equal(Split.Validation, rows[99].Split);
    }

    /// <summary>
    /// Here, what looks through all classes for each class, or through all songs for each song, would not come to an end.
    /// </summary>
    [Fact]
    public void AHundredThousandClassesTakeNoLongerThanTheirLines()
    {
        const int classes = 100_000;
        Directory.CreateDirectory(Path.Combine(_folder, "images"));
        Directory.CreateDirectory(Path.Combine(_folder, "audio"));
        System.IO.File.WriteAllText(File, "modality,instrument,file,split\n" + string.Concat(Enumerable.Range(0, classes)
            .Select(i => $"{(i % 2 == 0 ? "image" : "audio")},{i:x},{i:x}.png,train\n")));
        var index = DatasetIndex.Examine(_folder);
        Assert.Equal((classes, classes), (index.Classes.Length, index.Skipped.Count));

        // Every class with one song, and one that has as many songs as there are classes.
        var chosen = EvenSelection.Draw([.. Enumerable.Range(0, 2 * classes).Select(i => (Math.Max(0, i - classes), i))], classes, 7);
        Assert.Equal(classes, chosen.Length);
        Assert.InRange(chosen.Count(i => i <= classes), 1, 2);
    }

    private string Refused() =>
        Assert.Throws<BadInputException>(() => DatasetManifest.Read(_folder, new DatasetFindings(_folder))).Message;
}
