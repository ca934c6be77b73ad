namespace CrossModal.Audio;

/// <summary>
/// The sizes of a log-amplitude mel spectrogram of half a second: how it is cut into frames and its frequencies into mels.
/// </summary>
internal sealed record LogMelLayout
{
    /// <summary>The most frames and mels of a square layout: more mels would be narrower than what a window tells apart.</summary>
    public const int LargestSquare = 128;

    /// <summary>Samples of the window of a square layout, at least.</summary>
    private const int ShortestWindow = 2100;

    private LogMelLayout(string name, int mels, int hop, int window) => (Name, Mels, Hop, Window) = (name, mels, hop, window);

    /// <summary>
    /// 44 frames × 128 mels, hop 512, window 2048: what sounds are told apart by, and what images are drawn from (Chen et al. 2017, Fig.
    /// 3).
    /// </summary>
    public static LogMelLayout Standard { get; } = new("lms", LogMelSpectrogram.Mels, LogMelSpectrogram.Hop, LogMelSpectrogram.Window);

    /// <summary>
    /// As many frames as mels: what a network that makes square pictures can generate. The window is at least 2100 samples, so that low
    /// mels are told apart, and several hops: so much overlap leaves few spectrograms of any one sound in doubt, which finding the phases
    /// needs. The mels reach to the highest frequency there is, so that nothing of a sound is lost. With 64 the hop is 350, which divides
    /// the half second, and the window six hops.
    /// </summary>
    /// <param name="size">Frames and mels: 16 to 128.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no hop that gives so many frames.</exception>
    public static LogMelLayout Square(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 16);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, LargestSquare);
        var hop = LogMelSpectrogram.Samples / (size - 1);
        var hops = 2 * ((ShortestWindow + 2 * hop - 1) / (2 * hop));
        return new LogMelLayout(size == 64 ? "lms-square" : $"lms-square-{size}", size, hop, hops * hop);
    }

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
