using CrossModal.Audio;

namespace CrossModal.Tests.Audio;

public class ResamplerTests
{
    /// <summary>
    /// 48000 → 44100 and 22050 → 44100 have a filter for each phase; 44101 and 47999 → 44100 interpolate between filters.
    /// </summary>
    [Theory]
    [InlineData(48000, 44100)]
    [InlineData(22050, 44100)]
    [InlineData(8000, 44100)]
    [InlineData(44101, 44100)]
    [InlineData(47999, 44100)]
    [InlineData(192000, 44100)]
    [InlineData(44100, 16000)]
    [InlineData(44100, 48001)]
    public void ASineInThePassBandStaysThatSine(int from, int to)
    {
        foreach (var share in new[] { 0.01, 0.3, 0.9 })
        {
            var frequency = share * Math.Min(from, to) / 2;
            var output = Resampler.Resample(Sine(frequency, from, from / 4), from, to);
            var expected = Sine(frequency, to, output.Length);
            var worst = 0.0;
            for (var i = output.Length / 4; i < output.Length * 3 / 4; i++)
                worst = Math.Max(worst, Math.Abs(output[i] - expected[i]));

            // -80 dB, which bounds pass band ripple and the images of upsampling together.
            Assert.True(worst < 1e-4, $"{frequency} Hz, {from} to {to}: off by {worst}");
        }
    }

    [Theory]
    [InlineData(48000, 44100)]
    [InlineData(47999, 44100)]
    [InlineData(192000, 44100)]
    [InlineData(44100, 16000)]
    [InlineData(44100, 8001)]
    public void WhatTheNewRateCannotHoldIsGone(int from, int to)
    {
        foreach (var share in new[] { 1.005, 1.02, 0.5 * (1 + (double)from / to) })
        {
            var frequency = share * to / 2;
            var output = Resampler.Resample(Sine(frequency, from, from / 2), from, to);
            var worst = 0.0;
            for (var i = output.Length / 4; i < output.Length * 3 / 4; i++)
                worst = Math.Max(worst, Math.Abs(output[i]));
            Assert.True(worst < 1e-4, $"{frequency} Hz, {from} to {to}: {20 * Math.Log10(worst):F1} dB are left");
        }
    }

    [Theory]
    [InlineData(0, 48000, 44100, 0)]
    [InlineData(1, 48000, 44100, 1)]
    [InlineData(24000, 48000, 44100, 22050)]
    [InlineData(3, 44100, 22050, 2)]
    [InlineData(1000, 44100, 44100, 1000)]
    public void TheLengthIsRounded(int length, int from, int to, int expected) =>
        Assert.Equal(expected, Resampler.Resample(new float[length], from, to).Length);

    [Fact]
    public void AConstantStaysThatConstant()
    {
        var ones = Enumerable.Repeat(0.5f, 8000).ToArray();
        var output = Resampler.Resample(ones, 8000, 44100);
        Assert.All(output[4000..^4000], sample => Assert.Equal(0.5f, sample, 1e-5f));
    }

    [Fact]
    public void TheSameRateCopies() => Assert.Equal([0.1f, -2f], Resampler.Resample([0.1f, -2f], 44100, 44100));

    private static float[] Sine(double frequency, int rate, int length)
    {
        var samples = new float[length];
        for (var i = 0; i < length; i++)
            samples[i] = (float)Math.Sin(2 * Math.PI * frequency * i / rate + 0.3);
        return samples;
    }
}
