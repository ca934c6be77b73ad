using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class BatchNormTests : ReferenceDevice
{
    private const double Epsilon = 1e-5;

    [Fact]
    public void TrainingNormalizesByTheBatchAndMovesTheRunningStatistics()
    {
        using var scope = new Scope();
        using var norm = new BatchNorm(Random, 2, activation: Activation.LeakyRelu(0.2));
        norm.Parameters[0].Write([2.0, 0.5]);
        norm.Parameters[1].Write([-1.0, 0.25]);
        var x = Draw(1, 3, 2, 2, 2);
        var y = norm.Forward(x).ToDoubles();
        var values = x.ToDoubles();
        for (var channel = 0; channel < 2; channel++)
        {
            var own = values.Where((_, i) => i % 2 == channel).ToArray();
            var mean = own.Average();
            var variance = own.Average(value => (value - mean) * (value - mean));
            var (scale, shift) = channel == 0 ? (2, -1) : (0.5, 0.25);
            var expected = own.Select(value => Leaky(scale * (value - mean) / Math.Sqrt(variance + Epsilon) + shift)).ToArray();

            // The constants ε and slope are float32 in the geometry.
            Close.Equal(expected, y.Where((_, i) => i % 2 == channel).ToArray(), 1e-7);
            Close.Equal([0.1 * mean], [Buffer(norm, "running_mean")[channel]], 1e-7);
            Close.Equal([0.9 + 0.1 * variance * 12 / 11], [Buffer(norm, "running_var")[channel]], 1e-7);
        }
    }

    [Fact]
    public void RunningStatisticsOfAHundredLikeBatchesAreThoseOfTheBatch()
    {
        using var norm = new BatchNorm(Random, 1);
        using var x = From(new Shape(4, 1), 1, 2, 3, 6);
        for (var step = 0; step < 200; step++)
        {
            using var scope = new Scope();
            norm.Forward(x);
        }

        // Mean 3; unbiased variance (4 + 1 + 0 + 9) / 3.
        Close.Equal([3], Buffer(norm, "running_mean"), 1e-6);
        Close.Equal([14.0 / 3], Buffer(norm, "running_var"), 1e-6);
    }

    /// <summary>Whether the layer before is one that may compute statistics along with its sums, or one that something follows.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BehindALayerItIsTheSameToTheBit(bool training)
    {
        using var scope = new Scope();
        var options = new ConvolutionOptions(Stride: 2, Padding: 1);
        Layer[] layers =
        [
            new Convolution2d(Random, 2, 3, 4, options, bias: false), new Convolution2d(Random, 2, 3, 4, options, Activation.Relu),
            new ConvolutionTransposed2d(Random, 2, 3, 4, options, bias: false),
            new ConvolutionTransposed2d(Random, 2, 3, 4, options, Activation.LeakyRelu(0.2)),
            new Linear(Random, 32, 12, bias: false, outputImage: new Shape(2, 2, 3)),
        ];
        foreach (var layer in layers)
        {
            using var owned = layer;
            using var behind = new BatchNorm(Random, 3, Activation.Relu) { Training = training };
            using var alone = new BatchNorm(Random, 3, Activation.Relu) { Training = training };
            var x = Draw(1, 4, 4, 4, 2);
            Assert.Equal(alone.Forward(layer.Forward(x), groups: 2).ToDoubles(), behind.Forward(layer, x, groups: 2).ToDoubles());
            foreach (var name in new[] { "running_mean", "running_var" })
                Assert.Equal(Buffer(alone, name), Buffer(behind, name));
            Assert.NotEqual(training, Buffer(behind, "running_mean").All(value => value == 0));
        }
    }

    [Fact]
    public void BehindALayerASingleValueHasNoVarianceEither()
    {
        using var scope = new Scope();
        using var layer = new Convolution2d(Random, 2, 3, 4, bias: false);
        using var norm = new BatchNorm(Random, 3);
        var error = Assert.Throws<ShapeException>(() => norm.Forward(layer, Draw(1, 2, 4, 4, 2), groups: 2));
        Assert.Equal("batch norm: [2, 1, 1, 3] in 2 groups has less than two values a channel; training needs a larger batch",
            error.Message);
        Assert.All(Buffer(norm, "running_mean"), value => Assert.Equal(0, value));
    }

    [Fact]
    public void GroupsAreNormalizedAsIfEachHadComeAlone()
    {
        using var scope = new Scope();
        using var norm = new BatchNorm(Random, 3, activation: Activation.Relu);
        using var alone = new BatchNorm(Random, 3, activation: Activation.Relu);
        var (a, b) = (Draw(1, 2, 2, 3, 3), Draw(2, 2, 2, 3, 3) * 4 + 1);
        var together = norm.Forward(Tensor.Concatenate(0, a, b), groups: 2).ToDoubles();
        Close.Equal([.. alone.Forward(a).ToDoubles(), .. alone.Forward(b).ToDoubles()], together, 1e-12);

        // One step towards the average of the two, not two steps.
        using var first = new BatchNorm(Random, 3);
        using var second = new BatchNorm(Random, 3);
        first.Forward(a);
        second.Forward(b);
        foreach (var name in new[] { "running_mean", "running_var" })
            Close.Equal([.. Buffer(first, name).Zip(Buffer(second, name), (one, other) => (one + other) / 2)], Buffer(norm, name), 1e-12);
    }

    [Fact]
    public void EvaluationUsesTheRunningStatisticsAndChangesNothing()
    {
        using var scope = new Scope();
        using var norm = new BatchNorm(Random, 2, activation: Activation.LeakyRelu(0.2)) { Training = false };
        Set(norm, "running_mean", 1, -1);
        Set(norm, "running_var", 4, 0.25);
        var x = From(new Shape(1, 2), 3, -2);
        double[] expected = [2 / Math.Sqrt(4 + Epsilon), Leaky(-1 / Math.Sqrt(0.25 + Epsilon))];
        Close.Equal(expected, norm.Forward(x).ToDoubles(), 1e-7);
        using (Tape.Paused())
            Close.Equal(expected, norm.Forward(x).ToDoubles(), 1e-7);
        Assert.Equal([1.0, -1.0], Buffer(norm, "running_mean"));
        Assert.Equal([4.0, 0.25], Buffer(norm, "running_var"));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public void GradientsAgreeWithDifferences(bool training, int groups)
    {
        using var scope = new Scope();
        using var norm = new BatchNorm(Random, 3, Activation.LeakyRelu(0.2), Initializers.Normal(0.5, mean: 1)) { Training = training };
        var x = Draw(3, 4, 2, 1, 3);
        GradientCheck.Verify(() => norm.Forward(x, groups), [x, .. norm.Parameters]);
    }

    [Fact]
    public void ASingleValueAChannelIsRefusedInTraining()
    {
        using var scope = new Scope();
        using var norm = new BatchNorm(Random, 3);
        Assert.Contains("larger batch", Assert.Throws<ShapeException>(() => norm.Forward(Draw(1, 2, 3), groups: 2)).Message,
            StringComparison.Ordinal);
    }

    private static double Leaky(double value) => value > 0 ? value : 0.2 * value;

    private static double[] Buffer(BatchNorm norm, string name) =>
        norm.NamedBuffers.Single(buffer => buffer.Name == name).Tensor.ToDoubles();

    private static void Set(BatchNorm norm, string name, params double[] values) =>
        norm.NamedBuffers.Single(buffer => buffer.Name == name).Tensor.Write(values);
}
