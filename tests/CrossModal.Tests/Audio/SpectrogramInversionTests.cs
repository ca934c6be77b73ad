using CrossModal.Audio;
using CrossModal.Kernels;
using CrossModal.Tensors;
using CrossModal.Tests.Data.Synthetic;

namespace CrossModal.Tests.Audio;

public sealed class SpectrogramInversionTests(SyntheticFolder data) : IClassFixture<SyntheticFolder>
{
    private const double Decibels = -LogMelSpectrogram.FloorDecibels / 2;

    [Theory]
    [InlineData(2100, 350)]
    [InlineData(2048, 512)]
    [InlineData(1024, 128)]
    public void TheInverseTransformGivesTheSoundBack(int window, int hop)
    {
        using var device = Device.Open("cpu", 2);
        using var basis = new FourierBasis(device, window, hop);
        using var scope = new Scope();
        var random = new CountedRandom(3);
        var sound = Enumerable.Range(0, 2 * LogMelSpectrogram.Samples).Select(_ => random.NextUniform(-1, 1)).ToArray();
        var back = basis.Inverse(basis.Transform(Tensor.From(device, new Shape(2, LogMelSpectrogram.Samples), sound)),
            LogMelSpectrogram.Samples);
        Assert.Equal(new Shape(2, LogMelSpectrogram.Samples), back.Shape);
        Assert.All(sound.Zip(back.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    /// <summary>
    /// A sound of every second instrument: what comes back has the spectrogram it was made from. Measured over 104 sounds: 0.6 dB and r
    /// 0.99.
    /// </summary>
    [Fact]
    public void TheSpectrogramOfTheSoundThatComesBackIsTheOneItWasMadeFrom()
    {
        using var device = Device.Open("cpu", 2);
        var target = Spectrograms(device, Sounds().Where((_, i) => i % 2 == 0));
        var sounds = Inverted(device, target);
        var (error, correlation) = Compare(target, Spectrograms(device, sounds));
        Assert.True(error < 1.2, $"off by {error:0.00} dB");
        Assert.True(correlation > 0.98, $"r {correlation:0.0000}");

        // Not by chance: the spectrogram of another instrument's sound is far away.
        var length = LogMelLayout.Square(64).Length;
        Assert.True(Compare(target, [.. target.Skip(length), .. target.Take(length)]).Error > 5);
    }

    /// <summary>What a network draws is smoother than any sound's spectrogram and belongs to none.</summary>
    [Fact]
    public void ASmoothSpectrogramIsMetToo()
    {
        using var device = Device.Open("cpu", 2);
        var target = Smooth(Spectrograms(device, Sounds().Take(4)));
        var (error, correlation) = Compare(target, Spectrograms(device, Inverted(device, target)));
        Assert.True(error < 0.5, $"off by {error:0.00} dB");
        Assert.True(correlation > 0.995, $"r {correlation:0.0000}");
    }

    [Fact]
    public void ALevelIsKept()
    {
        using var device = Device.Open("cpu", 2);
        var sine = Enumerable.Range(0, LogMelSpectrogram.Samples).Select(n => 0.1f * MathF.Sin(2 * MathF.PI * (440 * n % 44100) / 44100))
            .ToArray();
        var back = Inverted(device, Spectrograms(device, [sine]))[0];
        static double Root(float[] samples) => Math.Sqrt(samples.Skip(2000).SkipLast(2000).Average(value => (double)value * value));

        // 1 dB is 12 %.
        Assert.InRange(Root(back) / Root(sine), 0.88, 1.13);
    }

    [Fact]
    public void TheFloorIsSilence()
    {
        using var device = Device.Open("cpu", 2);
        var floor = new float[LogMelLayout.Square(64).Length];
        Array.Fill(floor, -1f);
        Assert.All(Inverted(device, floor)[0], sample => Assert.Equal(0f, sample));
    }

    [Fact]
    public void TheSeedDecidesAndBatchMatesDoNot()
    {
        using var device = Device.Open("cpu", 2);
        var target = Spectrograms(device, Sounds().Take(2));
        using var inversion = new SpectrogramInversion(device, LogMelLayout.Square(64));
        using var scope = new Scope();
        var layout = LogMelLayout.Square(64);
        var together = inversion.Compute(Tensor.From(device, new Shape(2, layout.Frames, layout.Mels, 1), target), 5).ToArray();
        var second = Tensor.From(device, new Shape(1, layout.Frames, layout.Mels, 1), target.AsSpan(layout.Length));
        Assert.Equal(together.Skip(LogMelSpectrogram.Samples), inversion.Compute(second, 5).ToArray());
        Assert.NotEqual(together.Skip(LogMelSpectrogram.Samples), inversion.Compute(second, 6).ToArray());
    }

    [Fact]
    public void AnotherShapeIsRefused()
    {
        using var device = Device.Open("cpu", 1);
        using var inversion = new SpectrogramInversion(device, LogMelLayout.Square(64));
        using var scope = new Scope();
        var error = Assert.Throws<ArgumentException>(() => inversion.Compute(Tensor.Zeros(device, new Shape(1, 44, 128, 1)), 1));
        Assert.Contains("[1, 44, 128, 1] must be [batch, 64, 64, 1]", error.Message);
    }

    /// <summary>One sound of each instrument.</summary>
    private float[][] Sounds() => [.. data.Poses().Where(row => row["split"] == "train").GroupBy(row => row["instrument"])
        .Select(rows => AudioClip.Load(data.WavOf(rows.ElementAt(rows.Count() / 2))).At(LogMelSpectrogram.SampleRate).Samples)];

    private static float[] Spectrograms(Device device, IEnumerable<float[]> sounds)
    {
        using var frontEnd = new LogMelSpectrogram(device, LogMelLayout.Square(64));
        using var scope = new Scope();
        var all = sounds.ToArray();
        return frontEnd.Compute(
            Tensor.From(device, new Shape(all.Length, LogMelSpectrogram.Samples), all.SelectMany(sound => sound).ToArray())).ToArray();
    }

    private static float[][] Inverted(Device device, float[] spectrograms)
    {
        using var inversion = new SpectrogramInversion(device, LogMelLayout.Square(64));
        var layout = inversion.Layout;
        return [.. spectrograms.Chunk(layout.Length).Select(values =>
        {
            using var scope = new Scope();
            return inversion.Compute(Tensor.From(device, new Shape(1, layout.Frames, layout.Mels, 1), values), 1).ToArray();
        })];
    }

    /// <summary>Means over 3 × 3 cells.</summary>
    private static float[] Smooth(float[] spectrograms)
    {
        var layout = LogMelLayout.Square(64);
        float At(int sound, int frame, int mel) =>
            spectrograms[(sound * layout.Frames + Math.Clamp(frame, 0, layout.Frames - 1)) * layout.Mels
                + Math.Clamp(mel, 0, layout.Mels - 1)];
        var result = new float[spectrograms.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var (sound, frame, mel) = (i / layout.Length, i % layout.Length / layout.Mels, i % layout.Mels);
            result[i] = (from down in new[] { -1, 0, 1 } from across in new[] { -1, 0, 1 } select At(sound, frame + down, mel + across))
                .Average();
        }

        return result;
    }

    /// <summary>The mean absolute difference in dB, and the correlation.</summary>
    private static (double Error, double Correlation) Compare(float[] a, float[] b)
    {
        Assert.Equal(a.Length, b.Length);
        var (meanA, meanB) = (a.Average(x => (double)x), b.Average(x => (double)x));
        double Sum(Func<double, double, double> term) => a.Zip(b, (x, y) => term(x - meanA, y - meanB)).Sum();
        return (Decibels * a.Zip(b, (x, y) => Math.Abs((double)x - y)).Average(),
            Sum((x, y) => x * y) / Math.Sqrt(Sum((x, _) => x * x) * Sum((_, y) => y * y)));
    }
}
