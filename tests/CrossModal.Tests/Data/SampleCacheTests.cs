using CrossModal.Data;
using CrossModal.Kernels;

namespace CrossModal.Tests.Data;

public sealed class SampleCacheTests : DatasetFixture
{
    [Fact]
    public void ASecondOpeningDecodesNothingAndAChangedFileEverything()
    {
        SubUrmp(["cello", "flute"], songs: 1, windows: 3);
        var seen = new List<string>();
        using (var first = Open((stage, done, total) => seen.Add($"{stage} {done}/{total}")))
            Assert.Contains("sounds 12/12", seen);
        Assert.Contains("images 12/12", seen);

        // Without the files' contents nothing could be decoded: the second opening must live from the cache. Names, sizes and times stay.
        var path = Path.Combine(Folder, "chunk/train/cello/cello00_500.wav");
        var time = File.GetLastWriteTimeUtc(path);
        File.WriteAllBytes(path, new byte[new FileInfo(path).Length]);
        File.SetLastWriteTimeUtc(path, time);
        using (var second = Open((stage, _, _) => Assert.Fail($"{stage} are decoded again")))
            Assert.Equal((1, 1), Levels(second.Train, 0, 0));

        Sound("chunk/train/cello/cello00_500.wav", Audible + 77);
        File.SetLastWriteTimeUtc(path, time.AddSeconds(5));
        using var third = Open();
        Assert.Equal((77, 1), Levels(third.Train, 0, 0));
    }

    [Fact]
    public void OneBadFileAmongManyIsNamedAndSkippedWithItsPartner()
    {
        // The bad sound is the last of all: its place at the end of the cache is never written.
        SubUrmp(["cello", "flute"], songs: 4, windows: 15);
        File.WriteAllText(Path.Combine(Folder, "img/train/flute/flute02_700.png"), "this is no picture");
        File.WriteAllBytes(Path.Combine(Folder, "chunk/validation/flute/flute43_1900.wav"), []);
        foreach (var _ in new[] { "decoded", "from the cache" })
        {
            var warnings = new List<string>();
            using var data = Open(warn: warnings.Add);
            Assert.Equal((119, 119), (data.Train.Count, data.Train.ImageCount));
            Assert.Equal((119, 119), (data.Validation.Count, data.Validation.ImageCount));
            Assert.Equal(2, warnings.Count);
            Assert.Contains(warnings, line => line.Contains("flute02_700.png") && line.Contains("not an image"));
            Assert.Contains(warnings, line => line.Contains("flute43_1900.wav") && line.Contains("is empty"));
            for (var i = 0; i < data.Train.Count; i++)
                Assert.Equal(Levels(data.Train, i, i).Sound % 256, Levels(data.Train, i, i).Image);
        }
    }

    [Fact]
    public void MoreThanOnePerCentBadStopsWithTheFirstNames()
    {
        SubUrmp(["cello", "flute"], songs: 2, windows: 5);
        File.WriteAllBytes(Path.Combine(Folder, "chunk/train/cello/cello01_500.wav"), new byte[60]);
        var error = Assert.Throws<UnusableDataException>(() => Open());
        Assert.Contains("chunk/train/cello/cello01_500.wav", error.Message);
        Assert.Contains("more than 1 %", error.Message);
        AssertNothingIsLeft();
    }

    [Fact]
    public void ACancelledBuildLeavesNothing()
    {
        SubUrmp(["cello", "flute"], songs: 2, windows: 5);
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            PairDataset.Open(Folder, new PairSelection(64), (stage, done, _) => Stop(stage), cancel: cancel.Token));
        AssertNothingIsLeft();
        using var data = Open();
        Assert.Equal(20, data.Train.Count);

