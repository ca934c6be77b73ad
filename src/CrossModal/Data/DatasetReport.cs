using System.Collections.Concurrent;
using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>How many files there are; windows are sounds of half a second in which something is heard, as training counts them.</summary>
internal readonly record struct MediaCounts(int Sounds, int Windows, int Images)
{
    public static MediaCounts operator +(MediaCounts a, MediaCounts b) =>
        new(a.Sounds + b.Sounds, a.Windows + b.Windows, a.Images + b.Images);
}

/// <summary>Files of one class.</summary>
internal sealed record ClassCounts(string Name, MediaCounts Train, MediaCounts Validation);

/// <summary>The least, the middle and the greatest of many numbers.</summary>
internal sealed record Spread(double Least, double Median, double Greatest);

/// <summary>A song whose windows are in both splits.</summary>
internal sealed record SharedSong(string Class, int Song);

/// <summary>Sounds that can be read and are still no good, by path in the folder.</summary>
/// <param name="Examined">How many were listened to: all of them, or a few where only headers are read.</param>
/// <param name="Clipped">Those with peaks cut at full scale.</param>
/// <param name="Short">Those of less than half a second, which are filled up with silence.</param>
internal sealed record PoorSounds(int Examined, IReadOnlyList<string> Silent, IReadOnlyList<string> Clipped, IReadOnlyList<string> Short)
{
    public bool Any => Silent.Count + Clipped.Count + Short.Count > 0;
}

/// <summary>
/// What one wants to know of a data set before training on it: whether it can be used, what is in it, and what is odd about it.
/// </summary>
internal sealed record DatasetReport
{
    /// <summary>Where only headers are read, so many sounds are still listened to, spread evenly over classes and songs.</summary>
    private const int ExaminedSounds = 256;

    public required string Folder { get; init; }

    public required DatasetLayout Layout { get; init; }

