namespace CrossModal.Data.Synthetic;

/// <summary>
/// What the music asks of the player at one moment.
/// </summary>
/// <param name="PitchHz">Frequency of the sounding note, 0 in a rest.</param>
/// <param name="LeftHand">
/// Strings: where the finger stops the string, as a fraction of its length from the nut (0 an open string, 0.5 the octave). Woodwinds:
/// share of the tube in use, from 0 at the top of the compass to 1 at its bottom. Brass but the trombone: semitones that the valves add,
/// divided by 6. Trombone: 0, the left hand only holds.
/// </param>
/// <param name="String">Strings: index of the string, 0 the lowest; -1 for winds.</param>
/// <param name="Stroke">Strings: part of the bow that has passed, 0 at the frog, 1 at the tip. Trombone: slide position, 0 closed, 1 the
/// seventh. Other winds: how high the instrument is raised, 0 to 1.</param>
/// <param name="Sway">Lean of the body, -1 to 1, wider when louder.</param>
/// <param name="Dynamics">0 softest, 1 loudest; that of the last note in a rest.</param>
internal readonly record struct Pose(float PitchHz, float LeftHand, int String, float Stroke, float Sway, float Dynamics)
{
    private const float SecondsOfFullBow = 0.75f;

    public static Pose At(Song song, SongPlan plan, float time)
    {
        var voice = VoiceTable.Of(plan.InstrumentIndex);
        var (index, sounding) = song.At(time);
        var note = song.Notes[index];
        var sway = MathF.Sin(2 * MathF.PI * (song.SwayHz * time + song.SwayPhase)) * (0.35f + 0.65f * note.Dynamics);
        var (left, strung) = (0f, -1);
        float stroke;
        if (voice.Strings.Length > 0)
        {
            (left, strung) = Stop(voice.Strings, note.Hertz);
            stroke = Bow(song, index, time);
        }
        else if (plan.Instrument == "trombone")
        {
            stroke = SemitonesBelowHarmonic(voice.TubeHz, note.Hertz) / 6;
        }
        else
        {
            left = voice.TubeHz > 0
                ? SemitonesBelowHarmonic(voice.TubeHz, note.Hertz) / 6
                : Math.Clamp(1 - MathF.Log2(note.Hertz / voice.LowestHz) / MathF.Log2(voice.HighestHz / voice.LowestHz), 0, 1);
            stroke = Math.Clamp(0.15f + 0.6f * note.Dynamics
                + 0.25f * MathF.Sin(2 * MathF.PI * (0.6f * song.SwayHz * time + 2 * song.SwayPhase)), 0, 1);
        }

        return new Pose(sounding ? note.Hertz : 0, left, strung, stroke, sway, note.Dynamics);
    }

    /// <summary>
    /// The highest string whose open note is not above the wanted one, and the stopped fraction 1 − open/wanted of its length.
    /// </summary>
    internal static (float Fraction, int String) Stop(ReadOnlySpan<float> strings, float hertz)
    {
        var chosen = 0;
        for (var i = 1; i < strings.Length; i++)
        {
            if (strings[i] <= hertz * 1.02f)
                chosen = i;
        }

        return (Math.Max(0, 1 - strings[chosen] / hertz), chosen);
    }

    /// <summary>
    /// Semitones, 0 to 6, by which the tube must be lengthened so that the note is one of its harmonics; the second harmonic and up are
    /// used.
    /// </summary>
    internal static float SemitonesBelowHarmonic(float tubeHz, float hertz)
    {
        for (var position = 0; position <= 6; position++)
        {
            var harmonic = hertz * MathF.Pow(2, position / 12f) / tubeHz;
            var nearest = Math.Max(2, MathF.Round(harmonic));
            if (MathF.Abs(12 * MathF.Log2(harmonic / nearest)) < 0.5f)
                return position;
        }

        // Pedal notes lie more than six semitones below the second harmonic: the longest tube is as near as valves get.
        return 6;
    }

    /// <summary>Down-bow and up-bow alternate with the notes, and a long note takes more of the bow.</summary>
    private static float Bow(Song song, int index, float time)
    {
        var note = song.Notes[index];
        var length = Math.Min(1, (note.End - note.Start) / SecondsOfFullBow);
        var passed = Math.Clamp((time - note.Start) / (note.End - note.Start), 0, 1);
        var middle = 0.5f - 0.5f * length;
        return index % 2 == 0 ? middle + passed * length : 1 - middle - passed * length;
    }
}
