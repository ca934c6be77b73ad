namespace CrossModal.Data.Synthetic;

/// <summary>The thirteen voices, in the order of <see cref="SyntheticDataset.Instruments"/>.</summary>
internal static class VoiceTable
{
    private static readonly InstrumentVoice Bassoon = new()
    {
        LowestHz = 62,
        HighestHz = 392,
        Slope = 4.5f,
        SlopeAtTop = 2,
        Brilliance = 2.5f,
        Formants = [new(470, 0.30f, 19), new(1150, 0.28f, 9), new(2000, 0.25f, 4), new(90, 0.9f, -8)],
        CutoffHz = 1500,
        CutoffSlope = 13,
        AttackSeconds = 0.03f,
        ReleaseSeconds = 0.045f,
        DarkAttack = 2,
        VibratoHz = 5,
        VibratoCents = 10,
        Tremolo = 0.05f,
        Noise = 0.02f,
        NoiseHz = 2600,
        NoiseBite = 4,
    };

    private static readonly InstrumentVoice Cello = new()
    {
        LowestHz = 65.4f,
        HighestHz = 440,
        Slope = 5,
        SlopeAtTop = 1,
        Brilliance = 2,
        Formants = [new(105, 0.16f, 5), new(185, 0.14f, 8), new(310, 0.14f, 6), new(700, 0.22f, -5), new(1900, 0.35f, 9),
            new(430, 0.1f, -5)],
        CutoffHz = 3200,
        AttackSeconds = 0.06f,
        ReleaseSeconds = 0.07f,
        DarkAttack = 3,
        VibratoHz = 5.4f,
        VibratoCents = 20,
        Noise = 0.045f,
        NoiseHz = 2400,
        NoiseBite = 3,
        NoteSeconds = 0.38f,
        Strings = [65.41f, 98f, 146.8f, 220f],
    };

    private static readonly InstrumentVoice Clarinet = new()
    {
        LowestHz = 147,
        HighestHz = 988,
        Slope = 6,
        SlopeAtTop = 8,
        Brilliance = 5,
        EvenAtBottom = 0.03f,
        EvenAtTop = 0.35f,
        Formants = [new(1500, 0.4f, 8), new(3200, 0.25f, 5)],
        CutoffHz = 2600,
        AttackSeconds = 0.035f,
        ReleaseSeconds = 0.05f,
        DarkAttack = 3,
        Noise = 0.02f,
        NoiseHz = 3600,
        NoiseBite = 2,
    };

    private static readonly InstrumentVoice DoubleBass = new()
    {
        LowestHz = 41.2f,
        HighestHz = 196,
        Slope = 5,
        SlopeAtTop = 2,
        Brilliance = 2,
        Formants = [new(70, 0.2f, 6), new(110, 0.15f, 7), new(230, 0.2f, 5), new(420, 0.2f, -5), new(900, 0.35f, 6)],
        CutoffHz = 1300,
        CutoffSlope = 11,
        AttackSeconds = 0.085f,
        ReleaseSeconds = 0.1f,
        DarkAttack = 4,
        VibratoHz = 4.6f,
        VibratoCents = 14,
        Noise = 0.07f,
        NoiseHz = 1500,
        NoiseBite = 3,
        NoteSeconds = 0.45f,
        Strings = [41.2f, 55f, 73.4f, 98f],
    };

    private static readonly InstrumentVoice Flute = new()
    {
        LowestHz = 262,
        HighestHz = 1568,
        Slope = 8,
        SlopeAtTop = 9,
        Brilliance = 5,
        Formants = [new(950, 0.5f, 4)],
        CutoffHz = 1900,
        CutoffSlope = 14,
        AttackSeconds = 0.05f,
        ReleaseSeconds = 0.06f,
        DarkAttack = 2,
        VibratoHz = 5.2f,
        VibratoCents = 12,
        Tremolo = 0.22f,
        Noise = 0.065f,
        NoiseHz = 3000,
        NoiseBite = 2.5f,
        NoteSeconds = 0.3f,
    };

    private static readonly InstrumentVoice Horn = new()
    {
        LowestHz = 98,
        HighestHz = 587,
        Slope = 8,
        SlopeAtTop = 2,
        Brilliance = 5,
        Formants = [new(350, 0.38f, 13), new(800, 0.3f, 5), new(110, 0.5f, -10)],
        CutoffHz = 1100,
        CutoffSlope = 12,
        AttackSeconds = 0.06f,
        ReleaseSeconds = 0.08f,
        DarkAttack = 7,
        VibratoHz = 4.5f,
        VibratoCents = 3,
        Noise = 0.012f,
        NoiseHz = 1100,
        NoiseBite = 3,
        NoteSeconds = 0.38f,
        TubeHz = 43.65f,
    };

    private static readonly InstrumentVoice Oboe = new()
    {
        LowestHz = 233,
        HighestHz = 1175,
        Slope = 3,
        SlopeAtTop = 3,
        Brilliance = 2,
        Formants = [new(1150, 0.28f, 15), new(2900, 0.22f, 11), new(4600, 0.2f, 4), new(300, 0.5f, -6)],
        CutoffHz = 3800,
        CutoffSlope = 16,
        AttackSeconds = 0.022f,
        ReleaseSeconds = 0.04f,
        DarkAttack = 1,
        VibratoHz = 5.6f,
        VibratoCents = 14,
        Tremolo = 0.1f,
        Noise = 0.012f,
        NoiseHz = 5200,
        NoiseBite = 3,
    };

