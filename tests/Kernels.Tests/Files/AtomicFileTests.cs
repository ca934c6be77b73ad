using System.Diagnostics;
using System.Runtime.Versioning;

namespace CrossModal.Kernels.Tests.Files;

/// <summary>Files that are whole or absent, whatever stands where they are to be.</summary>
public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-files-").FullName;

    private static string NotOnWindows => "Windows has no modes, links need rights there";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a")]
    [InlineData("251")]
    [InlineData("255")]
    public void AFileIsWrittenWhateverTheLengthOfItsName(string length)
    {
        var path = In(int.TryParse(length, out var letters) ? new string('n', letters) : "a");
        AtomicFile.WriteText(path, "first");
        AtomicFile.WriteText(path, "second");
        Assert.Equal("second", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite)]
    [UnsupportedOSPlatform("windows")]
    public void AFileThatIsReplacedKeepsItsMode(UnixFileMode mode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), NotOnWindows);
        var path = In("secret.json");
        AtomicFile.WriteText(path, "first");
        File.SetUnixFileMode(path, mode);
        AtomicFile.Write(path, stream =>
        {
            // Also while it is made: nobody sees more of it than before.
            Assert.Equal(mode, File.GetUnixFileMode(((FileStream)stream).Name));
            stream.WriteByte(1);
        });
        Assert.Equal(mode, File.GetUnixFileMode(path));
    }

    [Fact]
    public void WhatIsPlantedUnderNamesThatCanBeGuessedIsNotFollowed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), NotOnWindows);
        var (path, victim) = (In("run.json"), In("victim"));
        File.WriteAllText(victim, "precious");
        foreach (var thread in Enumerable.Range(0, 200))
            File.CreateSymbolicLink($"{path}.{Environment.ProcessId}.{thread}.tmp", victim);
        var names = new List<string>();
        foreach (var _ in new[] { 1, 2 })
            AtomicFile.Write(path, stream => names.Add(Path.GetFileName(((FileStream)stream).Name)));
        Assert.Equal("precious", File.ReadAllText(victim));
        Assert.Equal(2, names.Distinct().Count());
        Assert.All(names, name => Assert.DoesNotContain("run.json", name));
    }

    [Fact]
    public void WhatTheKilledLeftIsRemovedAndNothingElse()
    {
        // A maker that was killed leaves its work and a lock that nobody holds; a living one holds its lock.
        var (dead, users) = (In(".crossmodal-0123456789abcdef01234567.tmp"), In("thesis.tmp"));
        foreach (var file in new[] { dead, dead + ".lock", users, users + ".lock" })
            File.WriteAllText(file, "half");
        var folder = In(".crossmodal-76543210fedcba9876543210.tmp");
        Directory.CreateDirectory(Path.Combine(folder, "img"));
        File.WriteAllText(folder + ".lock", "");
        using (var living = StagedPath.Begin(In("living")))
        {
            File.WriteAllText(living.Aside, "half");
            AtomicFile.WriteText(In("other"), "whole");
            Assert.Equal(new[] { living.Aside, living.Aside + ".lock", In("other"), users, users + ".lock" }.Order(),
                Directory.GetFileSystemEntries(_folder).Order());
        }

        Assert.Equal(new[] { In("other"), users, users + ".lock" }.Order(), Directory.GetFileSystemEntries(_folder).Order());
    }

    [Fact]
    public void WhatFailsLeavesTheOldFile()
    {
        var path = In("weights");
        AtomicFile.WriteText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        var refused = Assert.Throws<BadInputException>(() => AtomicFile.Write(path, _ => throw new IOException("No space left : '/x'")));
        Assert.Equal($"cannot write {path}: No space left; free some space or choose another folder", refused.Message);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void ALinkStaysAndItsFileIsWritten()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), NotOnWindows);
        var (target, link) = (Path.Combine(Directory.CreateDirectory(In("elsewhere")).FullName, "target"), In("link"));
        File.WriteAllText(target, "old");
        File.CreateSymbolicLink(In("between"), target);
        File.CreateSymbolicLink(link, In("between"));
        AtomicFile.WriteText(link, "new");
        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal(In("between"), new FileInfo(link).LinkTarget);

        // Where anyone may plant a link, it is not believed.
        File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.OtherWrite);
        Assert.Contains("a link in a folder that everyone may write to",
            Assert.Throws<BadInputException>(() => AtomicFile.WriteText(link, "newer")).Message);
        Assert.Equal("new", File.ReadAllText(target));
    }

    [Fact]
    public async Task APipeIsWrittenToAndStays()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), NotOnWindows);
        var pipe = In("pipe");
        using (var made = Process.Start("mkfifo", [pipe]))
            made.WaitForExit();
        var read = Task.Run(() => File.ReadAllText(pipe), TestContext.Current.CancellationToken);
        AtomicFile.WriteText(pipe, "through");
        Assert.Equal("through", await read);
        Assert.Equal(FileKind.Special, FileStatus.Of(pipe)!.Value.Kind);
        Assert.Equal([pipe], Directory.GetFileSystemEntries(_folder));
    }

    /// <summary>What lies under /dev need be no device.</summary>
    [Fact]
    public void AFileInMemoryIsReplacedLikeAnyOther()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "there is no /dev/shm here");
        var path = $"/dev/shm/crossmodal-{Guid.NewGuid():N}";
        try
        {
            AtomicFile.WriteText(path, "first");
            AtomicFile.WriteText(path, "second");
            Assert.Equal("second", File.ReadAllText(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Every reader sees one of the texts, whole.</summary>
    [Fact]
    public void ManyWritersOfOneFile()
    {
        var path = In("shared");
        AtomicFile.WriteText(path, new string('0', 5000));
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken },
            i =>
            {
                AtomicFile.WriteText(path, new string((char)('a' + i % 26), 5000));
                var text = File.ReadAllText(path);
                Assert.Equal((5000, 1), (text.Length, text.Distinct().Count()));
            });
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void ALockHasOneHolder()
    {
        var (path, holders, most, taken) = (In("lock"), 0, 0, 0);
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken },
            _ =>
            {
                using var held = FileLock.TryTake(path);
                if (held is null)
                    return;
                Interlocked.Increment(ref taken);
                most = Math.Max(most, Interlocked.Increment(ref holders));
                Thread.SpinWait(2000);
                Interlocked.Decrement(ref holders);
            });
        Assert.Equal(1, most);
        Assert.InRange(taken, 1, 400);
        Assert.False(File.Exists(path));
        using (FileLock.TryTake(path))
        {
            using var stop = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => FileLock.Take(path, stop.Cancel, stop.Token));
        }
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void TheSystemTellsWhatAPathIs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), NotOnWindows);
        var (file, other, hard, link) = (In("file"), In("other"), In("hard"), In("link"));
        File.WriteAllText(file, "");
        File.WriteAllText(other, "");
        File.CreateSymbolicLink(link, file);
        using (var made = Process.Start("ln", [file, hard]))
            made.WaitForExit();
        var status = FileStatus.Of(file)!.Value;
        Assert.Equal((FileKind.Regular, FileStatus.User, File.GetUnixFileMode(file)), (status.Kind, status.Owner, status.Mode));
        Assert.True(status.IsSameFile(FileStatus.Of(hard)!.Value));
        Assert.True(status.IsSameFile(FileStatus.Of(link)!.Value));
        Assert.Equal(FileKind.Link, FileStatus.Of(link, follow: false)!.Value.Kind);
        Assert.False(status.IsSameFile(FileStatus.Of(other)!.Value));
        Assert.Equal(FileKind.Folder, FileStatus.Of(_folder)!.Value.Kind);
        Assert.Null(FileStatus.Of(In("absent")));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupWrite);
        Assert.False(FileStatus.Of(file)!.Value.IsPrivate);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.True(FileStatus.Of(file)!.Value.IsPrivate);
    }

    private string In(string name) => Path.Combine(_folder, name);
}
