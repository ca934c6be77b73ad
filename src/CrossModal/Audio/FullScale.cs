using CrossModal.Kernels;

namespace CrossModal.Audio;

/// <summary>
/// One treatment of sounds beyond full scale, which only floats can have. A little beyond is headroom that a mixing program left: the sound
/// is scaled down until it fits, and whoever reads it is told. Far beyond is a mistake: integers that were stored as they are, or damage.
/// </summary>
internal static class FullScale
{
    /// <summary>18 dB over full scale.</summary>
    private const float MostPeak = 8;

    /// <summary>Scales samples into [-1, 1] where they are beyond, and returns the largest amplitude that they had.</summary>
    /// <param name="samples">Changed where they have to be.</param>
    /// <param name="name">What a message calls the sound.</param>
    /// <exception cref="BadInputException">A sample is not finite, or far beyond full scale.</exception>
    public static float Limit(Span<float> samples, string name)
    {
        var peak = PeakOf(samples, name);
        if (peak > 1)
        {
            foreach (ref var sample in samples)
                sample /= peak;
        }

        return peak;
    }

    /// <summary>The samples themselves where they are within [-1, 1], else a copy that was scaled into it.</summary>
    /// <exception cref="BadInputException">A sample is not finite, or far beyond full scale.</exception>
    public static float[] Limited(float[] samples, string name) =>
        PeakOf(samples, name) is > 1 and var peak ? Array.ConvertAll(samples, sample => sample / peak) : samples;

    /// <summary>The largest amplitude.</summary>
    /// <exception cref="BadInputException">A sample is not finite, or far beyond full scale.</exception>
    private static float PeakOf(ReadOnlySpan<float> samples, string name)
    {
        var peak = 0f;
        for (var i = 0; i < samples.Length; i++)
        {
            if (!float.IsFinite(samples[i]))
                throw new BadInputException($"{name}: sample {i} is not a finite number; export the recording again");
            peak = Math.Max(peak, Math.Abs(samples[i]));
        }

        return peak <= MostPeak ? peak : throw new BadInputException(
            $"{name}: its samples reach {(peak < 1e6 ? $"{peak:0.#}" : $"{peak:G2}")}, and full scale of a float is 1; divide them by what "
            + "full scale was when they were recorded (32768 for 16 bits), or export the recording as 16-bit PCM");
    }
}
