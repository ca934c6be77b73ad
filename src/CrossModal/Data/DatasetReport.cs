using System.Collections.Concurrent;
using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>How many files there are; windows are sounds of half a second, as training counts them.</summary>
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
        var bad = new ConcurrentBag<SkippedFile>();
        var examined = decode ? null : EvenSelection.Draw([.. index.Sounds.Select(sound => (sound.Class, sound.Song))], ExaminedSounds,
            seed: 0).Select(i => index.Sounds[i]).ToHashSet();
        var checks = new ConcurrentDictionary<string, SoundCheck>(StringComparer.Ordinal);
        var headers = Look("sounds", index.Sounds, file =>
        {
            var header = WavFile.ReadHeader(index.FullPath(file));
            if (examined is null || examined.Contains(file))
                checks[file.RelativePath] = SoundCheck.Of(WavFile.ReadMono(index.FullPath(file)));
            return header;
        });
        var sizes = Look("images", index.Images, file =>
        {
            if (decode)
                ImageFile.ReadSquare(index.FullPath(file), ImageFile.SmallestSide);
            return ((int Width, int Height)?)ImageFile.ReadSize(index.FullPath(file));
        });

        return new DatasetReport
        {
            Folder = index.Folder,
            Layout = index.Layout,
            Errors = index.Findings.Errors,
            Warnings = index.Warnings,
            Classes = [.. index.Classes.Select((name, i) => Count(index, name, i, headers))],
            Durations = SpreadOf([.. headers.OfType<WavHeader>().Select(header => (double)header.Frames / header.SampleRate)]),
            SoundFormats = [.. headers.OfType<WavHeader>().GroupBy(header => (header.SampleRate, header.Channels))
                .Select(group => (group.Key.SampleRate, group.Key.Channels, group.Count()))
                .OrderByDescending(format => format.Item3)],
            ImageSizes = [.. sizes.OfType<(int Width, int Height)>().GroupBy(size => size)
                .Select(group => (group.Key.Width, group.Key.Height, group.Count()))
                .OrderByDescending(size => size.Item3)],
            Skipped = index.Skipped,
            BadFiles = [.. bad.OrderBy(file => file.RelativePath, StringComparer.Ordinal)],
            PoorSounds = new PoorSounds(checks.Count, Which(check => check.IsSilent), Which(check => check.IsClipped),
                Which(check => check.IsShort)),
            SharedSongs = Shared(index),
        };

        string[] Which(Func<SoundCheck, bool> fault) =>
            [.. checks.Where(entry => fault(entry.Value)).Select(entry => entry.Key).Order(StringComparer.Ordinal)];

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
                    bad.Add(new SkippedFile(files[i].RelativePath, error.Message));
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

    private static ClassCounts Count(DatasetIndex index, string name, int number, WavHeader?[] headers)
    {
        int Windows(Split split) => Enumerable.Range(0, headers.Length)
            .Where(i => headers[i] is not null && index.Sounds[i].Split == split && index.Sounds[i].Class == number)
            .Sum(i => index.Layout.WindowsIn(headers[i]!));

        int Files(IReadOnlyList<DataFile> files, Split split) => files.Count(file => file.Class == number && file.Split == split);
        MediaCounts Of(Split split) => new(Files(index.Sounds, split), Windows(split), Files(index.Images, split));
        return new ClassCounts(name, Of(Split.Train), Of(Split.Validation));
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