    private static readonly InstrumentVoice Sax = new()
    {
        LowestHz = 139,
        HighestHz = 784,
        Slope = 5,
        SlopeAtTop = 3.5f,
        Brilliance = 3.5f,
        Formants = [new(620, 0.28f, 9), new(1900, 0.25f, -6), new(3100, 0.3f, 6)],
        CutoffHz = 3200,
        CutoffSlope = 12,
        AttackSeconds = 0.028f,
        ReleaseSeconds = 0.06f,
        DarkAttack = 3,
        VibratoHz = 4.9f,
        VibratoCents = 26,
        Tremolo = 0.12f,
        Noise = 0.085f,
        NoiseHz = 4400,
        NoiseBite = 3,
    };

    private static readonly InstrumentVoice Trombone = new()
    {
        LowestHz = 82.4f,
        HighestHz = 466,
        Slope = 6,
        SlopeAtTop = 1,
        Brilliance = 7,
        Formants = [new(560, 0.4f, 10), new(1300, 0.4f, 6), new(95, 0.6f, -9)],
        CutoffHz = 2200,
        CutoffSlope = 9,
        AttackSeconds = 0.04f,
        ReleaseSeconds = 0.06f,
        DarkAttack = 9,
        VibratoHz = 4.8f,
        VibratoCents = 9,
        Noise = 0.012f,
        NoiseHz = 1800,
        NoiseBite = 4,
        NoteSeconds = 0.36f,
        TubeHz = 58.27f,
    };

    private static readonly InstrumentVoice Trumpet = new()
    {
        LowestHz = 175,
        HighestHz = 932,
        Slope = 4,
        SlopeAtTop = 1,
        Brilliance = 6,
        Formants = [new(1250, 0.4f, 9), new(2400, 0.4f, 9)],
        CutoffHz = 4200,
        CutoffSlope = 9,
        AttackSeconds = 0.022f,
        ReleaseSeconds = 0.045f,
        DarkAttack = 8,
        VibratoHz = 5.2f,
        VibratoCents = 9,
        Noise = 0.012f,
        NoiseHz = 3200,
        NoiseBite = 5,
        NoteSeconds = 0.28f,
        TubeHz = 116.54f,
    };

    private static readonly InstrumentVoice Tuba = new()
    {
        LowestHz = 41.2f,
        HighestHz = 233,
        Slope = 9,
        SlopeAtTop = 2,
        Brilliance = 4,
        Formants = [new(220, 0.45f, 11), new(480, 0.3f, 3)],
        CutoffHz = 650,
        CutoffSlope = 13,
        AttackSeconds = 0.055f,
        ReleaseSeconds = 0.07f,
        DarkAttack = 6,
        VibratoHz = 4.4f,
        VibratoCents = 4,
        Noise = 0.02f,
        NoiseHz = 700,
        NoiseBite = 3,
        NoteSeconds = 0.42f,
        TubeHz = 58.27f,
    };

    private static readonly InstrumentVoice Viola = new()
    {
        LowestHz = 131,
        HighestHz = 740,
        Slope = 5,
        SlopeAtTop = 1.5f,
        Brilliance = 2,
        Formants = [new(220, 0.13f, 7), new(370, 0.14f, 6), new(560, 0.12f, -7), new(1150, 0.25f, 10), new(2100, 0.2f, -3),
            new(3000, 0.2f, 2)],
        CutoffHz = 3400,
        CutoffSlope = 15,
        AttackSeconds = 0.05f,
        ReleaseSeconds = 0.06f,
        DarkAttack = 3,
        VibratoHz = 5.5f,
        VibratoCents = 20,
        Noise = 0.05f,
        NoiseHz = 2800,
        NoiseBite = 3,
        Strings = [130.8f, 196f, 293.7f, 440f],
    };

    private static readonly InstrumentVoice Violin = new()
    {
        LowestHz = 196,
        HighestHz = 1568,
        Slope = 4.5f,
        SlopeAtTop = 1.5f,
        Brilliance = 2,
        Formants = [new(280, 0.12f, 6), new(470, 0.12f, 6), new(560, 0.1f, 5), new(900, 0.2f, -5), new(1400, 0.2f, -4), new(2700, 0.3f, 10),
            new(4300, 0.25f, 4)],
        CutoffHz = 5600,
        AttackSeconds = 0.045f,
        ReleaseSeconds = 0.055f,
        DarkAttack = 2,
        VibratoHz = 6,
        VibratoCents = 24,
        Noise = 0.05f,
        NoiseHz = 5000,
        NoiseBite = 3,
        NoteSeconds = 0.28f,
        Strings = [196f, 293.7f, 440f, 659.3f],
    };

    private static readonly InstrumentVoice[] Voices =
        [Bassoon, Cello, Clarinet, DoubleBass, Flute, Horn, Oboe, Sax, Trombone, Trumpet, Tuba, Viola, Violin];

    public static InstrumentVoice Of(int instrument) => Voices[instrument];
}