        void Stop(string stage)
        {
            if (stage == "sounds")
                cancel.Cancel();
        }
    }

    [Fact]
    public void WhatAKilledBuildLeftIsNeitherUsedNorKept()
    {
        SubUrmp(["cello", "flute"], songs: 1, windows: 2);
        string folder;
        using (var data = Open())
            folder = Assert.Single(Directory.GetDirectories(Path.Combine(Cache, "samples")));

        // As after a kill in the middle: the work stands aside, and its lock is held by nobody.
        var aside = Path.Combine(Cache, "samples", ".crossmodal-0123456789abcdef01234567.tmp");
        Directory.Move(folder, aside);
        File.WriteAllBytes(aside + ".lock", []);
        var decoded = false;
        using (var data = Open((_, _, _) => decoded = true))
            Assert.True(decoded);
        Assert.Equal([folder], Directory.GetFileSystemEntries(Path.Combine(Cache, "samples")));

        // As after a file system that lost the end of a file.
        using (var stream = File.OpenWrite(Path.Combine(folder, "sounds.bin")))
            stream.SetLength(stream.Length - 1);
        decoded = false;
        using (var data = Open((_, _, _) => decoded = true))
            Assert.Equal((1, 1), Levels(data.Train, 0, 0));
        Assert.True(decoded);
    }

    /// <summary>Where one bit of a cached sample has turned, all are decoded again.</summary>
    [Theory]
    [InlineData("images.bin")]
    [InlineData("sounds.bin")]
    public void ADamagedCacheIsMadeAgain(string name)
    {
        SubUrmp(["cello", "flute"], songs: 1, windows: 2);
        Open().Dispose();
        var path = Path.Combine(Assert.Single(Directory.GetDirectories(Path.Combine(Cache, "samples"))), name);
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(path, bytes);
        var decoded = false;
        using (var data = Open((_, _, _) => decoded = true))
            Assert.Equal((1, 1), Levels(data.Train, 0, 0));
        Assert.True(decoded);
        bytes[bytes.Length / 2] ^= 4;
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    /// <summary>A mapped file would end the process here, without a word.</summary>
    [Fact]
    public void ACacheThatIsCutWhileItIsUsedIsOneLine()
    {
        SubUrmp(["cello", "flute"], songs: 1, windows: 2);
        using var data = Open();
        foreach (var name in new[] { "images.bin", "sounds.bin" })
        {
            var path = Path.Combine(Directory.GetDirectories(Path.Combine(Cache, "samples"))[0], name);
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            stream.SetLength(100);
        }

        var sound = Assert.Throws<BadInputException>(() => data.Train.ReadSound(1, new float[PairSplit.SoundLength]));
        var image = Assert.Throws<BadInputException>(() => data.Train.ReadImage(1, new float[data.Train.ImageLength]));
        Assert.EndsWith("sounds.bin became shorter while it was used; remove it, and it is made anew at the next start", sound.Message);
        Assert.Contains("images.bin became shorter while it was used", image.Message);
    }

    /// <summary>Each size is decoded for itself; caches of 64 × 64 keep the name that they had when there was no other size.</summary>
    [Fact]
    public void EachImageSizeHasACacheOfItsOwn()
    {
        SubUrmp(["cello", "flute"], songs: 1, windows: 2);
        using var standard = Open();
        var name = Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(Cache, "samples"))));
        Assert.Equal(standard.CacheKey[..32], name);
        foreach (var size in new[] { 32, 128 })
        {
            using var other = Open(imageSize: size);
            Assert.Equal((size, size * size * 3), (other.Train.ImageSize, other.Train.ImageLength));
            Assert.Equal(Levels(standard.Train, 1, 1), Levels(other.Train, 1, 1));
            Assert.Equal(standard.Fingerprint, other.Fingerprint);
            Assert.True(Directory.Exists(Path.Combine(Cache, "samples", $"{name}-{size}")));
        }

        Assert.Equal((1, 1), Levels(standard.Train, 0, 0));
    }

    /// <summary>Many open what is not there yet: one makes it, the others wait and open what it made, and nothing is made twice.</summary>
    [Fact]
    public void ManyOnAnEmptyCacheMakeItOnce()
    {
        SubUrmp(["cello", "flute"], songs: 1, windows: 2);
        for (var round = 0; round < 25; round++)
        {
            var (decoded, computed) = (0, 0);
            Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            {
                using var data = Open((stage, done, total) => Interlocked.Add(ref decoded, stage == "sounds" && done == total ? 1 : 0));
                Assert.Equal((1, 1), Levels(data.Train, 0, 0));
                using var features = FeatureFile.OpenOrCompute("stress", 3, 5, (first, n, destination) =>
                {
                    Interlocked.Increment(ref computed);
                    destination.Fill(7);
                });
                var row = new float[5];
                features.Read(2, row);
                Assert.Equal([7f, 7, 7, 7, 7], row);
            });
            Assert.Equal((1, 1), (decoded, computed));
            Assert.Single(Directory.GetFileSystemEntries(Path.Combine(Cache, "samples")));
            Assert.Single(Directory.GetFileSystemEntries(Path.Combine(Cache, "features")));
            Directory.Delete(Cache, recursive: true);
        }
    }

    [Fact]
    public void TooLittleSpaceIsRefusedBeforeWriting()
    {
        var folder = CacheFolder.Ensure("samples");
        var error = Assert.Throws<BadInputException>(() => CacheFolder.RequireSpace(folder, long.MaxValue / 2));
        Assert.Contains("CROSSMODAL_CACHE", error.Message);
        CacheFolder.RequireSpace(folder, 1);
    }

    [Fact]
    public void ACacheThatCannotBeMadeIsOneClearLine()
    {
        SubUrmp(["cello", "flute"], songs: 1, windows: 2);
        File.WriteAllText(Cache, "a file where the folder should be");
        var error = Assert.Throws<BadInputException>(() => Open());
        Assert.Contains("CROSSMODAL_CACHE", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    private void AssertNothingIsLeft() => Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Cache, "samples")));
}
