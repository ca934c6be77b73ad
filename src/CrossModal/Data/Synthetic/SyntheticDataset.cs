using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CrossModal.Audio;
using CrossModal.Kernels;

namespace CrossModal.Data.Synthetic;

/// <summary>
/// A generated data set in the layout of Sub-URMP: thirteen instruments, each with several players, songs of notes rendered by a model of
/// the instrument, and for each window of 0.5 s a picture of the player in the pose that the music asks for at its start. Beside
/// <c>img/</c> and <c>chunk/</c> lie <c>poses.csv</c> and <c>dataset.json</c>.
/// </summary>
internal static class SyntheticDataset
{
    /// <summary>Raised whenever the same options would give other files.</summary>
    public const int FormatVersion = 1;

    internal const int SampleRate = LogMelSpectrogram.SampleRate, WindowFrames = LogMelSpectrogram.Samples;
    internal const float WindowSeconds = 0.5f;

    /// <summary>Pixels of a picture's side.</summary>
    internal const int SmallestPicture = 64, LargestPicture = 8192;

    /// <summary>The classes, in alphabetical order: an instrument's index here is its label.</summary>
    public static readonly string[] Instruments =
        ["bassoon", "cello", "clarinet", "double_bass", "flute", "horn", "oboe", "sax", "trombone", "trumpet", "tuba", "viola", "violin"];

    /// <summary>
    /// Generates the data set into <paramref name="folder"/>, which must not exist or be empty. Everything is made beside it and moved
    /// there at the end, so the folder is whole or absent.
    /// </summary>
    /// <param name="progress">Called after each song with pairs done and pairs in all, one call at a time.</param>
    /// <exception cref="BadInputException">The options make no sense, the folder is not empty or in use by another generation, or the disk
    /// refuses.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was triggered; nothing is left behind.</exception>
    public static void Generate(string folder, SyntheticOptions options, Action<int, int>? progress = null,
        CancellationToken cancel = default)
    {
        Check(options);
        WholeFolder.Make(folder, aside => Make(aside, options, progress, cancel));
    }

    /// <summary>Generates the data set into a folder that does not exist, and leaves there what it had made where it fails.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was triggered.</exception>
    internal static void Make(string folder, SyntheticOptions options, Action<int, int>? progress, CancellationToken cancel)
    {
        try
        {
            Fill(folder, options, progress, cancel);
        }
        catch (AggregateException error) when (error.InnerExceptions.FirstOrDefault(WholeFolder.IsRefusal) is { } refused)
        {
            // A full disk stops several workers at once; the first of them tells all there is to tell.
            throw new IOException(refused.Message, refused);
        }
    }

    private static void Check(SyntheticOptions options)
    {
        if (options.TrainPairsPerInstrument < 1 || options.ValidationPairsPerInstrument < 1)
        {
            throw new BadInputException(
                $"{options.TrainPairsPerInstrument} pairs for training and {options.ValidationPairsPerInstrument} for validation: "
                + "an instrument needs at least 1 of each");
        }

        if (options.PictureWidth is < SmallestPicture or > LargestPicture || options.PictureHeight is < SmallestPicture or > LargestPicture)
            throw new BadInputException(
                $"pictures of {options.PictureWidth} × {options.PictureHeight}: a side has {SmallestPicture} to {LargestPicture} pixels");
        if (options.Threads < 0)
            throw new BadInputException($"{options.Threads} threads: give 1 or more, or 0 for every core");
    }

