using CrossModal.Data;
using CrossModal.Kernels;

namespace CrossModal.Tests.Data;

public sealed class PairDatasetTests : DatasetFixture
{
    [Theory]
    [InlineData("validation", "")]
    [InlineData("test", "Sub-URMP")]
    public void SubUrmpIsPairedByStem(string validation, string top)
    {
        SubUrmp(["cello", "double_bass", "flute"], songs: 2, windows: 3, validation, top);
        using var data = Open();
        Assert.IsType<StemPairLayout>(data.Layout);
        Assert.Equal(["cello", "double_bass", "flute"], data.Classes);
        Assert.Equal((18, 18, 18), (data.Train.Count, data.Validation.Count, data.Train.ImageCount));
        foreach (var split in new[] { data.Train, data.Validation })
        {
            for (var i = 0; i < split.Count; i++)
            {
                var (sound, image) = split.Pair(i, seed: 1, epoch: i);
                var levels = Levels(split, sound, image);
                Assert.Equal(levels.Sound % 256, levels.Image);
                Assert.Equal((levels.Sound - 1) / 100, split.SoundClass(sound));
                Assert.Equal(split.SoundClass(sound), split.ImageClass(image));
                Assert.Equal((levels.Sound - 1) / 10 % 10, split.Song(sound) % 40);
                Assert.Equal(Path.GetFileNameWithoutExtension(split.SoundName(sound)),
                    Path.GetFileNameWithoutExtension(split.ImageName(image)));
            }
        }
    }

    [Fact]
    public void NamesThatSortDifferentlyArePairedByStemAllTheSame()
    {
        // As numbers rise, the text order jumps; and one modality has an upper-case extension.
        foreach (var split in new[] { "train", "test" })
            foreach (var name in new[] { "sax", "tuba" })
                foreach (var time in new[] { 500, 1000, 20000, 3000 })
                {
                    Sound($"chunk/{split}/{name}/{name}00_{time}.WAV", Audible + time);
                    Image($"img/{split}/{name}/{name}00_{time}.PNG", (byte)(time / 100));
                }

        using var data = Open();
        for (var i = 0; i < data.Train.Count; i++)
        {
            var (sound, image) = Levels(data.Train, i, data.Train.Pair(i, 0, 0).Image);
            Assert.Equal(sound / 100, image);
        }
    }

    [Fact]
    public void RecordingsAreCutPaddedResampledAndPairedByClassAnewEachEpoch()
    {
        foreach (var (name, level) in new[] { ("banjo", 1000), ("horn", 2000) })
        {
            for (var i = 0; i < 10; i++)
            {
                Sound($"audio/{name}/{i}.wav", level + i, samples: i == 0 ? 44100 : i == 1 ? 5000 : i == 2 ? 33074 : 22050);
                Image($"images/{name}/{i}.png", (byte)(level / 20 + i));
            }

            Sound($"audio/{name}/resampled.wav", level + 50, samples: 96000, rate: 96000);
        }

        File.WriteAllText(Path.Combine(Folder, "manifest.csv"), "modality,class,file,split,\"a, b\"\n" + string.Concat(
            from name in new[] { "banjo", "horn" }
            from i in Enumerable.Range(0, 10)
            let split = i < 8 ? "train" : "test"
            from line in new[] { $"audio,{name},audio/{name}/{i}.wav,{split},\"x, \"\"y\"\"\"\r\n",
                $"image,{name},images/{name}/{i}.png,{split},z\n" }
            select line) + "audio,banjo,audio/banjo/resampled.wav,train,\naudio,horn,audio/horn/resampled.wav,train,\n");

        using var data = Open();
        Assert.IsType<ClassFolderLayout>(data.Layout);

        // One second: 3 windows; 5000 samples: one, padded; 33074: one, as the second would be one sample short; 96000 at 96 kHz: 44100
        // again, so 3.
        Assert.Equal((2 * (3 + 1 + 1 + 5 + 3), 16), (data.Train.SoundCount, data.Train.ImageCount));
        Assert.Equal((4, 4), (data.Validation.SoundCount, data.Validation.ImageCount));
        var padded = Enumerable.Range(0, data.Train.Count).Single(i => data.Train.SoundName(i) == "audio/horn/1.wav");
        var samples = new float[PairSplit.SoundLength];
        data.Train.ReadSound(padded, samples);
        Assert.Equal(2001 / 32768f, samples[4999]);
        Assert.Equal(-1, samples.AsSpan(5000).IndexOfAnyExcept(0f));
        Assert.Equal(2, Enumerable.Range(0, data.Train.Count)
            .Count(i => data.Train.SoundName(i) == "audio/banjo/0.wav at 0.25 s"
                || data.Train.SoundName(i) == "audio/banjo/0.wav at 0.50 s"));
        var resampled = Enumerable.Range(0, data.Train.Count).Single(i => data.Train.SoundName(i) == "audio/banjo/resampled.wav at 0.25 s");
        data.Train.ReadSound(resampled, samples);
        Assert.Equal(1050 / 32768f, samples[11025], 1e-5f);

        var drawn = Enumerable.Range(0, 200).Select(epoch => data.Train.Pair(padded, seed: 5, epoch).Image).ToArray();
        Assert.Equal(8, drawn.Distinct().Count());
        Assert.All(drawn, image => Assert.Equal(1, data.Train.ImageClass(image)));
        Assert.Equal(drawn, Enumerable.Range(0, 200).Select(epoch => data.Train.Pair(padded, seed: 5, epoch).Image));
        Assert.NotEqual(drawn, Enumerable.Range(0, 200).Select(epoch => data.Train.Pair(padded, seed: 6, epoch).Image));
    }

