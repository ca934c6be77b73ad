using CrossModal.Audio;
using CrossModal.Tensors;

namespace CrossModal.Tests.Audio;

public sealed class LogMelSpectrogramTests
{
    public static TheoryData<string, double, string> Agreements =>
        new() { { "reference", 1e-5, "lms" }, { "cpu", 5e-5, "lms" }, { "cpu", 5e-5, "lms-square" } };

    /// <summary>
    /// Tolerance: the Fourier basis has float32's 24 bits, an error of 1e-7 of the frame's amplitude in each bin. The weakest bins here lie
    /// about 60 dB, a thousandth, below the strongest: 1e-4 of their amplitude, 1e-3 dB, 2e-5 of the scale. On cpu the sums have as much
    /// again.
    /// </summary>
    [Theory]
    [MemberData(nameof(Agreements))]
    public void AgreesWithADirectFourierTransform(string name, double tolerance, string layoutName)
    {
        var (layout, plain) = layoutName == "lms" ? (LogMelLayout.Standard, PlainLogMel.Standard)
            : (LogMelLayout.Square(64), PlainLogMel.Square);
        var (frames, mels) = (layout.Frames, layout.Mels);
        double[][] sounds = [PlainLogMel.Sounding(1), PlainLogMel.Sounding(2)];
        if (name == "reference")
            sounds = sounds[..1];
        using var device = Device.Open(name, 2);
        using var frontEnd = new LogMelSpectrogram(device, layout);
        using var scope = new Scope();
        var result = frontEnd.Compute(
            Tensor.From(device, new Shape(sounds.Length, LogMelSpectrogram.Samples), sounds.SelectMany(sound => sound).ToArray()));
        Assert.Equal(new Shape(sounds.Length, frames, mels, 1), result.Shape);
        var values = result.ToDoubles();
        for (var sound = 0; sound < sounds.Length; sound++)
        {
            // The frames at both ends, whose windows reach beyond the sound, and some within.
            foreach (var frame in new[] { 0, 1, 2, 17, 30, frames - 2, frames - 1 })
            {
                var expected = plain.Frame(sounds[sound], frame);
                for (var mel = 0; mel < mels; mel++)
                {
                    var actual = values[(sound * frames + frame) * mels + mel];
                    Assert.True(Math.Abs(actual - expected[mel]) <= tolerance,
                        $"sound {sound}, frame {frame}, mel {mel}: {actual}, expected {expected[mel]}");
                    Assert.InRange(expected[mel], -0.99, 0.999);
                }
            }
        }
    }

    /// <summary>
    /// A sine on a bin has power 1 there and, under the Hann window, a quarter in both neighbors, so each band holds
    /// f(k) + (f(k − 1) + f(k + 1)) / 4 of its filter f, and what is over 0 dB is cut.
    /// </summary>
    [Theory]
    [InlineData(10)]
    [InlineData(60)]
    [InlineData(233)]
    [InlineData(700)]
    public void AFullScaleSineStandsAtZeroDecibelsInItsBand(int bin)
    {
        var samples = new float[LogMelSpectrogram.Samples];
        for (var n = 0; n < samples.Length; n++)
            samples[n] = (float)Math.Sin(2 * Math.PI * bin * n / 2048);
        using var device = Device.Open("cpu", 2);
        using var frontEnd = new LogMelSpectrogram(device);
        using var scope = new Scope();
        var values = frontEnd.Compute(Tensor.From(device, new Shape(1, samples.Length), samples)).ToArray();
        var filters = Enumerable.Range(0, 128).Select(PlainLogMel.Standard.Triangle).ToArray();
        var expected = filters.Select(filter => filter[bin] + (filter[bin - 1] + filter[bin + 1]) / 4).ToArray();
        var loudest = Array.IndexOf(expected, expected.Max());
        foreach (var frame in new[] { 2, 20, 41 })
        {
            var row = values.AsSpan(frame * 128, 128).ToArray();
            for (var mel = 0; mel < 128; mel++)
            {
                var level = PlainLogMel.Level(expected[mel]);
                Assert.True(Math.Abs(row[mel] - level) < 1e-3, $"frame {frame}, mel {mel}: {row[mel]}, expected {level}");
            }

            // No filter is so narrow, or so far from the bin, that the band loses more than 2 dB of the sine.
            Assert.InRange(row[loudest], 1 - 2 / 40f, 1);
            Assert.Equal(row.Max(), row[loudest]);
        }
    }

    /// <summary>What the documents say of levels: the Hann window's lobe is added up, so sines at the peaks read −0.3 to +1.7 dB.</summary>
    [Fact]
    public void ASineAtAPeakReadsSomeTenthsTooLowToOneAndAHalfTooHigh()
    {
        using var device = Device.Open("cpu", 2);
        using var frontEnd = new LogMelSpectrogram(device);
        using var scope = new Scope();
        var levels = new double[frontEnd.Layout.Mels];
        for (var mel = 0; mel < levels.Length; mel++)
        {
            using var one = new Scope();
            var highest = MelScale.FromHertz(22050);
            var hertz = MelScale.ToHertz(highest * (mel + 1) / (levels.Length + 1));
            var samples = new float[LogMelSpectrogram.Samples];
            for (var n = 0; n < samples.Length; n++)
                samples[n] = (float)Math.Sin(2 * Math.PI * hertz * n / LogMelSpectrogram.SampleRate);
            var power = frontEnd.MelPower(Tensor.From(device, [1, samples.Length], samples)).ToArray();
            levels[mel] = 10 * Math.Log10(power[20 * levels.Length + mel]);
            Assert.Equal(mel, Enumerable.Range(0, levels.Length).MaxBy(other => power[20 * levels.Length + other]));
        }

        Assert.InRange(levels.Min(), -0.35, -0.2);
        Assert.InRange(levels.Max(), 1.65, 1.75);
        Assert.All(Enumerable.Range(0, levels.Length).Where(mel => MelScale.ToHertz(MelScale.FromHertz(22050) * (mel + 1) / 129) > 5000),
            mel => Assert.InRange(levels[mel], 1.4, 1.75));
    }

