using CrossModal.Audio;
using CrossModal.Kernels;

namespace CrossModal.Tests.Audio;

/// <summary>
/// The log-mel spectrogram written down anew from its definition, in float64 and without tensors: a discrete Fourier transform of each
/// frame, triangles over the mel scale, decibels.
/// </summary>
internal sealed class PlainLogMel(int window, int hop, int mels)
{
    private readonly double[] _cosines = [.. Enumerable.Range(0, window).Select(n => Math.Cos(2 * Math.PI * n / window))];

    private double[][]? _triangles;

    public static PlainLogMel Standard { get; } = new(2048, 512, 128);

    public static PlainLogMel Square { get; } = new(2100, 350, 64);

    public int Mels => mels;

    private double[][] Triangles => _triangles ??= [.. Enumerable.Range(0, mels).Select(Triangle)];

    /// <summary>Half a second of noise of one level and two tones.</summary>
    public static double[] Sounding(ulong seed)
    {
        var random = new CountedRandom(seed);
        var samples = new double[LogMelSpectrogram.Samples];
        for (var n = 0; n < samples.Length; n++)
        {
            var tones = 0.3 * Math.Sin(2 * Math.PI * 440 * n / 44100) + 0.1 * Math.Sin(2 * Math.PI * 5000 * n / 44100);
            samples[n] = (float)(tones + 0.05 * random.NextNormal());
        }

        return samples;
    }

    /// <summary>The height of triangle <paramref name="mel"/> at each bin.</summary>
    public double[] Triangle(int mel)
    {
        var highest = Mel(22050);
        double Edge(int i) => Hertz(highest * (mel + i) / (mels + 1));
        var (left, center, right) = (Edge(0), Edge(1), Edge(2));
        var heights = new double[window / 2 + 1];
        for (var bin = 0; bin <= window / 2; bin++)
        {
            var hertz = bin * 44100.0 / window;
            if (hertz > left && hertz < right)
                heights[bin] = hertz <= center ? (hertz - left) / (center - left) : (right - hertz) / (right - center);
        }

        return heights;
    }

    /// <summary>The values of one frame, which is centered on sample hop · <paramref name="frame"/>: one a mel.</summary>
    public double[] Frame(ReadOnlySpan<double> samples, int frame) => [.. MelPowers(samples, frame).Select(Level)];

    /// <summary>The power in each mel of one frame.</summary>
    public double[] MelPowers(ReadOnlySpan<double> samples, int frame)
    {
        var power = Power(samples, frame);
        return [.. Triangles.Select(triangle => triangle.Zip(power, (height, value) => height * value).Sum())];
    }

    /// <summary>The power of each bin of one frame.</summary>
    public double[] Power(ReadOnlySpan<double> samples, int frame)
    {
        var windowed = new double[window];
        for (var n = 0; n < window; n++)
        {
            var at = frame * hop - window / 2 + n;
            windowed[n] = at < 0 || at >= samples.Length ? 0 : samples[at] * (0.5 - 0.5 * _cosines[n]);
        }

        var power = new double[window / 2 + 1];
        for (var bin = 0; bin < power.Length; bin++)
        {
            var (real, imaginary) = (0.0, 0.0);
            for (var n = 0; n < window; n++)
            {
                real += windowed[n] * _cosines[bin * n % window];
                imaginary -= windowed[n] * _cosines[(bin * n + 3 * window / 4) % window];
            }

            // A full-scale sine on a bin gives a quarter of the window's length there.
            power[bin] = (real * real + imaginary * imaginary) / (window / 4.0 * (window / 4.0));
        }

        return power;
    }

    /// <summary>A power as a level in [−1, 1]: −80 dB and below is −1, 0 dB is 1.</summary>
    public static double Level(double power) => Math.Clamp(10 * Math.Log10(power + 1e-10), -80, 0) / 40 + 1;

    /// <summary>
    /// M. Slaney's formula, as written in his toolbox: 200/3 Hz a mel up to 1000 Hz, then 27 steps to each factor of 6.4.
    /// </summary>
    private static double Mel(double hertz) => hertz < 1000 ? 3 * hertz / 200 : 15 + 27 * Math.Log(hertz / 1000, 6.4);

    private static double Hertz(double mel) => mel < 15 ? 200 * mel / 3 : 1000 * Math.Pow(6.4, (mel - 15) / 27);
}