    [Fact]
    public void WithoutAManifestTheSplitIsDrawnByRecordingAndIsAlwaysTheSame()
    {
        foreach (var name in new[] { "banjo", "horn" })
            for (var i = 0; i < 20; i++)
            {
                Sound($"audio/{name}/{i}.wav", Audible + i, samples: 44100);
                Image($"images/{name}/{i}.png", (byte)i);
            }

        var first = DatasetIndex.Open(Folder);
        Assert.Equal(6, first.Sounds.Count(file => file.Split == Split.Validation));
        Assert.Equal(3, first.Images.Count(file => file.Split == Split.Validation && file.Class == 1));
        Assert.Equal(first.Sounds, DatasetIndex.Open(Folder).Sounds);
        using var data = Open(seed: 99);
        Assert.Equal((3 * 34, 3 * 6), (data.Train.Count, data.Validation.Count));
        string[] Recordings(PairSplit split) => [.. Enumerable.Range(0, split.Count).Select(i => split.SoundName(i).Split(' ')[0])];
        Assert.Empty(Recordings(data.Train).Intersect(Recordings(data.Validation)));
    }

    [Fact]
    public void WindowsOfOneSongStayOnOneSideOfADrawnSplit()
    {
        foreach (var name in new[] { "banjo", "horn" })
            for (var i = 0; i < 20; i++)
            {
                Sound($"audio/{name}/{name}{i / 5:00}_{i % 5 * 100}.wav", i);
                Image($"images/{name}/{name}{i / 5:00}_{i % 5 * 100}.png", (byte)i);
            }

        foreach (var files in new[] { DatasetIndex.Open(Folder).Sounds, DatasetIndex.Open(Folder).Images })
            Assert.All(files.GroupBy(file => (file.Class, file.Song)), song =>
                Assert.Equal((5, 1), (song.Count(), song.Select(file => file.Split).Distinct().Count())));
    }