    [Fact]
    public void SizesOfTheLayouts()
    {
        Assert.Equal((44, 128, 512, 2048, 5632), (LogMelLayout.Standard.Frames, LogMelLayout.Standard.Mels, LogMelLayout.Standard.Hop,
            LogMelLayout.Standard.Window, LogMelLayout.Standard.Length));
        Assert.Equal((64, 64, 350, 2100, 4096), (LogMelLayout.Square(64).Frames, LogMelLayout.Square(64).Mels, LogMelLayout.Square(64).Hop,
            LogMelLayout.Square(64).Window, LogMelLayout.Square(64).Length));

        // Stored spectrograms of earlier runs are known by this.
        Assert.Equal("lms-1", LogMelLayout.Standard.CacheKey);
        Assert.NotEqual(LogMelLayout.Standard.CacheKey, LogMelLayout.Square(64).CacheKey);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(128)]
    public void ASquareLayoutHasAsManyFramesAsMelsAndNoMelIsDeaf(int size)
    {
        var layout = LogMelLayout.Square(size);
        Assert.Equal((size, size), (layout.Frames, layout.Mels));
        Assert.True(layout.Window >= 2 * layout.Hop && layout.Window % (2 * layout.Hop) == 0);
        Assert.All(layout.Filters().Chunk(layout.Bins), filter => Assert.True(filter.Max() > 0.5));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(256)]
    public void ThereIsNoSquareLayoutOfOtherSizes(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LogMelLayout.Square(size));

    [Fact]
    public void SilenceIsTheFloorEverywhere()
    {
        using var device = Device.Open("cpu", 2);
        using var frontEnd = new LogMelSpectrogram(device);
        using var scope = new Scope();
        Assert.All(frontEnd.Compute(Tensor.Zeros(device, new Shape(2, LogMelSpectrogram.Samples))).ToArray(), value =>
            Assert.Equal(-1f, value));
    }

    [Fact]
    public void ASoundDoesNotDependOnItsBatchMates()
    {
        using var device = Device.Open("cpu", 2);
        using var frontEnd = new LogMelSpectrogram(device);
        using var scope = new Scope();
        double[][] sounds = [PlainLogMel.Sounding(3), PlainLogMel.Sounding(4), PlainLogMel.Sounding(5)];
        var together = frontEnd.Compute(
            Tensor.From(device, new Shape(3, LogMelSpectrogram.Samples), sounds.SelectMany(sound => sound).ToArray())).ToArray();
        var alone = frontEnd.Compute(Tensor.From(device, new Shape(1, LogMelSpectrogram.Samples), sounds[1])).ToArray();
        Assert.Equal(alone, together.AsSpan(alone.Length, alone.Length).ToArray());
    }

    /// <summary>
    /// The tape's gradient of a weighted sum of all values by single samples, against central differences of the plain computation: a
    /// sample is heard in the few frames around it only, so these suffice. Off by h² and by the basis' 1e-7.
    /// </summary>
    [Fact]
    public void ItsGradientIsThatOfThePlainComputation()
    {
        using var device = Device.Open("cpu", 2);
        using var frontEnd = new LogMelSpectrogram(device);
        using var scope = new Scope();
        var samples = PlainLogMel.Sounding(6);
        var random = new Kernels.CountedRandom(7);
        var weights = new double[44 * 128];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = (float)random.NextNormal();
        var sound = Tensor.From(device, new Shape(1, samples.Length), samples);
        sound.RequiresGradient = true;
        var total = (frontEnd.Compute(sound) * Tensor.From(device, new Shape(1, 44, 128, 1), weights)).Sum();
        var gradient = Tape.Gradients(total, [sound])[0].ToDoubles();
        var scale = Math.Sqrt(gradient.Select(value => value * value).Average());
        foreach (var sample in new[] { 0, 700, 11025, 20001, 22049 })
        {
            const double step = 1e-5;
            double Shifted(double by)
            {
                var shifted = (double[])samples.Clone();
                shifted[sample] += by;
                var sum = 0.0;
                for (var frame = Math.Max(0, sample / 512 - 2); frame <= Math.Min(43, sample / 512 + 3); frame++)
                    sum += PlainLogMel.Standard.Frame(shifted, frame)
                        .Zip(weights.AsSpan(frame * 128, 128).ToArray(), (value, weight) => value * weight).Sum();
                return sum;
            }

            var differences = (Shifted(step) - Shifted(-step)) / (2 * step);
            Assert.True(Math.Abs(gradient[sample] - differences) < 2e-3 * scale,
                $"sample {sample}: {gradient[sample]} on the tape, {differences} by differences; typical is {scale}");
        }
    }

    [Fact]
    public void AnotherLengthIsRefused()
    {
        using var device = Device.Open("cpu", 1);
        using var frontEnd = new LogMelSpectrogram(device);
        using var scope = new Scope();
        var error = Assert.Throws<ArgumentException>(() => frontEnd.Compute(Tensor.Zeros(device, new Shape(1, 22051))));
        Assert.Contains("[1, 22051] must be [batch, 22050]", error.Message);
    }
}
