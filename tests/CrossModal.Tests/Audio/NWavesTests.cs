using CrossModal.Audio;
using CrossModal.Tensors;
using NWaves.FeatureExtractors;
using NWaves.FeatureExtractors.Options;
using NWaves.Filters.Fda;
using NWaves.Signals;
using NWaves.Transforms;
using NWaves.Windows;

namespace CrossModal.Tests.Audio;

/// <summary>Filters, spectrograms and resampled sounds against those of NWaves, which others wrote.</summary>
public sealed class NWavesTests
{
    private const int Rate = LogMelSpectrogram.SampleRate, Window = LogMelSpectrogram.Window, Mels = LogMelSpectrogram.Mels;

    [Theory]
    [InlineData(128, 2048, 44100)]
    [InlineData(64, 2100, 44100)]
    [InlineData(40, 1024, 16000)]
    public void MelFiltersAreTheSame(int mels, int window, int rate)
    {
        var theirs = FilterBanks.MelBankSlaney(mels, window, rate, 0, rate / 2, normalizeGain: false);
        Assert.Equal(theirs.SelectMany(filter => filter), MelScale.Filters(mels, window, rate, 0, rate / 2.0));
    }

    /// <summary>Measured: within 0.05 dB. Their Hann window is symmetric, ours periodic.</summary>
    [Fact]
    public void LogMelsAreWithinATenthOfADecibel()
    {
        var ours = Computed(RepresentationKind.LMS);

        // A full-scale sine on a bin has a quarter of the window's length there.
        const float fullScale = Window / 4f * (Window / 4f);
        var extractor = new FilterbankExtractor(new FilterbankOptions
        {
            SamplingRate = Rate,
            FrameSize = Window,
            HopSize = LogMelSpectrogram.Hop,
            Window = WindowType.Hann,
            FilterBank = FilterBanks.MelBankSlaney(Mels, Window, Rate, 0, Rate / 2.0, normalizeGain: false),
            SpectrumType = SpectrumType.Power,
            NonLinearity = NonLinearityType.ToDecibel,
            LogFloor = 1e-10f * fullScale,
        });
        var halfWindow = new float[Window / 2];
        var theirs = extractor.ComputeFrom([.. halfWindow, .. Sound, .. halfWindow]);
        Assert.Equal(LogMelSpectrogram.Frames, theirs.Count);
        for (var i = 0; i < ours.Length; i++)
        {
            var decibels = theirs[i / Mels][i % Mels] - 10 * Math.Log10(fullScale);
            Assert.InRange(decibels, -79, -1);
            Assert.Equal(decibels, LogMelSpectrogram.DecibelsOf(ours[i]), 0.11);
        }
    }

    /// <summary>Of our log-mels, their orthonormal cosine transform; the scales are those that bring coefficients into [−1, 1].</summary>
    [Fact]
    public void CepstralCoefficientsAreTheirCosineTransform()
    {
        var (levels, ours) = (Computed(RepresentationKind.LMS), Computed(RepresentationKind.MFCC));
        var transform = new Dct2(Mels);
        var theirs = new float[Mels];
        for (var frame = 0; frame < LogMelSpectrogram.Frames; frame++)
        {
            transform.DirectNorm(levels[(frame * Mels)..((frame + 1) * Mels)], theirs);
            for (var k = 0; k < 20; k++)
                Assert.Equal(theirs[k] * (k == 0 ? 1 : 4) / MathF.Sqrt(Mels), ours[frame * 20 + k], 2e-6f);
        }
    }

    /// <summary>Below half the band their interpolation is good enough to tell whether ours is right, level and time included.</summary>
    [Theory]
    [InlineData(22050, 44100)]
    [InlineData(44100, 48000)]
    [InlineData(8000, 44100)]
    public void AResampledSineIsTheSame(int from, int to)
    {
        var sine = Sine(0.1 * from / 2, from);
        var (ours, theirs) = (Resampler.Resample(sine, from, to), Theirs(sine, from, to));
        foreach (var i in Enumerable.Range(to / 4, to / 2))
            Assert.Equal(theirs[i], ours[i], 1e-3f);
    }

    /// <summary>Measured: 107 to 139 dB here, 39 to 109 dB there.</summary>
    [Theory]
    [InlineData(48000, 44100)]
    [InlineData(22050, 44100)]
    [InlineData(32000, 44100)]
    [InlineData(8000, 44100)]
    [InlineData(96000, 44100)]
    [InlineData(44100, 16000)]
    public void AResampledSineIsPurerHere(int from, int to)
    {
        foreach (var share in new[] { 0.05, 0.3, 0.5, 0.8, 0.9 })
        {
            var hertz = share * Math.Min(from, to) / 2;
            var sine = Sine(hertz, from);
            var ours = SignalToNoise(Resampler.Resample(sine, from, to), hertz, to);
            var theirs = SignalToNoise(Theirs(sine, from, to), hertz, to);
            Assert.True(ours > Math.Max(theirs, 105), $"{hertz} Hz, {from} to {to}: {ours:F1} dB here, {theirs:F1} dB there");
        }
    }

    private static float[] Sound { get; } = [.. PlainLogMel.Sounding(11).Select(sample => (float)sample)];

    private static float[] Computed(RepresentationKind kind)
    {
        using var device = Device.Open("cpu", 2);
        using var representation = AudioRepresentation.Create(device, kind);
        using var scope = new Scope();
        return representation.Compute(Tensor.From(device, new Shape(1, Sound.Length), Sound)).ToArray();
    }

    private static float[] Theirs(float[] samples, int from, int to) =>
        new NWaves.Operations.Resampler().Resample(new DiscreteSignal(from, samples), to).Samples;

    /// <summary>One second.</summary>
    private static float[] Sine(double hertz, int rate) =>
        [.. Enumerable.Range(0, rate).Select(i => (float)(0.9 * Math.Sin(2 * Math.PI * hertz * i / rate + 0.3)))];

    /// <summary>
    /// In dB, over the middle half: the power of the sine and cosine of this frequency that come nearest to the samples (least squares)
    /// over the power of what is left.
    /// </summary>
    private static double SignalToNoise(float[] samples, double hertz, int rate)
    {
        double sines = 0, cosines = 0, products = 0, withSine = 0, withCosine = 0, power = 0, noise = 0;
        foreach (var i in Enumerable.Range(samples.Length / 4, samples.Length / 2))
        {
            var (sine, cosine) = Math.SinCos(2 * Math.PI * hertz * i / rate);
            (sines, cosines, products) = (sines + sine * sine, cosines + cosine * cosine, products + sine * cosine);
            (withSine, withCosine) = (withSine + samples[i] * sine, withCosine + samples[i] * cosine);
        }

        var determinant = sines * cosines - products * products;
        var a = (withSine * cosines - withCosine * products) / determinant;
        var b = (withCosine * sines - withSine * products) / determinant;
        foreach (var i in Enumerable.Range(samples.Length / 4, samples.Length / 2))
        {
            var (sine, cosine) = Math.SinCos(2 * Math.PI * hertz * i / rate);
            var fitted = a * sine + b * cosine;
            power += fitted * fitted;
            noise += (samples[i] - fitted) * (samples[i] - fitted);
        }

        return 10 * Math.Log10(power / noise);
    }
}