    [Fact]
    public void AWrongImageIsNeverOfTheSameClassAndEveryOtherClassIsAsLikely()
    {
        SubUrmp(["cello", "flute", "tuba"], songs: 1, windows: 4);
        foreach (var extra in Enumerable.Range(50, 30))
        {
            Sound($"chunk/train/tuba/tuba{extra}_500.wav", Audible);
            Image($"img/train/tuba/tuba{extra}_500.png", 1);
        }

        using var data = Open();
        var random = new CountedRandom(3);
        var counts = new int[3];
        for (var i = 0; i < 3000; i++)
        {
            var image = data.Train.WrongImage(0, random);
            Assert.NotEqual(data.Train.SoundClass(0), data.Train.ImageClass(image));
            counts[data.Train.ImageClass(image)]++;
        }

        Assert.InRange(counts[1], 1350, 1650);
        Assert.Equal(data.Train.WrongImage(5, new CountedRandom(8)), data.Train.WrongImage(5, new CountedRandom(8)));
    }

    [Fact]
    public void AnotherPoseIsOfTheSameClassAndDoesNotOverlap()
    {
        SubUrmp(["cello", "flute"], songs: 2, windows: 9);
        using var data = Open();
        var random = new CountedRandom(3);
        for (var sound = 0; sound < data.Train.Count; sound++)
        {
            var image = data.Train.WrongPose(sound, random);
            Assert.Equal(data.Train.SoundClass(sound), data.Train.ImageClass(image));
            var apart = data.Train.Song(sound) != data.Train.Song(image) || Math.Abs(image - sound) >= 5;
            Assert.True(apart, $"{data.Train.SoundName(sound)} and {data.Train.ImageName(image)}");
        }
    }

    [Fact]
    public void AnEpochVisitsEveryPairOnceInASeededOrder()
    {
        SubUrmp(["cello", "flute"], songs: 2, windows: 9);
        using var data = Open();
        var order = data.Train.Shuffled(seed: 4, epoch: 1);
        Assert.Equal(Enumerable.Range(0, 36), order.Order());
        Assert.Equal(order, data.Train.Shuffled(4, 1));
        Assert.NotEqual(order, data.Train.Shuffled(4, 2));
        Assert.NotEqual(order, data.Train.Shuffled(5, 1));
    }

    [Fact]
    public void FewerPairsAreSpreadOverClassesAndSongs()
    {
        SubUrmp(["cello", "flute", "tuba"], songs: 3, windows: 8);
        using var few = Open(pairsLimit: 18, seed: 1);
        Assert.Equal((18, 18), (few.Train.Count, few.Validation.Count));
        var songs = Enumerable.Range(0, 18).GroupBy(i => (few.Train.SoundClass(i), few.Train.Song(i))).ToArray();
        Assert.Equal(9, songs.Length);
        Assert.All(songs, song => Assert.Equal(2, song.Count()));
        using var other = Open(pairsLimit: 18, seed: 2);
        Assert.NotEqual(few.Fingerprint, other.Fingerprint);

        // Once everything is cached, a choice is read from there, and is the same choice.
        using var all = Open();
        using var again = Open((stage, _, _) => Assert.Fail($"{stage} are decoded again"), pairsLimit: 18, seed: 3);
        Directory.Delete(Path.Combine(Cache, "samples"), recursive: true);
        using var alone = Open(pairsLimit: 18, seed: 3);
        Assert.Equal(alone.Fingerprint, again.Fingerprint);
        for (var i = 0; i < 18; i++)
        {
            Assert.Equal(alone.Train.SoundName(i), again.Train.SoundName(i));
            Assert.Equal(Levels(alone.Train, i, i), Levels(again.Train, i, i));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Open(pairsLimit: 0));
    }

    [Fact]
    public void ReadingAllocatesNothing()
    {
        SubUrmp(["cello", "flute"], songs: 1, windows: 2);
        using var data = Open();
        var samples = new float[PairSplit.SoundLength];
        var pixels = new float[data.Train.ImageLength];
        var random = new CountedRandom(1);
        Read();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Read();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Throws<ArgumentException>(() => data.Train.ReadSound(0, new float[7]));

        void Read()
        {
            var (sound, image) = data.Train.Pair(1, 2, 3);
            data.Train.ReadSound(sound, samples);
            data.Train.ReadImage(image, pixels);
            data.Train.ReadImage(data.Train.WrongImage(sound, random), pixels);
        }
    }
}
