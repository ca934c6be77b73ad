using CrossModal.Audio;
using CrossModal.Kernels;

namespace CrossModal.Tests.Audio;

public sealed class SoundCheckTests
{
    private const int HalfSecond = 22050;

    [Theory]
    [InlineData(0, true)]
    [InlineData(0.00009, true)]
    [InlineData(0.00011, false)]
    [InlineData(0.5, false)]
    public void SilenceIsBelowMinus80Decibels(double amplitude, bool silent)
    {
        var check = SoundCheck.Of(Sine(440, amplitude));
        Assert.Equal(silent, check.IsSilent);
        Assert.False(check.IsClipped || check.IsShort);
        if (amplitude > 0)
            Assert.Equal(20 * Math.Log10(amplitude), check.PeakDecibels, 0.01);
    }

    [Theory]
    [InlineData(16, 1.3, true)]
    [InlineData(8, 1.3, true)]
    [InlineData(16, 1.0, false)]
    [InlineData(8, 0.9, false)]
    [InlineData(16, 0.99, false)]
    public void CutPeaksAreTold(int bits, double amplitude, bool clipped)
    {
        // As a file of so many bits gives it back.
        var steps = MathF.Pow(2, bits - 1);
        var read = Sine(440, amplitude).Samples.Select(sample => Math.Clamp(MathF.Round(sample * steps), -steps, steps - 1) / steps)
            .ToArray();
        Assert.Equal(clipped, SoundCheck.Of(new AudioClip(read, 44100)).IsClipped);
    }

    /// <summary>Two neighbors at full scale are a peak, three are a cut; up to a thousandth of them is let pass.</summary>
    [Theory]
    [InlineData(2, 400, 0)]
    [InlineData(3, 7, 21)]
    [InlineData(3, 8, 24)]
    [InlineData(50, 1, 50)]
    public void OnlyRunsOfThreeCount(int run, int runs, int clipped)
    {
        var random = new CountedRandom(1);
        var samples = Enumerable.Range(0, HalfSecond).Select(_ => random.NextUniform(-0.5f, 0.5f)).ToArray();
        for (var i = 0; i < runs; i++)
            Array.Fill(samples, i % 2 == 0 ? 1f : -1f, 55 * i, run);
        var check = SoundCheck.Of(new AudioClip(samples, 44100));
        Assert.Equal((double)clipped / HalfSecond, check.ClippedShare, 1e-12);
        Assert.Equal(clipped > 22, check.IsClipped);
    }

    [Fact]
    public void FullScaleOfBothSignsInTurnIsNoise()
    {
        var samples = Enumerable.Range(0, HalfSecond).Select(i => i % 2 == 0 ? 1f : -1f).ToArray();
        Assert.False(SoundCheck.Of(new AudioClip(samples, 44100)).IsClipped);
    }

    [Theory]
    [InlineData(22050, 44100, false)]
    [InlineData(22049, 44100, true)]
    [InlineData(11025, 22050, false)]
    [InlineData(11024, 22050, true)]
    [InlineData(24000, 48000, false)]
    [InlineData(100000, 44100, false)]
    [InlineData(1, 8000, true)]
    public void ShortIsLessThanHalfASecond(int length, int rate, bool isShort)
    {
        var samples = new float[length];
        Array.Fill(samples, 0.5f);
        var check = SoundCheck.Of(new AudioClip(samples, rate));
        Assert.Equal(isShort, check.IsShort);
        Assert.Equal((double)length / rate, check.Seconds, 1e-12);
    }

    private static AudioClip Sine(double hertz, double amplitude) =>
        new([.. Enumerable.Range(0, HalfSecond).Select(n => (float)(amplitude * Math.Sin(2 * Math.PI * hertz * n / 44100)))], 44100);
}
