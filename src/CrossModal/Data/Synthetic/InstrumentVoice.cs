namespace CrossModal.Data.Synthetic;

/// <summary>A resonance of body, reed or bell: <paramref name="Decibels"/> of lift at <paramref name="Hertz"/>, a bell curve of
/// <paramref name="Octaves"/> standard deviation over log-frequency.</summary>
internal readonly record struct Formant(float Hertz, float Octaves, float Decibels);

/// <summary>
/// How an instrument sounds: a source of harmonics whose slope depends on dynamics and register, shaped by fixed formants, with the noise
/// of bow or breath. The source-and-formant view and the typical places of formants follow J. Meyer, "Acoustics and the Performance of
/// Music" (5th edition, 2009).
/// </summary>
internal sealed record InstrumentVoice
{
    /// <summary>Compass used by the songs, in hertz.</summary>
    public required float LowestHz { get; init; }

    public required float HighestHz { get; init; }

    /// <summary>Fall of the source's harmonics in dB an octave, at half dynamics in the lowest register.</summary>
    public required float Slope { get; init; }

    /// <summary>Added to <see cref="Slope"/> at the top of the compass.</summary>
    public float SlopeAtTop { get; init; }

    /// <summary>How many dB an octave the slope flattens from the softest to the loudest.</summary>
    public required float Brilliance { get; init; }

    /// <summary>
    /// Amplitude factor of even harmonics at the bottom and at the top of the compass: below 1 for a cylindrical bore with a reed.
    /// </summary>
    public float EvenAtBottom { get; init; } = 1;

    public float EvenAtTop { get; init; } = 1;

    public required Formant[] Formants { get; init; }

    /// <summary>Above this frequency the spectrum falls by another <see cref="CutoffSlope"/> dB an octave.</summary>
    public required float CutoffHz { get; init; }

    public float CutoffSlope { get; init; } = 12;

    public required float AttackSeconds { get; init; }

    public required float ReleaseSeconds { get; init; }

    /// <summary>dB an octave by which a note begins darker than it goes on; brass is the extreme.</summary>
    public float DarkAttack { get; init; }

    public float VibratoHz { get; init; }

    /// <summary>Half the width of the vibrato in cents.</summary>
    public float VibratoCents { get; init; }

    /// <summary>Relative depth of the amplitude's part of the vibrato.</summary>
    public float Tremolo { get; init; }

    /// <summary>Noise of bow or breath relative to the tone, as a ratio of root mean squares.</summary>
    public required float Noise { get; init; }

    public required float NoiseHz { get; init; }

    /// <summary>How many times stronger the noise is at the very start of a note: the bow's bite, the tongue.</summary>
    public float NoiseBite { get; init; } = 2;

    /// <summary>Typical length of a note in seconds: low instruments speak slower.</summary>
    public float NoteSeconds { get; init; } = 0.32f;

    /// <summary>Open strings from low to high, in hertz; empty for wind instruments.</summary>
    public float[] Strings { get; init; } = [];

    /// <summary>
    /// Fundamental of the open tube of a brass instrument; 0 for others. Slide and valves are the semitones below one of its harmonics.
    /// </summary>
    public float TubeHz { get; init; }
}
