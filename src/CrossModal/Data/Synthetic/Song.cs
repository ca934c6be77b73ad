namespace CrossModal.Data.Synthetic;

/// <summary>One note: seconds from the song's start, frequency in hertz, dynamics from 0 (softest) to 1 (loudest).</summary>
internal readonly record struct Note(float Start, float End, float Hertz, float Dynamics);

/// <summary>
/// A seeded melody within an instrument's compass: a wandering line on a scale, in a meter, with a phrase's rise and fall of loudness and
/// few short rests.
/// </summary>
internal sealed class Song
{
    private static readonly int[][] Scales = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 3, 5, 7, 9, 10], [0, 2, 4, 7, 9],
        [0, 2, 3, 5, 7, 8, 11]];

    /// <summary>Note lengths in units of the typical one.</summary>
    private static readonly float[] Lengths = [0.5f, 0.5f, 0.75f, 1, 1, 1, 1.5f, 2];

    private Song(Note[] notes, float seconds, float swayHz, float swayPhase) =>
        (Notes, Seconds, SwayHz, SwayPhase) = (notes, seconds, swayHz, swayPhase);

    public Note[] Notes { get; }

    public float Seconds { get; }

    /// <summary>How often the player sways to and fro in a second, and where the swaying begins (in turns).</summary>
    public float SwayHz { get; }

    public float SwayPhase { get; }

    /// <summary>Composes the song of <paramref name="plan"/>, long enough for its last window.</summary>
    public static Song Compose(ulong seed, SongPlan plan)
    {
        var voice = VoiceTable.Of(plan.InstrumentIndex);
        var random = Streams.Open(seed, Streams.Composition, plan.InstrumentIndex, plan.Song);
        var seconds = SongPlan.MillisecondsOf(plan.Windows - 1) / 1000f + SyntheticDataset.WindowSeconds;

        var scale = Scales[random.NextInt(Scales.Length)];
        var tonic = random.NextInt(12);
        var ladder = Ladder(voice, scale, tonic);

        // Songs start in different registers, so that a handful of them covers the compass; a pull to the middle keeps lines from sticking
        // at its ends.
        var step = random.NextInt(ladder.Count);
        var pace = voice.NoteSeconds * random.NextUniform(0.75f, 1.35f);
        var loudness = random.NextUniform(0.2f, 0.85f);
        var swell = random.NextUniform(-0.3f, 0.3f);
        var phrase = random.NextUniform(1.5f, 3);
        var concertPitch = random.NextUniform(-0.15f, 0.15f);

        var notes = new List<Note>();

        // The first note has begun before the song does, so that no window opens on silence.
        var time = -pace * random.NextUniform();
        while (time < seconds)
        {
            var length = pace * Lengths[random.NextInt(Lengths.Length)];
            var accent = random.NextUniform(-0.08f, 0.12f);
            var dynamics = Math.Clamp(loudness + swell * MathF.Sin(2 * MathF.PI * time / phrase) + accent, 0.05f, 1);
            var semitones = ladder[step] + concertPitch + random.NextUniform(-0.06f, 0.06f);
            notes.Add(new Note(time, time + length, FromMidi(semitones), dynamics));
            time += length;
            if (random.NextUniform() < 0.07f)
                time += random.NextUniform(0.05f, 0.14f);

            step = NextStep(step, ladder.Count, random);
        }

        return new Song([.. notes], seconds, random.NextUniform(0.5f, 1.1f), random.NextUniform());
    }

    /// <summary>One note and nothing else.</summary>
    public static Song Of(Note note, float seconds) => new([note], seconds, 1, 0);

    /// <summary>Index of the last note that has begun at <paramref name="time"/> (seconds), and whether it still sounds.</summary>
    public (int Index, bool Sounding) At(float time)
    {
        var index = 0;
        while (index + 1 < Notes.Length && Notes[index + 1].Start <= time)
            index++;
        return (index, time < Notes[index].End);
    }

    /// <summary>Frequency of a MIDI note number, equal temperament with a = 440 Hz.</summary>
    private static float FromMidi(float number) => 440 * MathF.Pow(2, (number - 69) / 12);

    /// <summary>The scale's MIDI note numbers within the compass.</summary>
    private static List<int> Ladder(InstrumentVoice voice, int[] scale, int tonic)
    {
        var lowest = (int)MathF.Ceiling(69 + 12 * MathF.Log2(voice.LowestHz / 440) - 0.05f);
        var highest = (int)MathF.Floor(69 + 12 * MathF.Log2(voice.HighestHz / 440) + 0.05f);
        var ladder = new List<int>();
        for (var number = lowest; number <= highest; number++)
        {
            if (Array.IndexOf(scale, ((number - tonic) % 12 + 12) % 12) >= 0)
                ladder.Add(number);
        }

        return ladder;
    }

    private static int NextStep(int step, int count, Kernels.CountedRandom random)
    {
        var leap = random.NextUniform() < 0.25f ? 3 + random.NextInt(3) : 1 + random.NextInt(2);
        var chanceUp = 0.5f + 0.35f * (0.5f - step / (count - 1f)) * 2;
        var next = random.NextUniform() < chanceUp ? step + leap : step - leap;
        return Math.Clamp(next < 0 ? step + leap : next >= count ? step - leap : next, 0, count - 1);
    }
}
