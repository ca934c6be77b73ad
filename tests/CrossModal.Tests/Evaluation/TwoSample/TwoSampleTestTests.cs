using CrossModal.Evaluation.Metrics;
using CrossModal.Evaluation.TwoSample;
using CrossModal.Kernels;
using CrossModal.Tensors;
using CrossModal.Tests.Training;
using CrossModal.Training;

namespace CrossModal.Tests.Evaluation.TwoSample;

/// <summary>
/// Pictures of 32 × 32: a disk and a bar anywhere, in the colors of the song, eight moments a song.
/// </summary>
public sealed class TwoSampleTestTests
{
    private const int Side = 32, Songs = 64, Moments = 8;

    private static readonly Shape Picture = new(Side, Side, 3), Spectrogram = new(Side, Side, 1);

    /// <summary>Songs are 128, so that chance moves the share by a tenth at most.</summary>
    [Fact]
    public void RealPicturesOfOtherSongsAreNotTold()
    {
        using var device = Device.Open("cpu", 2);
        var figure = new TwoSampleTest(device, 7).Measure(Picture, Of(0, _ => { }), Of(Songs, _ => { }), paired: false,
            new SilentReporter(), "test", TestContext.Current.CancellationToken)!;
        Assert.InRange(figure.Value, 0.4, 0.6);
        Assert.InRange(0.5, figure.Low - 0.05, figure.High + 0.05);
        Assert.Equal((Songs * Moments, Songs * Moments, 2), (figure.Generated, figure.Real, figure.Halves.Count));
        Assert.Equal(figure.Value, figure.Halves.Average(), 1e-12);
    }

    /// <summary>Made smaller, sharp pictures are blurred as well.</summary>
    [Fact]
    public void BlurIsToldInLargePictures()
    {
        var figure = Measure(Blur)!;
        Assert.InRange(figure.Value, 0.95, 1);
        var (size, share) = Assert.Single(figure.Smaller);
        Assert.Equal(Side / 2, size);
        Assert.InRange(share.Value, 0.45, figure.Value - 0.02);
    }

    [Fact]
    public void ASmallerSampleHasTheMeansOfItsSquares()
    {
        float[] sample = [1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60, 7, 70, 8, 80], smaller = new float[4];
        TwoSampleTest.Shrink(sample, new Shape(2, 4, 2), 2, smaller);
        Assert.Equal([3.5f, 35, 5.5f, 55], smaller);
    }

    /// <summary>One pixel in twenty is lighter or darker by a tenth of what white and black differ.</summary>
    [Fact]
    public void SpecklesAreTold() => Assert.InRange(Measure(Speckle)!.Value, 0.95, 1);

    /// <summary>One channel, as spectrograms have, which are not mirrored.</summary>
    [Fact]
    public void SpecklesOfASpectrogramAreTold() => Assert.InRange(Measure(Speckle, Spectrogram)!.Value, 0.95, 1);

    /// <summary>A picture file has 256 shades, and what is generated has more: nobody sees that.</summary>
    [Fact]
    public void ShadesBetweenThoseOfAFileAreNotTold()
    {
        var values = new[] { -1.2f, -1, -0.001f, 0.003f, 0.5f, 0.9999f, 1.7f };
        Shades.Round(values);
        Assert.Equal([-1f, -1f, -1 / 255f, 1 / 255f, 191 / 127.5f - 1, 1f, 1f], values, (a, b) => Math.Abs(a - b) < 1e-6);
        for (var shade = 0; shade < 256; shade++)
            Assert.Equal(shade, Shades.Of(Shades.Value((byte)shade)));
        using var device = Device.Open("cpu", 1);
        var kept = new KeptSamples(3);
        kept.Keep(0, Tensor.From(device, new Shape(2, 1, 1, 3), [-1f, 0.003f, 1f, 0.5f, 0.5f, 0.5f]));
        kept.Keep(2, Tensor.From(device, new Shape(1, 1, 1, 3), [0f, 0f, -0.2f]));
        var read = new float[3];
        kept.Read(0, read);
        Assert.Equal([-1f, 1 / 255f, 1f], read, (a, b) => Math.Abs(a - b) < 1e-6);
        kept.Read(2, read);
        Assert.Equal(102 / 127.5f - 1, read[2], 1e-6f);
    }