    private static void Fill(string folder, SyntheticOptions options, Action<int, int>? progress, CancellationToken cancel)
    {
        var songs = DatasetPlan.Songs(options);
        foreach (var (split, instrument) in songs.Select(song => (song.Split, song.Instrument)).Distinct())
        {
            Directory.CreateDirectory(Path.Combine(folder, "img", split, instrument));
            Directory.CreateDirectory(Path.Combine(folder, "chunk", split, instrument));
        }

        var poses = new Pose[songs.Count][];
        var total = songs.Sum(song => song.Windows);
        var done = 0;
        var gate = new Lock();
        var threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel };
        Parallel.For(0, songs.Count, parallel, () => new ScenePainter(options.PictureWidth, options.PictureHeight), (i, _, painter) =>
        {
            poses[i] = WriteSong(folder, options.Seed, songs[i], painter, cancel);
            lock (gate)
            {
                done += songs[i].Windows;
                progress?.Invoke(done, total);
            }

            return painter;
        }, painter => painter.Dispose());
        WritePoses(Path.Combine(folder, "poses.csv"), songs, poses);
        WriteDescription(Path.Combine(folder, "dataset.json"), options, songs);
    }

    private static Pose[] WriteSong(string folder, ulong seed, SongPlan plan, ScenePainter painter, CancellationToken cancel)
    {
        var song = Song.Compose(seed, plan);
        var sound = SongRenderer.Render(seed, plan, song);
        var look = PlayerLook.Of(seed, plan.InstrumentIndex, plan.Player);
        var poses = new Pose[plan.Windows];
        for (var window = 0; window < plan.Windows; window++)
        {
            cancel.ThrowIfCancellationRequested();
            var start = SongPlan.MillisecondsOf(window);
            poses[window] = Pose.At(song, plan, start / 1000f);
            var stem = plan.Stem(window);

            // Plain streams: the folder as a whole is renamed into place, so a sync for each of thousands of files would buy nothing.
            var (wav, jpeg) = (Path.Combine(folder, "chunk", plan.Split, plan.Instrument, stem + ".wav"),
                Path.Combine(folder, "img", plan.Split, plan.Instrument, stem + ".jpg"));
            using (var file = File.Create(wav))
                WavFile.Write(file, sound.AsSpan(2 * (start * (SampleRate / 100) / 10), 2 * WindowFrames), 2, SampleRate);
            File.WriteAllBytes(jpeg, painter.PaintJpeg(plan.Instrument, look, poses[window]));
            File.SetLastWriteTimeUtc(wav, DateOf(seed));
            File.SetLastWriteTimeUtc(jpeg, DateOf(seed));
        }

        return poses;
    }

    /// <summary>
    /// The date that all files bear: a function of what they are made from, so that a set that was deleted and made anew is known for the
    /// same.
    /// </summary>
    private static DateTime DateOf(ulong seed) =>
        new DateTime(2017, 4, 27, 0, 0, 0, DateTimeKind.Utc).AddDays(FormatVersion).AddSeconds(seed % 86400);

    private static void WritePoses(string path, List<SongPlan> songs, Pose[][] poses)
    {
        var text = new StringBuilder("stem,split,instrument,player,song,ms,pitch_hz,left_hand,string,stroke,sway,dynamics\n");
        for (var i = 0; i < songs.Count; i++)
        {
            var plan = songs[i];
            for (var window = 0; window < plan.Windows; window++)
            {
                var pose = poses[i][window];
                var milliseconds = SongPlan.MillisecondsOf(window);
                text.Append(CultureInfo.InvariantCulture,
                    $"{plan.Stem(window)},{plan.Split},{plan.Instrument},{plan.PlayerName},{plan.Song},{milliseconds},");
                text.Append(CultureInfo.InvariantCulture, $"{pose.PitchHz:0.00},{pose.LeftHand:0.0000},{pose.String},");
                text.Append(CultureInfo.InvariantCulture, $"{pose.Stroke:0.0000},{pose.Sway:0.0000},{pose.Dynamics:0.0000}\n");
            }
        }

        AtomicFile.WriteText(path, text.ToString());
    }

    private static void WriteDescription(string path, SyntheticOptions options, List<SongPlan> songs)
    {
        var instruments = songs.GroupBy(song => song.Instrument).Select(group => new SyntheticDescription.Instrument(
            group.Key, Describe(group.Where(song => song.Split == DatasetPlan.Train)),
                Describe(group.Where(song => song.Split == DatasetPlan.Validation))));
        int? size = options.PictureWidth == options.PictureHeight ? options.PictureWidth : null;
        var description = new SyntheticDescription
        {
            FormatVersion = FormatVersion,
            Seed = options.Seed,
            TrainPairsPerInstrument = options.TrainPairsPerInstrument,
            ValidationPairsPerInstrument = options.ValidationPairsPerInstrument,
            SampleRate = SampleRate,
            WindowFrames = WindowFrames,
            ImageSize = size,
            ImageWidth = size is null ? options.PictureWidth : null,
            ImageHeight = size is null ? options.PictureHeight : null,
            Classes = [.. Instruments],
            Instruments = [.. instruments],
        };
        AtomicFile.WriteText(path, JsonSerializer.Serialize(description, DataJson.Default.SyntheticDescription) + "\n");

        static SyntheticDescription.Part Describe(IEnumerable<SongPlan> songs) => new(
            songs.Sum(song => song.Windows), [.. songs.Select(song => song.Song)],
            [.. songs.Select(song => song.PlayerName).Distinct().Order(StringComparer.Ordinal)]);
    }
}

/// <summary>
/// What a generated data set says of itself, in a file beside it. Square pictures have a size, others a width and a height.
/// </summary>
internal sealed record SyntheticDescription
{
    public string Format { get; init; } = "crossmodal-synthetic";

    public required int FormatVersion { get; init; }

    public required ulong Seed { get; init; }

    public required int TrainPairsPerInstrument { get; init; }

    public required int ValidationPairsPerInstrument { get; init; }

    public required int SampleRate { get; init; }

    public required int WindowFrames { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ImageSize { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ImageWidth { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ImageHeight { get; init; }

    public required string[] Classes { get; init; }

    public required Instrument[] Instruments { get; init; }

    internal sealed record Instrument(string Name, Part Train, Part Validation);

    internal sealed record Part(int Pairs, int[] Songs, string[] Players);
}
