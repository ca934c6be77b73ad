using CrossModal.Audio;

namespace CrossModal.Tests.Audio;

public sealed class MelScaleTests
{
    /// <summary>15 mel at 1000 Hz, 27 more for each factor of 6.4; linear below, 200/3 Hz a mel.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(200, 3)]
    [InlineData(500, 7.5)]
    [InlineData(1000, 15)]
    [InlineData(6400, 42)]
    [InlineData(40960, 69)]
    public void KnownPoints(double hertz, double mel)
    {
        Assert.Equal(mel, MelScale.FromHertz(hertz), 1e-9);
        Assert.Equal(hertz, MelScale.ToHertz(mel), 1e-6);
    }

    [Fact]
    public void ThereAndBackAndAlwaysRising()
    {
        var before = -1.0;
        for (var hertz = 0.0; hertz <= 22050; hertz += 7.3)
        {
            var mel = MelScale.FromHertz(hertz);
            Assert.True(mel > before);
            Assert.Equal(hertz, MelScale.ToHertz(mel), 1e-9 * (1 + hertz));
            before = mel;
        }
    }

    /// <summary>
    /// Neighboring triangles share their edges, so between the first and the last peak the heights at any bin add up to 1.
    /// </summary>
    [Theory]
    [InlineData(128, 2048, 44100, 22050)]
    [InlineData(64, 2048, 44100, 22050)]
    [InlineData(40, 1024, 16000, 8000)]
    public void FiltersPeakAtOneAndCoverAllBetweenThePeaks(int mels, int window, int rate, double high)
    {
        var bins = window / 2 + 1;
        var filters = MelScale.Filters(mels, window, rate, 0, high);
        Assert.Equal(mels * bins, filters.Length);
        double Center(int mel) => MelScale.ToHertz(MelScale.FromHertz(high) * (mel + 1) / (mels + 1));
        for (var bin = 0; bin < bins; bin++)
        {
            var sum = Enumerable.Range(0, mels).Sum(mel => (double)filters[mel * bins + bin]);
            var hertz = (double)bin * rate / window;
            if (hertz >= Center(0) && hertz <= Center(mels - 1))
                Assert.Equal(1, sum, 1e-5);
            else
                Assert.InRange(sum, 0, 1);
        }

        for (var mel = 0; mel < mels; mel++)
        {
            var filter = filters.AsSpan(mel * bins, bins).ToArray();
            Assert.All(filter, height => Assert.InRange(height, 0f, 1f));
            var nearest = (int)Math.Round(Center(mel) * window / rate);
            Assert.Equal(filter.Max(), Math.Max(filter[nearest], Math.Max(filter[nearest - 1], filter[nearest + 1])));

            // Wider than a bin, so none is lost between two bins; and where a bin falls on the peak, it is 1.
            Assert.True(filter.Max() > 0.5, $"filter {mel} of {mels} reaches {filter.Max()} only");
        }

        Assert.All(Enumerable.Range(0, mels), mel => Assert.Equal(0f, filters[mel * bins]));
    }

    [Fact]
    public void AFilterIsOneWhereItsPeakFallsOnABin()
    {
        // One filter between 0 and 2000 Hz in mel space peaks at the middle mel; put a bin there.
        var peak = MelScale.ToHertz(MelScale.FromHertz(2000) / 2);
        var filter = MelScale.Filters(1, 8, (int)Math.Round(peak * 4), 0, 2000);
        Assert.Equal(5, filter.Length);
        Assert.Equal(1, filter[2], 1e-2);
    }
}
