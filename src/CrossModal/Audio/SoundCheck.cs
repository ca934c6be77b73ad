namespace CrossModal.Audio;

/// <summary>What may be wrong with a recording that can be read: nothing to hear, cut peaks, too short.</summary>
/// <param name="Peak">The largest amplitude.</param>
/// <param name="ClippedShare">The share of samples that stand at full scale three or more in a row, as they do where a wave was cut
/// off.</param>
/// <param name="Seconds">Its length.</param>
/// <param name="IsShort">Whether it is shorter than half a second, so that what follows it is taken as silence.</param>
internal sealed record SoundCheck(double Peak, double ClippedShare, double Seconds, bool IsShort)
{
    /// <summary>A sound whose every sample lies this far below full scale is silent.</summary>
    public const double SilentDecibels = -80;

    /// <summary>The same as an amplitude.</summary>
    public const float SilentAmplitude = 1e-4f;

    /// <summary>Above this share a sound is clipped: single peaks that touch full scale do no harm.</summary>
    public const double MostClipped = 0.001;

    private const int ShortestRun = 3;

    /// <summary>Full scale of 16 bits. That of 8 bits is lower; there, samples count that are also equal.</summary>
    private const float FullScale = 32766.5f / 32768, FullScaleOfBytes = 0.99f;

    public bool IsSilent => PeakDecibels < SilentDecibels;

    /// <summary>Whether several channels are each other's opposite, so that nothing is left of them together.</summary>
    public bool ChannelsCancel { get; private init; }

    /// <summary>The largest amplitude that the recording had before it was scaled down to full scale; null where it fits.</summary>
    public float? ScaledFrom { get; private init; }

    /// <summary>Why nothing is heard, in a few words; null where something is.</summary>
    public string? Silence => !IsSilent ? null : ChannelsCancel ? "its channels cancel each other: invert one, or take one alone"
        : Peak == 0 ? "every sample is 0" : $"its loudest sample lies {-PeakDecibels:0} dB below full scale";

    public bool IsClipped => ClippedShare > MostClipped;

    /// <summary>The largest amplitude in decibels below full scale; −∞ where every sample is zero.</summary>
    public double PeakDecibels => 20 * Math.Log10(Peak);

    /// <summary>Looks at a recording as it was read: once it is resampled, cut peaks are round again.</summary>
    public static SoundCheck Of(AudioClip clip)
    {
        var (peak, clipped, run) = (0f, 0L, 0);
        var samples = clip.Samples;
        for (var i = 0; i < samples.Length; i++)
        {
            peak = Math.Max(peak, Math.Abs(samples[i]));
            run = !IsFull(samples[i]) ? 0 : i > 0 && run > 0 && AreOneRun(samples[i - 1], samples[i]) ? run + 1 : 1;
            clipped += run == ShortestRun ? ShortestRun : run > ShortestRun ? 1 : 0;
        }

        var length = Math.Round((double)samples.Length * LogMelSpectrogram.SampleRate / clip.SampleRate);
        return new SoundCheck(peak, samples.Length == 0 ? 0
            : (double)clipped / samples.Length, clip.Seconds, length < LogMelSpectrogram.Samples)
        {
            ChannelsCancel = clip.ChannelsCancel,
            ScaledFrom = clip.Peak > 1 ? clip.Peak : null,
        };
    }

    private static bool IsFull(float sample) => Math.Abs(sample) >= FullScaleOfBytes;

    private static bool AreOneRun(float before, float sample) =>
        before == sample || (before > 0 == sample > 0 && Math.Abs(before) >= FullScale && Math.Abs(sample) >= FullScale);
}
