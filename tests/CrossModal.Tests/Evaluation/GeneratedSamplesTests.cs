using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Tests.Evaluation;

public sealed class GeneratedSamplesTests : IDisposable
{
    private static readonly ModelSettings Model = new() { CodeSize = 3, NoiseSize = 4 };

    private readonly Device _device = Device.Open("cpu", 2);
    private readonly RandomStream _random, _masks;
    private readonly ImageClassifier _judge;
    private readonly List<(float[] Code, float[] Noise)> _seen = [];

    public GeneratedSamplesTests()
    {
        (_random, _masks) = (new RandomStream(_device, 1), new RandomStream(_device, 1, 1));
        _judge = new ImageClassifier(_random, _masks, 2, Model.ImageSize);
    }

    public void Dispose()
    {
        foreach (var part in new IDisposable[] { _judge, _random, _masks, _device })
            part.Dispose();
    }

    /// <summary>
    /// A sound has the same noise whichever sounds are judged beside it and in whatever order; another seed or sound, other noise.
    /// </summary>
    [Fact]
    public void TheNoiseIsAFunctionOfSeedAndSound()
    {
        var images = Images();
        var codes = Codes(130);
        images.Judge(codes, [.. Enumerable.Range(0, 130)], seed: 5, cancel: TestContext.Current.CancellationToken);
        var all = Noise();
        Assert.Equal(130, all.Count);
        images.Judge(codes, [129, 7, 64, 0], seed: 5, cancel: TestContext.Current.CancellationToken);
        var some = Noise();
        Assert.Equal(["0", "129", "64", "7"], some.Keys.Order(StringComparer.Ordinal));
        Assert.All(some, entry => Assert.Equal(all[entry.Key], entry.Value));
        Assert.Equal(130, all.Values.Select(values => string.Join(' ', values)).Distinct().Count());
        images.Judge(codes, [7], seed: 6, cancel: TestContext.Current.CancellationToken);
        Assert.NotEqual(all["7"], Noise()["7"]);

        // Normal: mean 0, variance 1; 520 numbers, so within 4 standard errors of 0.044 and 0.062.
        var values = all.Values.SelectMany(row => row).ToArray();
        Assert.InRange(values.Average(), -0.18, 0.18);
        Assert.InRange(values.Average(value => value * value), 0.75, 1.25);
    }

    [Fact]
    public void EachSoundIsJudgedOnceAndAgainstItsOwnClass()
    {
        var progress = new List<int>();
        var matrix = Images().Judge(Codes(130), [.. Enumerable.Range(0, 130)], 5, progress.Add, TestContext.Current.CancellationToken);
        Assert.Equal((130, 65, 65), (matrix.Count, matrix.Total(0), matrix.Total(1)));
        Assert.Equal([64, 128, 130], progress);

        // All images are the same, so all have the same name, and half of it is right.
        Assert.Equal(0.5, matrix.Accuracy);
        var again = Images().Judge(Codes(130), [.. Enumerable.Range(0, 130)], 5, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(matrix.Counts, again.Counts);
    }

    [Fact]
    public void JudgingCanBeStopped() =>
        Assert.Throws<OperationCanceledException>(() => Images().Judge(Codes(4), [0, 1], 5, cancel: new CancellationToken(canceled: true)));

    [Fact]
    public void DrawnPicturesAreThoseOfTheRowsAsked()
    {
        var pictures = Images().Draw(Codes(10), [3, 1], row => new CountedRandom(9, (ulong)row));
        Assert.Equal(2, pictures.Length);
        Assert.Equal(["3", "1"], _seen.Select(seen => $"{seen.Code[1]}"));
        Assert.Equal(new CountedRandom(9, 3).NextNormal(), _seen[0].Noise[0]);
        Assert.All(pictures, picture => Assert.Equal((64, 64), (picture.Width, picture.Height)));
    }

    [Fact]
    public void ValuesBecomeBytesByRoundingAndAreHeldInRange()
    {
        var values = new float[2 * 2 * 3];
        float[] some = [-1, 1, 0, -2, 2, 0.5f, -0.999f, 0.02f];
        some.CopyTo(values, 0);
        var pixels = SamplePicture.Of(values, new Shape(2, 2, 3)).Pixels;
        Assert.Equal<byte>([0, 255, 128, 0, 255, 191, 0, 130], pixels[..8]);
    }

    [Theory]
    [InlineData(10, 10, 10)]
    [InlineData(3, 10, 3)]
    [InlineData(10, 4, 4)]
    [InlineData(100000, 520, 520)]
    public void ASpreadIsEvenAndInOrder(int count, int most, int expected)
    {
        var rows = new ConditionCodes(count, 1, [], [], []).Spread(most);
        Assert.Equal(expected, rows.Count);
        Assert.Equal(rows.Distinct().Order(), rows);
        Assert.Equal(0, rows[0]);
        Assert.InRange(rows[^1], count - 1 - count / most, count - 1);
        if (rows.Count > 1)
            Assert.True(rows.Zip(rows.Skip(1), (a, b) => b - a).ToArray() is var gaps && gaps.Max() - gaps.Min() <= 1);
    }

    /// <summary>Images from a generator that notes what it is given and always paints gray.</summary>
    private GeneratedSamples Images() => new(_device, Model, (code, noise) =>
    {
        var (codes, noises) = (code.ToArray(), noise.ToArray());
        for (var i = 0; i < code.Shape[0]; i++)
            _seen.Add((codes[(3 * i)..(3 * i + 3)], noises[(4 * i)..(4 * i + 4)]));
        return Tensor.Zeros(_device, new Shape(code.Shape[0], 64, 64, 3));
    }, _judge, ["cello", "flute"]);

    /// <summary>Codes whose second number is the sound's; classes take turns.</summary>
    private static ConditionCodes Codes(int count) =>
        new(count, 3, [.. Enumerable.Range(0, 3 * count).Select(i => i % 3 == 1 ? i / 3 : 0.5f)],
        [.. Enumerable.Range(0, count).Select(i => i % 2)], [.. Enumerable.Range(0, count).Select(i => $"sound {i}")]);

    /// <summary>What was seen since the last call, by sound.</summary>
    private Dictionary<string, float[]> Noise()
    {
        var noise = _seen.ToDictionary(seen => $"{seen.Code[1]}", seen => seen.Noise);
        _seen.Clear();
        return noise;
    }
}
