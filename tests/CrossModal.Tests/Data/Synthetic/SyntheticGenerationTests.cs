using CrossModal.Data.Synthetic;
using CrossModal.Kernels;

namespace CrossModal.Tests.Data.Synthetic;

public class SyntheticGenerationTests
{
    private static readonly SyntheticOptions Tiny = new() { TrainPairsPerInstrument = 3, ValidationPairsPerInstrument = 2, Threads = 1 };

    [Fact]
    public void SameOptionsGiveTheSameBytesWithAnyNumberOfThreads()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        using var third = new TemporaryFolder();
        Generate(first.Path, Tiny);
        Generate(second.Path, Tiny with { Threads = 3 });
        Generate(third.Path, Tiny with { Seed = 2018 });
        var files = first.Files();
        Assert.Equal(2 * 13 * 5 + 2, files.Length);
        Assert.Equal(files, second.Files());
        var otherwise = 0;
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(Path.Combine(first.Path, file));
            Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(second.Path, file))),
                $"{file} differs between two generations");
            if (!bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(third.Path, file))))
                otherwise++;
        }

        Assert.Equal(files.Length, otherwise);
    }

    [Fact]
    public void ProgressReachesTheTotalAndNeverFalls()
    {
        using var folder = new TemporaryFolder();
        var seen = new List<(int Done, int Total)>();
        Generate(folder.Path, Tiny with { Threads = 2 }, (done, total) => seen.Add((done, total)));
        Assert.All(seen, step => Assert.Equal(13 * 5, step.Total));
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(13 * 5, seen[^1].Done);
    }

    [Fact]
    public void ACancelledGenerationLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => SyntheticDataset.Generate(folder.Path, Tiny, (done, _) =>
        {
            if (done > 10)
                cancel.Cancel();
        }, cancel.Token));
        Assert.False(Directory.Exists(folder.Path));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Beside));
    }

    [Fact]
    public void WhatAKilledGenerationLeftIsRemovedAtTheNextStart()
    {
        using var folder = new TemporaryFolder();
        var leftover = Path.Combine(folder.Beside, ".crossmodal-0123456789abcdef01234567.tmp");
        Directory.CreateDirectory(Path.Combine(leftover, "img", "train", "cello"));
        File.WriteAllText(Path.Combine(leftover, "img", "train", "cello", "cello99_500.jpg"), "half a picture");
        File.WriteAllText(leftover + ".lock", "");
        Generate(folder.Path, Tiny);
        Assert.Equal([folder.Path], Directory.GetFileSystemEntries(folder.Beside));
        Assert.DoesNotContain(folder.Files(), file => file.Contains("cello99"));
        Assert.True(File.Exists(Path.Combine(folder.Path, "dataset.json")));
    }

    [Fact]
    public void AFolderWithSomethingInItIsRefusedAndKept()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Path);
        var precious = Path.Combine(folder.Path, "thesis.txt");
        File.WriteAllText(precious, "years of work");
        var error = Assert.Throws<BadInputException>(() => Generate(folder.Path, Tiny));
        Assert.Contains(folder.Path, error.Message);
        Assert.Equal("years of work", File.ReadAllText(precious));
    }

    [Fact]
    public void AnEmptyFolderIsFilled()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Path);
        Generate(folder.Path + Path.DirectorySeparatorChar, Tiny);
        Assert.True(File.Exists(Path.Combine(folder.Path, "poses.csv")));
    }

    [Fact]
    public void TwoGenerationsIntoOneFolderAreRefused()
    {
        using var folder = new TemporaryFolder();
        BadInputException? second = null;
        Generate(folder.Path, Tiny, (_, _) => second ??= Assert.Throws<BadInputException>(() => Generate(folder.Path, Tiny)));
        Assert.Contains("another process", second!.Message);
    }

    [Theory]
    [InlineData(0, 5, 1)]
    [InlineData(5, 0, 1)]
    [InlineData(5, 5, -1)]
    public void SenselessOptionsAreRefused(int train, int validation, int threads)
    {
        var path = SyntheticFolder.NewPath();
        Assert.Throws<BadInputException>(() => Generate(path,
            new SyntheticOptions { TrainPairsPerInstrument = train, ValidationPairsPerInstrument = validation, Threads = threads }));
        Assert.False(Directory.Exists(path));
    }

    /// <summary>Song numbers have two digits, whatever the number of pairs.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(240, 60)]
    [InlineData(5000, 1000)]
    public void PlansHoldExactlyTheWantedPairs(int train, int validation)
    {
        var songs = DatasetPlan.Songs(new SyntheticOptions { TrainPairsPerInstrument = train, ValidationPairsPerInstrument = validation });
        Assert.Equal(13 * train, songs.Where(song => song.Split == "train").Sum(song => song.Windows));
        Assert.Equal(13 * validation, songs.Where(song => song.Split == "validation").Sum(song => song.Windows));
        Assert.InRange(songs.Max(song => song.Song), 0, 99);
        Assert.Equal(songs.Count, songs.Select(song => (song.Instrument, song.Song)).Distinct().Count());
        Assert.True(songs.All(song => song.Windows >= 1));
    }

    [Theory]
    [InlineData(58.27f * 2, 0)]
    [InlineData(82.41f, 6)]
    [InlineData(233.08f, 0)]
    [InlineData(220f, 1)]
    [InlineData(98f, 3)]
    public void TheTrombonesSlideStandsWhereItsHarmonicsAskForIt(float hertz, float position) =>
        Assert.Equal(position, Pose.SemitonesBelowHarmonic(58.27f, hertz));

    [Fact]
    public void AViolinistStopsTheHighestStringThatReaches()
    {
        float[] strings = [196f, 293.7f, 440f, 659.3f];
        Assert.Equal((0, 2), Pose.Stop(strings, 440));
        var (fraction, highest) = Pose.Stop(strings, 2 * 659.3f);
        Assert.Equal(3, highest);
        Assert.Equal(0.5f, fraction, 1e-3f);
    }

    private static void Generate(string path, SyntheticOptions options, Action<int, int>? progress = null) =>
        SyntheticDataset.Generate(path, options, progress, TestContext.Current.CancellationToken);

    private sealed class TemporaryFolder : IDisposable
    {
        public TemporaryFolder() => Path = System.IO.Path.Combine(Beside, "set");

        /// <summary>The folder that it will be in, which has nothing else.</summary>
        public string Beside { get; } = Directory.CreateTempSubdirectory("crossmodal-synthetic-").FullName;

        public string Path { get; }

        public string[] Files()
        {
            var files = Directory.GetFiles(Path, "*", SearchOption.AllDirectories)
                .Select(file => System.IO.Path.GetRelativePath(Path, file));
            return [.. files.Order(StringComparer.Ordinal)];
        }

        public void Dispose() => Directory.Delete(Beside, recursive: true);
    }
}
