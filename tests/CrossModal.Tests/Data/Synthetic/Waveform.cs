using System.Buffers.Binary;

namespace CrossModal.Tests.Data.Synthetic;

/// <summary>Reads the 16-bit stereo files of the data set and measures their pitch.</summary>
internal static class Waveform
{
    private const int SampleRate = 44100, HeaderBytes = 44;

    public static (float[] Left, float[] Right) Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var frames = (bytes.Length - HeaderBytes) / 4;
        var (left, right) = (new float[frames], new float[frames]);
        for (var i = 0; i < frames; i++)
        {
            left[i] = BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(HeaderBytes + 4 * i)) / 32768f;
            right[i] = BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(HeaderBytes + 4 * i + 2)) / 32768f;
        }

        return (left, right);
    }

    /// <summary>
    /// The frequency whose period, among those within 25 % of <paramref name="expectedHz"/>, gives the highest normalized autocorrelation,
    /// and that correlation.
    /// </summary>
    public static (double Hertz, double Correlation) Pitch(ReadOnlySpan<float> samples, double expectedHz)
    {
        var (best, bestLag) = (-1.0, 0);
        var (from, to) = ((int)(SampleRate / expectedHz / 1.25), (int)(SampleRate / expectedHz * 1.25) + 1);
        var correlations = new double[to + 2];
        var length = samples.Length - to - 1;
        for (var lag = from - 1; lag <= to + 1; lag++)
        {
            double product = 0, power = 1e-12, shiftedPower = 1e-12;
            for (var i = 0; i < length; i++)
            {
                product += samples[i] * samples[i + lag];
                power += samples[i] * samples[i];
                shiftedPower += samples[i + lag] * samples[i + lag];
            }

            correlations[lag] = product / Math.Sqrt(power * shiftedPower);
            if (lag >= from && lag <= to && correlations[lag] > best)
                (best, bestLag) = (correlations[lag], lag);
        }

        // A parabola through the peak and its neighbors places it between samples.
        double before = correlations[bestLag - 1], after = correlations[bestLag + 1];
        var curvature = before - 2 * best + after;
        var shift = curvature < 0 ? Math.Clamp(0.5 * (before - after) / curvature, -0.5, 0.5) : 0;
        return (SampleRate / (bestLag + shift), best);
    }
}
