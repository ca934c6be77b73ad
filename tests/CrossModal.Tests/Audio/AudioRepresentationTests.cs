using CrossModal.Audio;
using CrossModal.Tensors;

namespace CrossModal.Tests.Audio;

/// <summary>Each representation against its definition, written down anew in float64 and without tensors.</summary>
public sealed class AudioRepresentationTests
{
    private static readonly double[] Sound = PlainLogMel.Sounding(11);

    /// <summary>Tolerance: sums of float32 products of up to 22784 samples; a thousandth of a dB where the scale is logarithmic.</summary>
    [Theory]
    [InlineData("MS", 44, 128)]
    [InlineData("LMS", 44, 128)]
    [InlineData("CQT", 173, 84)]
    [InlineData("MFCC", 44, 20)]
    [InlineData("STFT", 44, 513)]
    public void AgreesWithItsDefinition(string name, int frames, int bins)
    {
        var kind = Enum.Parse<RepresentationKind>(name);
        using var device = Device.Open("cpu", 2);
        using var representation = AudioRepresentation.Create(device, kind);
        using var scope = new Scope();
        Assert.Equal((kind, frames, bins, frames * bins),
            (representation.Kind, representation.Frames, representation.Bins, representation.Length));
        var silenceAndSound = Tensor.From(device, new Shape(2, Sound.Length), [.. new double[Sound.Length], .. Sound]);
        var result = representation.Compute(silenceAndSound);
        Assert.Equal(new Shape(2, frames, bins, 1), result.Shape);
        var values = result.ToDoubles();
        foreach (var frame in new[] { 0, 1, frames / 2, frames - 2, frames - 1 })
        {
            var expected = Plain(kind, frame);
            Assert.Equal(bins, expected.Length);
            for (var bin = 0; bin < bins; bin++)
                Assert.True(Math.Abs(expected[bin] - values[(frames + frame) * bins + bin]) < 1e-4,
                    $"frame {frame}, bin {bin}: {values[(frames + frame) * bins + bin]}, expected {expected[bin]}");
            Assert.True(expected.Max() - expected.Min() > 0.05, "a frame without contrast shows nothing");
        }

        // Silence is the low end; of the cepstrum only the mean.
        for (var i = 0; i < frames * bins; i++)
            Assert.Equal(kind == RepresentationKind.MFCC && i % bins > 0 ? 0 : -1, values[i], 1e-4);
    }

    /// <summary>
    /// A sine at a semitone has its amplitude there. The filter below is off by one part in Q of its own frequency, one bin of its window,
    /// at which a Hann window still lets half through; the filter above is wider, and off by 0.94 bins.
    /// </summary>
    [Fact]
    public void ASineOnASemitoneHasItsAmplitude()
    {
        const int semitone = 45;
        var hertz = 440 * Math.Pow(2, (semitone - 45) / 12.0);
        var samples = Enumerable.Range(0, LogMelSpectrogram.Samples)
            .Select(n => 0.5 * Math.Sin(2 * Math.PI * hertz * n / LogMelSpectrogram.SampleRate)).ToArray();
        using var device = Device.Open("cpu", 2);
        using var transform = AudioRepresentation.Create(device, RepresentationKind.CQT);
        using var scope = new Scope();
        var values = transform.Compute(Tensor.From(device, new Shape(1, samples.Length), samples)).ToDoubles();
        var middle = Enumerable.Range(0, 84).Select(bin => (values[86 * 84 + bin] + 1) / 2).ToArray();
        Assert.Equal(0.5, middle[semitone], 1e-3);
        Assert.Equal(0.25, middle[semitone - 1], 0.005);
        Assert.Equal(0.271, middle[semitone + 1], 0.005);
        Assert.All(middle.Where((_, bin) => Math.Abs(bin - semitone) > 2), amplitude => Assert.InRange(amplitude, 0, 0.02));
    }

    [Fact]
    public void StoredFeaturesDoNotMeet()
    {
        using var device = Device.Open("cpu", 1);
        var keys = Enum.GetValues<RepresentationKind>().Select(kind =>
        {
            using var representation = AudioRepresentation.Create(device, kind);
            return representation.CacheKey;
        }).ToArray();
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Contains(LogMelLayout.Standard.CacheKey, keys);
    }

    private static double[] Plain(RepresentationKind kind, int frame) => kind switch
    {
        RepresentationKind.LMS => PlainLogMel.Standard.Frame(Sound, frame),
        RepresentationKind.MS => [.. PlainLogMel.Standard.MelPowers(Sound, frame).Select(power => Math.Min(1, 2 * Math.Sqrt(power) - 1))],
        RepresentationKind.STFT =>
            [.. new PlainLogMel(1024, 512, 1).Power(Sound, frame).Select(power => Math.Min(1, 2 * Math.Sqrt(power) - 1))],
        RepresentationKind.MFCC => Cepstrum(PlainLogMel.Standard.Frame(Sound, frame)),
        _ => [.. Enumerable.Range(0, 84).Select(semitone => ConstantQ(semitone, 128 * frame))],
    };

    private static double[] Cepstrum(double[] levels) => [.. Enumerable.Range(0, 20).Select(k =>
    {
        var sum = levels.Select((level, m) => level * Math.Cos(Math.PI / levels.Length * (m + 0.5) * k)).Sum();
        return k == 0 ? sum / levels.Length : 4 * Math.Sqrt(2) * sum / levels.Length;
    })];

    /// <summary>
    /// Brown's definition: the mean, under a Hann window of Q periods about a sample, of the sound times a complex sine; doubled, for a
    /// sine is half of each sign.
    /// </summary>
    private static double ConstantQ(int semitone, int center)
    {
        var hertz = 440 * Math.Pow(2, (semitone - 45) / 12.0);
        var window = 44100 / (Math.Pow(2, 1 / 12.0) - 1) / hertz;
        var (real, imaginary, weights) = (0.0, 0.0, 0.0);
        for (var n = (int)Math.Ceiling(-window / 2); n <= window / 2; n++)
        {
            var weight = Math.Pow(Math.Cos(Math.PI * n / window), 2);
            weights += weight;
            if (center + n < 0 || center + n >= Sound.Length)
                continue;
            real += weight * Sound[center + n] * Math.Cos(2 * Math.PI * hertz * n / 44100);
            imaginary += weight * Sound[center + n] * Math.Sin(2 * Math.PI * hertz * n / 44100);
        }

        return Math.Min(1, 4 * Math.Sqrt(real * real + imaginary * imaginary) / weights - 1);
    }
}
