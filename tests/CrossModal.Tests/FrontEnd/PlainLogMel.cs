using CrossModal.Audio;
using CrossModal.Kernels;

namespace CrossModal.Tests.FrontEnd;

/// <summary>
/// The log-mel spectrogram written down anew from its definition, in float64 and without tensors: a discrete Fourier transform of each frame, triangles
/// over the mel scale, decibels.
/// </summary>
internal static class PlainLogMel
{
    public const int Window = 2048, Hop = 512, Mels = 128, Bins = Window / 2 + 1;

    private static readonly double[] Cosines = [.. Enumerable.Range(0, Window).Select(n => Math.Cos(2 * Math.PI * n / Window))];

    private static readonly double[][] Triangles = [.. Enumerable.Range(0, Mels).Select(Triangle)];

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
    public static double[] Triangle(int mel)
    {
        var highest = Mel(22050);
        double Edge(int i) => Hertz(highest * (mel + i) / (Mels + 1));
        var (left, centre, right) = (Edge(0), Edge(1), Edge(2));
        var heights = new double[Bins];
        for (var bin = 0; bin < Bins; bin++)
        {
            var hertz = bin * 44100.0 / Window;
            if (hertz > left && hertz < right)
                heights[bin] = hertz <= centre ? (hertz - left) / (centre - left) : (right - hertz) / (right - centre);
        }

        return heights;
    }

    /// <summary>The 128 values of one frame, which is centred on sample 512 · <paramref name="frame"/>.</summary>
    public static double[] Frame(ReadOnlySpan<double> samples, int frame)
    {
        var windowed = new double[Window];
        for (var n = 0; n < Window; n++)
        {
            var at = frame * Hop - Window / 2 + n;
            windowed[n] = at < 0 || at >= samples.Length ? 0 : samples[at] * (0.5 - 0.5 * Cosines[n]);
        }

        var power = new double[Bins];
        for (var bin = 0; bin < Bins; bin++)
        {
            var (real, imaginary) = (0.0, 0.0);
            for (var n = 0; n < Window; n++)
            {
                real += windowed[n] * Cosines[bin * n % Window];
                imaginary -= windowed[n] * Cosines[(bin * n + 3 * Window / 4) % Window];
            }

            // A full-scale sine on a bin gives a quarter of the window's length there.
            power[bin] = (real * real + imaginary * imaginary) / (Window / 4.0 * (Window / 4.0));
        }

        return [.. Triangles.Select(triangle => Level(triangle.Zip(power, (height, value) => height * value).Sum()))];
    }

    /// <summary>A power as a level in [−1, 1]: −80 dB and below is −1, 0 dB is 1.</summary>
    public static double Level(double power) => Math.Clamp(10 * Math.Log10(power + 1e-10), -80, 0) / 40 + 1;

    /// <summary>M. Slaney's formula, as written in his toolbox: 200/3 Hz a mel up to 1000 Hz, then 27 steps to each factor of 6.4.</summary>
    private static double Mel(double hertz) => hertz < 1000 ? 3 * hertz / 200 : 15 + 27 * Math.Log(hertz / 1000, 6.4);

    private static double Hertz(double mel) => mel < 15 ? 200 * mel / 3 : 1000 * Math.Pow(6.4, (mel - 15) / 27);
}
