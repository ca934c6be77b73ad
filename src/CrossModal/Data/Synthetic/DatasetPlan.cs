using CrossModal.Kernels;

namespace CrossModal.Data.Synthetic;

/// <summary>One song to render: who plays what, in which split, and how many windows of 0.5 s are cut from it.</summary>
internal sealed record SongPlan(int InstrumentIndex, string Split, int Song, int Player, int Windows)
{
    public string Instrument => SyntheticDataset.Instruments[InstrumentIndex];

    public string PlayerName => DatasetPlan.PlayerName(InstrumentIndex, Player);

    /// <summary>File name without extension, as Sub-URMP has it: <c>cello01_1400</c>.</summary>
    public string Stem(int window) => $"{Instrument}{Song:00}_{MillisecondsOf(window)}";

    /// <summary>Where a window starts within its song.</summary>
    public static int MillisecondsOf(int window) => DatasetPlan.FirstWindowMs + window * DatasetPlan.WindowStepMs;
}

/// <summary>
/// Divides the wanted number of pairs among songs and players. Neighboring windows overlap by 80 %, as in Sub-URMP, so many short songs
/// carry more than few long ones.
/// </summary>
internal static class DatasetPlan
{
    public const string Train = "train", Validation = "validation";
    public const int FirstWindowMs = 500, WindowStepMs = 100;

    /// <summary>Players of an instrument who are heard and seen in training; the one after the last is seen in validation only.</summary>
    public const int TrainPlayers = 8;

    public const int HeldOutPlayer = TrainPlayers;

    /// <summary>Song numbers have two digits, and both splits draw from the same hundred.</summary>
    private const int MostTrainSongs = 72, MostValidationSongs = 28;

    private const int WindowsWanted = 6;

    public static string PlayerName(int instrument, int player) => $"{SyntheticDataset.Instruments[instrument]}-player{player}";

    /// <summary>All songs, ordered by instrument, split and song number.</summary>
    public static List<SongPlan> Songs(SyntheticOptions options)
    {
        var songs = new List<SongPlan>();
        for (var instrument = 0; instrument < SyntheticDataset.Instruments.Length; instrument++)
        {
            var pairs = options.TrainPairsPerInstrument;
            var trainSongs = SongCount(pairs, TrainPlayers, MostTrainSongs);
            for (var song = 0; song < trainSongs; song++)
                songs.Add(new SongPlan(instrument, Train, song, song % TrainPlayers, Share(pairs, trainSongs, song)));

            pairs = options.ValidationPairsPerInstrument;
            var validationSongs = SongCount(pairs, 2, MostValidationSongs);
            var random = Streams.Open(options.Seed, Streams.Casting, instrument, 0);
            for (var song = 0; song < validationSongs; song++)
            {
                var known = random.NextInt(Math.Min(TrainPlayers, trainSongs));
                var player = song % 2 == 0 ? HeldOutPlayer : known;
                songs.Add(new SongPlan(instrument, Validation, trainSongs + song, player, Share(pairs, validationSongs, song)));
            }
        }

        return songs;
    }

    private static int SongCount(int pairs, int least, int most) =>
        Math.Min(pairs, Math.Clamp((pairs + WindowsWanted - 1) / WindowsWanted, least, most));

    private static int Share(int pairs, int songs, int song) => pairs / songs + (song < pairs % songs ? 1 : 0);
}

/// <summary>
/// Names of the random streams. Each purpose, instrument and item has its own, so nothing depends on the order in which things are made,
/// and a song of validation shares no number with one of training.
/// </summary>
internal static class Streams
{
    public const int Casting = 1, Looks = 2, Composition = 3, Breath = 4, Acoustics = 5, Luthier = 6, Palette = 7;

    public static CountedRandom Open(ulong seed, int purpose, int instrument, int item) => new(seed, Name(purpose, instrument, item));

    public static ulong Name(int purpose, int instrument, int item) => (ulong)purpose << 48 | (ulong)instrument << 32 | (uint)item;
}
