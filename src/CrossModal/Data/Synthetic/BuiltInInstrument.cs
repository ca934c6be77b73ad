using CrossModal.Kernels;

namespace CrossModal.Data.Synthetic;

/// <summary>One of the instruments that the built-in data are played on, to be played by hand: a note, or a song.</summary>
/// <param name="Index">Its place in <see cref="SyntheticDataset.Instruments"/>.</param>
internal sealed record BuiltInInstrument(int Index)
{
    private const ulong Seed = 2017;

    public static IReadOnlyList<BuiltInInstrument> All { get; } =
        [.. Enumerable.Range(0, SyntheticDataset.Instruments.Length).Select(index => new BuiltInInstrument(index))];

    public string Name => SyntheticDataset.Instruments[Index];

    /// <summary>Its compass in MIDI note numbers, of which 69 is the a of 440 Hz.</summary>
    public (int Lowest, int Highest) Compass
    {
        get
        {
            var voice = VoiceTable.Of(Index);
            return ((int)MathF.Ceiling(NumberOf(voice.LowestHz) - 0.05f), (int)MathF.Floor(NumberOf(voice.HighestHz) + 0.05f));
        }
    }

    /// <exception cref="BadInputException">There is no such instrument.</exception>
    public static BuiltInInstrument Find(string name) => All.FirstOrDefault(one => one.Name == name)
        ?? throw new BadInputException($"there is no instrument '{name}'; choose one of {string.Join(", ", SyntheticDataset.Instruments)}");

    /// <summary>A note of one channel at 44.1 kHz.</summary>
    /// <param name="number">Its MIDI note number, within <see cref="Compass"/>.</param>
    /// <param name="seconds">How long it is held; the sound goes on for half a second behind it.</param>
    /// <param name="dynamics">From 0, softest, to 1.</param>
    /// <exception cref="BadInputException">The instrument does not reach the note.</exception>
    public float[] Note(int number, float seconds, float dynamics = 0.6f)
    {
        var (lowest, highest) = Compass;
        if (number < lowest || number > highest)
            throw new BadInputException($"{Name}: reaches from note {lowest} to {highest}, not to {number}");
        var hertz = 440 * MathF.Pow(2, (number - 69) / 12f);
        var plan = new SongPlan(Index, DatasetPlan.Train, 0, 0, 1);
        return Mono(SongRenderer.Render(Seed, plan, Song.Of(new Note(0, seconds, hertz, dynamics), seconds + 0.5f)));
    }

    /// <summary>A song of the built-in data, of one channel at 44.1 kHz.</summary>
    /// <param name="number">Which one, 0 to 71.</param>
    /// <param name="seconds">About how long it is.</param>
    public float[] Melody(int number, int seconds)
    {
        var plan = new SongPlan(Index, DatasetPlan.Train, number, number % DatasetPlan.TrainPlayers,
            seconds * 1000 / DatasetPlan.WindowStepMs);
        return Mono(SongRenderer.Render(Seed, plan, Song.Compose(Seed, plan)));
    }

    private static float NumberOf(float hertz) => 69 + 12 * MathF.Log2(hertz / 440);

    private static float[] Mono(float[] stereo) =>
        [.. Enumerable.Range(0, stereo.Length / 2).Select(i => (stereo[2 * i] + stereo[2 * i + 1]) / 2)];
}
