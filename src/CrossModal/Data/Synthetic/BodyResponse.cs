namespace CrossModal.Data.Synthetic;

/// <summary>
/// The formants of one individual instrument as a table of amplitude factors over log-frequency, so that a harmonic's factor costs one
/// look-up.
/// </summary>
internal sealed class BodyResponse
{
    private const float LowestOctave = 4;
    private const int Octaves = 11, BinsPerOctave = 48;

    private readonly float[] _factors = new float[Octaves * BinsPerOctave + 2];

    /// <param name="voice">The kind of instrument.</param>
    /// <param name="shift">How far this one's resonances lie from the typical, in octaves.</param>
    public BodyResponse(InstrumentVoice voice, float shift)
    {
        for (var i = 0; i < _factors.Length; i++)
        {
            var octave = LowestOctave + (float)i / BinsPerOctave;
            var decibels = 0f;
            foreach (var formant in voice.Formants)
            {
                var distance = (octave - MathF.Log2(formant.Hertz) - shift) / formant.Octaves;
                decibels += formant.Decibels * MathF.Exp(-0.5f * distance * distance);
            }

            // A soft knee: 0 dB well below the cutoff, a straight fall well above it.
            var beyond = octave - MathF.Log2(voice.CutoffHz) - shift;
            decibels -= voice.CutoffSlope * 0.25f * MathF.Log2(1 + float.Exp2(4 * beyond));
            _factors[i] = MathF.Pow(10, decibels / 20);
        }
    }

    /// <summary>Amplitude factor at a frequency given as its base-2 logarithm in hertz.</summary>
    public float At(float log2Hertz)
    {
        var position = Math.Clamp((log2Hertz - LowestOctave) * BinsPerOctave, 0, Octaves * BinsPerOctave);
        var bin = (int)position;
        return _factors[bin] + (_factors[bin + 1] - _factors[bin]) * (position - bin);
    }
}
