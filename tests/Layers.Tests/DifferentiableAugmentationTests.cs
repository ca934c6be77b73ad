using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class DifferentiableAugmentationTests : ReferenceDevice
{
    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void ColorIsBrightnessThenSaturationThenContrast(int channels)
    {
        using var scope = new Scope();
        const int Batch = 3, Pixels = 4 * 5;
        var x = Draw(1, Batch, 4, 5, channels);
        var draw = new DifferentiableAugmentation(4, 5, channels, AugmentationPolicy.Color).Draw(Random, Batch);
        var (brightness, contrast) = (draw.Brightness!.ToDoubles(), draw.Contrast!.ToDoubles());
        Assert.Equal(channels == 1, draw.Saturation is null);
        Assert.True(draw.Translation is null && draw.Cutout is null);
        var saturation = draw.Saturation?.ToDoubles() ?? [1, 1, 1];
        var expected = new List<double>();
        foreach (var (image, i) in x.ToDoubles().Chunk(Pixels * channels).Select((image, i) => (image, i)))
        {
            var bright = image.Select(value => value + brightness[i]);
            var saturated = bright.Chunk(channels)
                .SelectMany(pixel => pixel.Select(value => (value - pixel.Average()) * saturation[i] + pixel.Average())).ToArray();
            expected.AddRange(saturated.Select(value => (value - saturated.Average()) * contrast[i] + saturated.Average()));
        }

        Close.Equal([.. expected], draw.Apply(x).ToDoubles(), 1e-12);
    }

    [Theory]
    [InlineData(16, 16, 2)]
    [InlineData(9, 20, 1)]
    [InlineData(5, 3, 3)]
    [InlineData(1, 2, 1)]
    public void ImagesAreMovedAndARectangleIsCutOutOfThem(int height, int width, int channels)
    {
        using var scope = new Scope();
        const int Batch = 40;
        var x = Draw(1, Batch, height, width, channels);
        var augmentation =
            new DifferentiableAugmentation(height, width, channels, AugmentationPolicy.Translation | AugmentationPolicy.Cutout);
        var draw = augmentation.Draw(Random, Batch);
        Assert.True(draw.Brightness is null && draw.Saturation is null && draw.Contrast is null);
        var (moves, cuts, values) = (Whole(draw.Translation!), Whole(draw.Cutout!), x.ToDoubles());
        var expected = new double[values.Length];
        for (var at = 0; at < expected.Length; at++)
        {
            var (channel, column, row, image) = (at % channels, at / channels % width, at / channels / width % height,
                at / channels / width / height);
            var (fromRow, fromColumn) = (row - moves[2 * image], column - moves[2 * image + 1]);
            if (IsCut(row, height, cuts[2 * image]) && IsCut(column, width, cuts[2 * image + 1]))
                continue;
            if (fromRow >= 0 && fromRow < height && fromColumn >= 0 && fromColumn < width)
                expected[at] = values[((image * height + fromRow) * width + fromColumn) * channels + channel];
        }

        Assert.Equal(expected, draw.Apply(x).ToDoubles());

        // The authors' code: a center from 0 to the side, the cut's half before it.
        static bool IsCut(int place, int side, int offset) =>
            place - (side / 2 + offset - (side + 1) / 2 / 2) is var inside && inside >= 0 && inside < (side + 1) / 2;
    }

    [Fact]
    public void DrawsFillTheirRangesAndNoMore()
    {
        using var scope = new Scope();
        var draw = new DifferentiableAugmentation(32, 17, 3).Draw(Random, 20_000);
        Fills(draw.Brightness!, -0.5, 0.5);
        Fills(draw.Saturation!, 0, 2);
        Fills(draw.Contrast!, 0.5, 1.5);
        var (moves, cuts) = (Whole(draw.Translation!), Whole(draw.Cutout!));
        Uniform(Axis(moves, 0), -4, 4);
        Uniform(Axis(moves, 1), -2, 2);

        // 16 of 32 rows, the center from 0 to 32; 9 of 17 columns, the center from 0 to 16.
        Uniform(Axis(cuts, 0), -16, 16);
        Uniform(Axis(cuts, 1), -8, 8);

        static int[] Axis(int[] offsets, int axis) => [.. offsets.Where((_, i) => i % 2 == axis)];

        static void Fills(Tensor drawn, double low, double high)
        {
            var values = drawn.ToDoubles();
            var margin = (high - low) * 1e-3;
            Assert.InRange(values.Min(), low, low + margin);
            Assert.InRange(values.Max(), high - margin, high);
            Assert.InRange(values.Average(), (low + high) / 2 - 10 * margin, (low + high) / 2 + 10 * margin);
        }

        // Each whole number as often as any other, within six standard deviations.
        static void Uniform(int[] values, int low, int high)
        {
            var expected = values.Length / (high - low + 1.0);
            Assert.Equal((low, high), (values.Min(), values.Max()));
            for (var value = low; value <= high; value++)
                Assert.InRange(values.Count(other => other == value), expected - 6 * Math.Sqrt(expected),
                    expected + 6 * Math.Sqrt(expected));
        }
    }

    [Theory]
    [InlineData(TranslationAxes.Rows)]
    [InlineData(TranslationAxes.Columns)]
    public void AnAxisThatIsLeftOutStays(TranslationAxes axes)
    {
        using var scope = new Scope();
        var draw = new DifferentiableAugmentation(16, 16, 1, AugmentationPolicy.Translation, axes).Draw(Random, 100);
        var moves = Whole(draw.Translation!);
        Assert.All(moves.Where((_, i) => (i % 2 == 0) != (axes == TranslationAxes.Rows)), move => Assert.Equal(0, move));
        Assert.Equal([-2, -1, 0, 1, 2], moves.Where((_, i) => (i % 2 == 0) == (axes == TranslationAxes.Rows)).Distinct().Order());
    }

    [Theory]
    [InlineData(AugmentationPolicy.Color, 3)]
    [InlineData(AugmentationPolicy.Color, 1)]
    [InlineData(AugmentationPolicy.Translation, 2)]
    [InlineData(AugmentationPolicy.Cutout, 2)]
    [InlineData(AugmentationPolicy.All, 3)]
    public void GradientsAgreeWithDifferences(AugmentationPolicy policy, int channels)
    {
        using var scope = new Scope();
        var x = Draw(1, 3, 8, 5, channels);
        var draw = new DifferentiableAugmentation(8, 5, channels, policy).Draw(Random, 3);
        GradientCheck.Verify(() => draw.Apply(x), x);

        // As a gradient penalty needs it: the gradient itself, differentiated.
        GradientCheck.Verify(() => Tape.Gradients(draw.Apply(x).Square().Square().Sum(), [x], differentiable: true)[0], x);
    }

    [Fact]
    public void RealWrongAndFakeHaveDrawsOfTheirOwn()
    {
        using var scope = new Scope();
        var augmentation = new DifferentiableAugmentation(8, 8, 3);
        var x = Draw(1, 1, 8, 8, 3);
        var changed = augmentation.Draw(Random, 3).Apply(Tensor.Concatenate(0, x, x, x)).ToDoubles().Chunk(8 * 8 * 3).ToArray();
        var again = augmentation.Draw(Random, 1).Apply(x).ToDoubles();
        Assert.Equal(4, changed.Append(again).DistinctBy(image => image.Average()).Count());
    }

    [Fact]
    public void WithoutAPolicyImagesAreWhatTheyWere()
    {
        using var scope = new Scope();
        var x = Draw(1, 2, 3, 3, 3);
        Assert.Same(x, new DifferentiableAugmentation(3, 3, 3, AugmentationPolicy.None).Draw(Random, 2).Apply(x));
    }

    [Fact]
    public void OtherImagesThanWereDrawnForAreRefused()
    {
        using var scope = new Scope();
        var draw = new DifferentiableAugmentation(3, 4, 3).Draw(Random, 2);
        Assert.Contains("[2, 4, 3, 3]", Assert.Throws<ShapeException>(() => draw.Apply(Draw(1, 2, 4, 3, 3))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => draw.Apply(Draw(1, 3, 3, 4, 3)));
        Assert.Throws<ShapeException>(() => new DifferentiableAugmentation(3, 0, 3));
    }

    /// <summary>A replay goes on along the stream and does to the bit what a step built anew does.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ACapturedStepDrawsAnewAtEachReplay(int threads)
    {
        using var device = Device.Open("cpu", threads);
        using var x = Tensor.From(device, new Shape(4, 16, 16, 3), Draw(1, 4, 16, 16, 3).ToDoubles());
        x.RequiresGradient = true;
        var augmentation = new DifferentiableAugmentation(16, 16, 3);
        using var fresh = new Twice(device, augmentation, x);
        using var replayed = new Twice(device, augmentation, x);
        using var step = device.Capture(replayed.Step);
        var live = device.LiveBytes;
        List<string> seen = [];
        for (var replay = 0; replay < 4; replay++)
        {
            if (replay > 0)
                step.Replay();
            using (new Scope())
                fresh.Step();
            Assert.Equal(fresh.Numbers(), replayed.Numbers());
            Assert.Equal(live, device.LiveBytes);
            seen.Add(string.Join(" ", replayed.Numbers()));
        }

        Assert.Equal(4, seen.Distinct().Count());
    }

    /// <summary>A step that keeps what it made of the images, and the gradient that came through to them.</summary>
    private sealed class Twice(Device device, DifferentiableAugmentation augmentation, Tensor x) : IDisposable
    {
        private readonly RandomStream _random = new(device, 3);
        private readonly Tensor _changed = Tensor.Zeros(device, x.Shape), _gradient = Tensor.Zeros(device, x.Shape);

        public void Step()
        {
            var y = augmentation.Draw(_random, x.Shape[0]).Apply(x);
            _changed.CopyFrom(y);
            _gradient.CopyFrom(Tape.Gradients(y.Square().Sum(), [x])[0]);
        }

        public float[] Numbers() => [.. _changed.ToArray(), .. _gradient.ToArray()];

        public void Dispose()
        {
            _random.Dispose();
            _changed.Dispose();
            _gradient.Dispose();
        }
    }

    private static int[] Whole(Tensor offsets) =>
        Array.ConvertAll(offsets.ToDoubles(), value => (int)Math.Round(value, MidpointRounding.AwayFromZero));
}
