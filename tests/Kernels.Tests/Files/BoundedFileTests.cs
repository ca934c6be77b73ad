using System.Diagnostics;
using System.Text;

namespace CrossModal.Kernels.Tests.Files;

public sealed class BoundedFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-bounded-").FullName;

    private string File => Path.Combine(_folder, "a.txt");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void TextIsReadWithOrWithoutAByteOrderMark()
    {
        foreach (var encoding in new Encoding[] { new UTF8Encoding(false), new UTF8Encoding(true), Encoding.Unicode })
        {
            System.IO.File.WriteAllText(File, "naïve", encoding);
            Assert.Equal("naïve", BoundedFile.ReadText(File, 100, "text", "write one"));
        }

        System.IO.File.WriteAllBytes(File, [0xC3]);
        Assert.Equal($"{File}: is no text, but bytes that are no UTF-8 text; write one",
            Refused(() => BoundedFile.ReadText(File, 100, "text", "write one")));
    }

    [Fact]
    public void LinesAreNumberedAndCut()
    {
        System.IO.File.WriteAllText(File, "one\r\n\r\nthree\nvery long\rlast");
        Assert.Equal([(1, "one"), (2, ""), (3, "three"), (4, "very lo"), (5, "last")],
            BoundedFile.ReadLines(File, 6, 100, "text", "write one"));
    }

    /// <summary>A line as long as the file costs no more than its first letters.</summary>
    [Fact]
    public void ALineWithoutEndCostsNoMemory()
    {
        using (var file = System.IO.File.OpenWrite(File))
            file.SetLength(1L << 28);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(11, Assert.Single(BoundedFile.ReadLines(File, 10, 1L << 30, "text", "write one")).Line.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void WhatIsNoFileIsNotOpened()
    {
        Assert.Equal($"{File}: no such file; write one", Refused(() => BoundedFile.Read(File, 100, "text", "write one")));
        Assert.Equal($"{File}: gone", Refused(() => BoundedFile.Read(File, 100, "text", "write one", "gone")));
        Assert.Equal($"{_folder}: is a folder and no text; write one", Refused(() => BoundedFile.Read(_folder, 100, "text", "write one")));
        System.IO.File.WriteAllBytes(File, new byte[101]);
        Assert.Equal($"{File}: has 101 bytes and is no text; write one", Refused(() => BoundedFile.Read(File, 100, "text", "write one")));
        Assert.StartsWith("a\\u0000b: cannot be read (Null character in path",
            Refused(() => BoundedFile.Read("a\0b", 100, "text", "write one")));
    }

    [Fact]
    public void PipesAndDevicesAreRefusedAtOnce()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no files that are pipes or devices");
        using (var made = Process.Start("mkfifo", File))
            made.WaitForExit();
        var link = Path.Combine(_folder, "link");
        System.IO.File.CreateSymbolicLink(link, File);
        foreach (var path in new[] { "/dev/zero", File, link })
        {
            Assert.Equal($"{path}: is a pipe or a device and no text; write what it gives to a file, and give that",
                Refused(() => BoundedFile.Read(path, 100, "text", "write one")));
            Assert.False(BoundedFile.HasContent(path));
        }
    }

    [Fact]
    public void WhatIsQuotedMovesNoCursor()
    {
        Assert.Equal("a\\u001B[31m b\\u202Ec", new BadInputException("a\u001b[31m\r\n  b\u202ec").Message);
        Assert.Equal("éß“”…", Excerpt.OneLine("éß“”…"));
        Assert.Equal("abc…", Excerpt.Of("abcdef", 3));
        Assert.Equal(4001, new BadInputException(new string('x', 1 << 20)).Message.Length);
    }

    private static string Refused(Action read) => Assert.Throws<BadInputException>(read).Message;
}
