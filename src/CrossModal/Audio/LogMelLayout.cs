namespace CrossModal.Audio;

/// <summary>
/// The sizes of a log-amplitude mel spectrogram of half a second: how it is cut into frames and its frequencies into mels.
/// </summary>
public sealed record LogMelLayout
{
    private LogMelLayout(string name, int mels, int hop, int window) => (Name, Mels, Hop, Window) = (name, mels, hop, window);

    /// <summary>
    /// 44 frames × 128 mels, hop 512, window 2048: what sounds are told apart by, and what images are drawn from (Chen et al. 2017, Fig.
    /// 3).
    /// </summary>
    public static LogMelLayout Standard { get; } = new("lms", LogMelSpectrogram.Mels, LogMelSpectrogram.Hop, LogMelSpectrogram.Window);

    /// <summary>
    /// 64 frames × 64 mels, hop 350, window 2100: what a network that makes square pictures can generate. 350 divides the half second, and
    /// the window is six hops: so much overlap leaves few spectrograms of any one sound in doubt, which finding the phases needs. The mels
    /// reach to the highest frequency there is, so that nothing of a sound is lost.
    /// </summary>
    public static LogMelLayout Square { get; } = new("lms-square", 64, 350, 6 * 350);

    /// <summary>The word for it in names of files.</summary>
    public string Name { get; }

    public int Mels { get; }

    /// <summary>Samples from frame to frame.</summary>
    public int Hop { get; }

    /// <summary>Samples of the Hann window of one frame: a whole and even number of hops.</summary>
    public int Window { get; }

    /// <summary>1 + ⌊22050 / hop⌋; frame f is centered on sample f · hop.</summary>
    public int Frames => 1 + LogMelSpectrogram.Samples / Hop;

    /// <summary>Numbers of one spectrogram.</summary>
    public int Length => Frames * Mels;

    /// <summary>Frequencies of the transform of one frame, from 0 to half the sample rate.</summary>
    public int Bins => Window / 2 + 1;

    /// <summary>What stored spectrograms are known by: another one where the numbers differ.</summary>
    public string CacheKey => $"{Name}-{LogMelSpectrogram.Version}";

    /// <summary>The mel whose filter peaks at a frequency in Hz; fractions lie between two peaks.</summary>
    public double MelOf(double hertz) =>
        MelScale.FromHertz(hertz) * (Mels + 1) / MelScale.FromHertz(LogMelSpectrogram.SampleRate / 2.0) - 1;

    /// <summary>The triangular filters, row major [mels, bins].</summary>
    internal float[] Filters() => MelScale.Filters(Mels, Window, LogMelSpectrogram.SampleRate, 0, LogMelSpectrogram.SampleRate / 2.0);
}