    /// <summary>What forbids training on it; empty where it can be used.</summary>
    public required IReadOnlyList<string> Errors { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>How files were told apart into training and validation.</summary>
    public required string SplitRule { get; init; }

    /// <summary>Whether every file was decoded; otherwise damage behind a header is not known, nor silence.</summary>
    public required bool Decoded { get; init; }

    public required IReadOnlyList<ClassCounts> Classes { get; init; }

    /// <summary>Lengths of the sound files in seconds; null where none could be read.</summary>
    public required Spread? Durations { get; init; }

    /// <summary>Sample rates and channels that occur, the most frequent first.</summary>
    public required IReadOnlyList<(int SampleRate, int Channels, int Count)> SoundFormats { get; init; }

    /// <summary>Widths and heights that occur, the most frequent first.</summary>
    public required IReadOnlyList<(int Width, int Height, int Count)> ImageSizes { get; init; }

    /// <summary>Files without partner, and files that the manifest names and that are not there.</summary>
    public required IReadOnlyList<SkippedFile> Skipped { get; init; }

    /// <summary>Files that cannot be decoded.</summary>
    public required IReadOnlyList<SkippedFile> BadFiles { get; init; }

    /// <summary>Silent, clipped and short sounds.</summary>
    public required PoorSounds PoorSounds { get; init; }

    /// <summary>
    /// Songs that occur in both splits, where names tell songs: what is learned by heart is then measured as if it were understood.
    /// </summary>
    public required IReadOnlyList<SharedSong> SharedSongs { get; init; }

    /// <summary>Training pairs of the largest class over those of the smallest that has any.</summary>
    public double Imbalance => Classes.Select(counts => counts.Train.Windows).Where(count => count > 0).ToArray() is { Length: > 0 } counts
        ? (double)counts.Max() / counts.Min()
        : 1;

    /// <summary>Looks at every file of a folder.</summary>
    /// <param name="folder">In one of the layouts of <see cref="DatasetLayout.All"/>.</param>
    /// <param name="decode">Whether each file is decoded, which alone finds files damaged in the middle, or its header is read only (and of
    /// a few sounds the samples).</param>
    /// <param name="progress">Called with the stage, files done, and of how many; one call at a time, from any thread.</param>
    /// <param name="cancel">Stops the work.</param>
    /// <exception cref="BadInputException">There is nothing like a data set.</exception>
    public static DatasetReport Collect(string folder, bool decode = true, Action<string, int, int>? progress = null,
        CancellationToken cancel = default)
    {
        var index = DatasetIndex.Examine(folder);
        var bad = new ConcurrentDictionary<string, SkippedFile>(StringComparer.Ordinal);
        var examined = decode ? null : EvenSelection.Draw([.. index.Sounds.Select(sound => (sound.Class, sound.Song))], ExaminedSounds,
            seed: 0).Select(i => index.Sounds[i]).ToHashSet();
        var checks = new ConcurrentDictionary<string, SoundCheck>(StringComparer.Ordinal);
        var silent = new ConcurrentDictionary<(string File, int Window), bool>();
        var headers = Look("sounds", index.Sounds, file =>
        {
            var header = SoundFile.ReadHeader(index.FullPath(file));
            if (examined is null || examined.Contains(file))
                checks[file.RelativePath] = Listen(file, header);
            return header;
        });
        var sizes = Look("images", index.Images, file =>
        {
            if (decode)
                ImageFile.ReadSquare(index.FullPath(file), ImageFile.SmallestSide);
            return ((int Width, int Height)?)ImageFile.ReadSize(index.FullPath(file));
        });

        var windows = SoundWindow.Of(index);
        var list = SampleList.All(index, windows);
        int[] silentPlaces = [.. Enumerable.Range(0, windows.Length).Where(i =>
            silent.ContainsKey((index.Sounds[windows[i].File].RelativePath, windows[i].Number)))];
        var faults = new SampleFaults(Bad(index.Images), Bad(index.Sounds), silentPlaces, Which(check => check.ScaledFrom is not null));
        var judgment = DatasetJudgment.Of(list, faults);

        return new DatasetReport
        {
            Folder = index.Folder,
            Layout = index.Layout,
            Errors = [.. index.Findings.Errors, .. index.Findings.Errors.Count > 0 ? [] : judgment.Errors],
            Warnings = [.. index.Warnings, .. judgment.Warnings],
            SplitRule = index.Findings.SplitRule,
            Decoded = decode,
            Classes = Count(UsableSamples.Of(list, faults)),
            Durations = SpreadOf([.. headers.OfType<SoundHeader>().Select(header => (double)header.Frames / header.SampleRate)]),
            SoundFormats = [.. headers.OfType<SoundHeader>().GroupBy(header => (header.SampleRate, header.Channels))
                .Select(group => (group.Key.SampleRate, group.Key.Channels, group.Count()))
                .OrderByDescending(format => format.Item3)],
            ImageSizes = [.. sizes.OfType<(int Width, int Height)>().GroupBy(size => size)
                .Select(group => (group.Key.Width, group.Key.Height, group.Count()))
                .OrderByDescending(size => size.Item3)],
            Skipped = index.Skipped,
            BadFiles = [.. bad.Values.OrderBy(file => file.RelativePath, StringComparer.Ordinal)],
            PoorSounds = new PoorSounds(checks.Count, Which(check => check.IsSilent), Which(check => check.IsClipped),
                Which(check => check.IsShort)),
            SharedSongs = Shared(index),
        };

        string[] Which(Func<SoundCheck, bool> fault) =>
            [.. checks.Where(entry => fault(entry.Value)).Select(entry => entry.Key).Order(StringComparer.Ordinal)];

        SoundCheck Listen(DataFile file, SoundHeader header)
        {
            SoundCheck? check = null;
            SoundWindow.Read(index.FullPath(file), (clip, samples) =>
            {
                var window = new short[SoundWindow.Length];
                for (var number = 0; number < SoundWindow.CountIn(header); number++)
                {
                    if (!new SoundWindow(0, number).CopyFrom(samples, window))
                        silent[(file.RelativePath, number)] = true;
                }

                check = SoundCheck.Of(clip);
            });
            return check!;
        }

        BadSample[] Bad(IReadOnlyList<DataFile> files) => [.. files.Select(file => file.RelativePath).Distinct()
            .Where(bad.ContainsKey).Select(path => new BadSample(0, path, bad[path].Reason))];

        T?[] Look<T>(string stage, IReadOnlyList<DataFile> files, Func<DataFile, T> look)
        {
            var found = new T?[files.Count];
            var done = 0;
            var gate = new Lock();
            progress?.Invoke(stage, 0, files.Count);
            Parallel.For(0, files.Count,
                new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel }, i =>
            {
                try
                {
                    found[i] = look(files[i]);
                }
                catch (BadInputException error)
                {
                    bad[files[i].RelativePath] = new SkippedFile(files[i].RelativePath, error.Message);
                }

                lock (gate)
                {
                    done++;
                    if (done % 100 == 0 || done == files.Count)
                        progress?.Invoke(stage, done, files.Count);
                }
            });
            return found;
        }
    }

    private static ClassCounts[] Count(UsableSamples usable)
    {
        var index = usable.List.Index;
        var counts = new MediaCounts[index.Classes.Length, 2];
        foreach (var file in index.Sounds)
            counts[file.Class, (int)file.Split] += new MediaCounts(1, 0, 0);
        foreach (var file in index.Images)
            counts[file.Class, (int)file.Split] += new MediaCounts(0, 0, 1);
        foreach (var file in usable.Sounds(Split.Train).Concat(usable.Sounds(Split.Validation))
            .Select(i => index.Sounds[usable.List.Sounds[i].File]))
            counts[file.Class, (int)file.Split] += new MediaCounts(0, 1, 0);
        return [.. index.Classes.Select((name, i) =>
            new ClassCounts(name, counts[i, (int)Split.Train], counts[i, (int)Split.Validation]))];
    }

    private static Spread? SpreadOf(double[] values)
    {
        if (values.Length == 0)
            return null;
        Array.Sort(values);
        return new Spread(values[0], (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2, values[^1]);
    }

    private static SharedSong[] Shared(DatasetIndex index)
    {
        if (!index.Layout.IsPaired)
            return [];
        var train = index.Sounds.Where(file => file.Split == Split.Train && file.Milliseconds >= 0).Select(file => (file.Class, file.Song))
            .ToHashSet();
        return [.. index.Sounds.Where(file => file.Split == Split.Validation && file.Milliseconds >= 0)
            .Select(file => (file.Class, file.Song)).Distinct()
            .Where(train.Contains)
            .Order().Select(song => new SharedSong(index.Classes[song.Class], song.Song))];
    }
}