    [Fact]
    public void TheSameForAnyNumberOfThreads()
    {
        var (one, two) = (Measure(Faint, threads: 1, steps: 40)!, Measure(Faint, threads: 2, steps: 40)!);
        Assert.InRange(one.Value, 0.51, 0.999);
        Assert.Equal(one with { Halves = two.Halves, Smaller = two.Smaller }, two);
        Assert.Equal(one.Halves, two.Halves);
        Assert.Equal(one.Smaller, two.Smaller);

        static void Faint(float[] values)
        {
            for (var i = 0; i < values.Length; i += 7)
                values[i] = Math.Clamp(values[i] + 0.03f, -1, 1);
        }
    }

    [Fact]
    public void OfTooFewNothingIsSaid()
    {
        using var device = Device.Open("cpu", 1);
        var few = new ComparedSamples((_, values) => values.Clear(), new GroupedSamples(new int[30], [.. Enumerable.Range(0, 30)]), null);
        Assert.Null(new TwoSampleTest(device, 1).Measure(Picture, few, few, paired: true, new SilentReporter(), "test",
            TestContext.Current.CancellationToken));
    }

    /// <summary>The same pictures, changed in the place of generated ones.</summary>
    private static TwoSampleFigure? Measure(Action<float[]> change, Shape? shape = null, int threads = 2, int steps = 200)
    {
        using var device = Device.Open("cpu", threads);
        return new TwoSampleTest(device, 7, steps).Measure(shape ?? Picture, Of(0, change), Of(0, _ => { }), paired: true,
            new SilentReporter(), "test", TestContext.Current.CancellationToken);
    }

    private static ComparedSamples Of(int firstSong, Action<float[]> change)
    {
        int[] songs = [.. Enumerable.Range(0, Songs * Moments).Select(i => firstSong + i / Moments)];
        var drawn = new float[songs.Length][];
        return new ComparedSamples((i, values) =>
        {
            if (drawn[i] is null)
                change(drawn[i] = Draw(songs[i], i, values.Length / (Side * Side)));
            drawn[i].CopyTo(values);
        }, new GroupedSamples([.. songs.Select(song => song % 2)], songs), songs);
    }

    /// <summary>The colors are the song's, the places the moment's.</summary>
    private static float[] Draw(int song, int moment, int channels)
    {
        var (palette, place) = (new CountedRandom((ulong)song, 1), new CountedRandom((ulong)song, 2 + (ulong)moment));
        float[] colors = [.. Enumerable.Range(0, 3 * channels).Select(_ => palette.NextUniform(-0.8f, 0.8f))];
        var (x, y, radius, bar) = (place.NextUniform(6, 26), place.NextUniform(6, 26), place.NextUniform(4, 10), place.NextInt(Side));
        var values = new float[Side * Side * channels];
        for (var i = 0; i < values.Length; i++)
        {
            var (column, row) = (i / channels % Side, i / channels / Side);
            var part = (column - x) * (column - x) + (row - y) * (row - y) < radius * radius ? 1 : Math.Abs(row - bar) < 2 ? 2 : 0;
            values[i] = colors[part * channels + i % channels] + 0.02f * place.NextNormal();
        }

        return values;
    }

    /// <summary>Each value is half its own and a quarter of those on its left and right.</summary>
    private static void Blur(float[] values)
    {
        var (channels, sharp) = (values.Length / (Side * Side), (float[])values.Clone());
        for (var i = channels; i < values.Length - channels; i++)
            values[i] = 0.5f * sharp[i] + 0.25f * (sharp[i - channels] + sharp[i + channels]);
    }

    private static void Speckle(float[] values)
    {
        var channels = values.Length / (Side * Side);
        var random = new CountedRandom((ulong)BitConverter.SingleToInt32Bits(values.Sum()), 9);
        for (var speckle = 0; speckle < Side * Side / 20; speckle++)
        {
            var (pixel, by) = (random.NextInt(Side * Side), random.NextInt(2) == 0 ? -0.2f : 0.2f);
            for (var c = 0; c < channels; c++)
                values[pixel * channels + c] = Math.Clamp(values[pixel * channels + c] + by, -1, 1);
        }
    }
}
