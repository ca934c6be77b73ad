using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class LossesTests : ReferenceDevice
{
    private static readonly double[] Scores = [-1.5, 0.3, 2.5, -0.2];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(0.9)]
    public void BinaryCrossEntropyIsItsDefinition(double target)
    {
        using var scope = new Scope();
        var x = From(new Shape(4, 1), Scores);
        var expected = Scores.Average(score => -target * Math.Log(Sigmoid(score)) - (1 - target) * Math.Log(1 - Sigmoid(score)));
        Close.Equal([expected], [Losses.BinaryCrossEntropyWithLogits(x, target).Item()]);
        Close.Equal([expected], [Losses.BinaryCrossEntropyWithLogits(x, Tensor.Full(Device, x.Shape, target)).Item()]);
        GradientCheck.Verify(() => Losses.BinaryCrossEntropyWithLogits(x, target), x);
        GradientCheck.Verify(() => Losses.BinaryCrossEntropyWithLogits(x, Tensor.Full(Device, x.Shape, target)), x);
    }

    [Fact]
    public void BinaryCrossEntropyOfLargeLogitsIsFiniteAndExact()
    {
        using var scope = new Scope();
        var x = From(new Shape(2), 800, -800);
        Close.Equal([400], [Losses.BinaryCrossEntropyWithLogits(x, 1).Item()]);
        Close.Equal([400], [Losses.BinaryCrossEntropyWithLogits(x, 0).Item()]);
        Assert.Throws<ArgumentOutOfRangeException>(() => Losses.BinaryCrossEntropyWithLogits(x, 1.5));
    }

    [Fact]
    public void HingeLossesAreTheirDefinitions()
    {
        using var scope = new Scope();
        var x = From(new Shape(4, 1), Scores);
        Close.Equal([Scores.Average(score => Math.Max(0, 1 - score))], [Losses.HingeDiscriminatorReal(x).Item()]);
        Close.Equal([Scores.Average(score => Math.Max(0, 1 + score))], [Losses.HingeDiscriminatorFake(x).Item()]);
        Close.Equal([-Scores.Average()], [Losses.HingeGenerator(x).Item()]);
        GradientCheck.Verify(() => Losses.HingeDiscriminatorReal(x), x);
        GradientCheck.Verify(() => Losses.HingeDiscriminatorFake(x), x);
        GradientCheck.Verify(() => Losses.HingeGenerator(x), x);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void SoftmaxCrossEntropyIsItsDefinitionFromLabelsAndFromRows(double smoothing)
    {
        using var scope = new Scope();
        var logits = Draw(1, 3, 4);
        int[] labels = [2, 0, 3];
        var values = logits.ToDoubles();
        var expected = 0.0;
        for (var row = 0; row < 3; row++)
        {
            var sum = Enumerable.Range(0, 4).Sum(column => Math.Exp(values[row * 4 + column]));
            for (var column = 0; column < 4; column++)
            {
                var target = (column == labels[row] ? 1 - smoothing : 0) + smoothing / 4;
                expected -= target * Math.Log(Math.Exp(values[row * 4 + column]) / sum) / 3;
            }
        }

        var numbers = Tensor.From(Device, new Shape(3), labels);
        var rows = numbers.OneHot(4);
        Close.Equal([expected], [Losses.SoftmaxCrossEntropy(logits, numbers, smoothing).Item()]);
        Close.Equal([expected], [Losses.SoftmaxCrossEntropy(logits, rows, smoothing).Item()]);
        GradientCheck.Verify(() => Losses.SoftmaxCrossEntropy(logits, numbers, smoothing), logits);
    }

    /// <summary>A logit of −∞ masks a class out: beside the label it adds nothing, as the label it costs everything.</summary>
    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    public void ClassesThatAreMaskedOutAddNothing(string name)
    {
        using var device = Tensors.Device.Open(name);
        using var scope = new Scope();
        var logits = Tensor.From(device, [1, 3], [0.0, double.NegativeInfinity, 1]);
        logits.RequiresGradient = true;
        var (labels, e) = (Tensor.From(device, [1], [2]), Math.E);
        foreach (var target in new[] { labels, labels.OneHot(3) })
        {
            var loss = Losses.SoftmaxCrossEntropy(logits, target);
            Close.Equal([Math.Log((1 + e) / e)], [loss.Item()], 1e-6);
            Close.Equal([1 / (1 + e), 0, -1 / (1 + e)], Tape.Gradients(loss, [logits])[0].ToDoubles(), 1e-6);
        }

        Assert.Equal(double.PositiveInfinity, Losses.SoftmaxCrossEntropy(logits, Tensor.From(device, [1], [1])).Item());
    }

    [Fact]
    public void DistancesAreMeansOverAllElements()
    {
        using var scope = new Scope();
        var (x, y) = (From(new Shape(2, 2), 1, 2, 3, 4), From(new Shape(2, 2), 0, 4, 3.5, 4.5));
        Close.Equal([(1 + 4 + 0.25 + 0.25) / 4], [Losses.MeanSquaredError(x, y).Item()]);
        Close.Equal([(1 + 2 + 0.5 + 0.5) / 4], [Losses.L1(x, y).Item()]);
        GradientCheck.Verify(() => Losses.MeanSquaredError(x, y), x, y);
        GradientCheck.Verify(() => Losses.L1(x, y), x, y);
    }

    [Fact]
    public void WeightedErrorCountsWhatHasWeight()
    {
        using var scope = new Scope();
        var (x, y, weight) = (From(new Shape(2, 2), 1, 2, 3, 4), From(new Shape(2, 2), 0, 4, 3.5, 100),
            From(new Shape(2, 2), 1, 0.5, 1, 0));
        Close.Equal([(1 + 0.5 * 4 + 0.25) / 2.5], [Losses.MeanSquaredError(x, y, weight).Item()]);
        GradientCheck.Verify(() => Losses.MeanSquaredError(x, y, weight), x, y);
        Close.Equal([0], [Losses.MeanSquaredError(x, y, From(new Shape(2, 2), 0, 0, 0, 0)).Item()]);
        Assert.Throws<ShapeException>(() => Losses.MeanSquaredError(x, y, From(new Shape(2, 1), 1, 1)));
    }

    [Fact]
    public void WhatWouldBeBroadcastIsRefused()
    {
        using var scope = new Scope();
        Assert.Throws<ShapeException>(() => Losses.MeanSquaredError(Draw(1, 4, 1), Draw(1, 4)));
        Assert.Throws<ShapeException>(() => Losses.BinaryCrossEntropyWithLogits(Draw(1, 4, 1), Draw(1, 4)));
        Assert.Throws<ShapeException>(() => Losses.SoftmaxCrossEntropy(Draw(1, 4, 3), Tensor.From(Device, new Shape(3), [0, 1, 2])));
    }

    /// <summary>A linear discriminator has the same gradient everywhere.</summary>
    [Fact]
    public void R1IsTheSquaredSlopeAtTheRealImages()
    {
        using var scope = new Scope();
        var (x, slope) = (Draw(1, 4, 2, 3), Draw(2, 6, 1));
        x.RequiresGradient = slope.RequiresGradient = true;
        Tensor Penalty() => Losses.GradientPenaltyR1(x.Reshape(4, 6).MatrixProduct(slope), x);
        var values = slope.ToDoubles();
        Close.Equal([values.Sum(value => value * value)], [Penalty().Item()]);
        Close.Equal([.. values.Select(value => 2 * value)], Tape.Gradients(Penalty(), [slope])[0].ToDoubles());
    }

    [Fact]
    public void R1IsDifferentiatedThroughLayers()
    {
        using var scope = new Scope();
        using var convolution = new Convolution2d(Random, 2, 3, 3, new ConvolutionOptions(2, 1), bias: false);
        using var norm = new BatchNorm(Random, 3, activation: Activation.LeakyRelu(0.2), scale: Initializers.Normal(0.5, mean: 1));
        using var score = new Linear(Random, 12, 1);
        var x = Draw(1, 4, 4, 4, 2);
        GradientCheck.Verify(() =>
            Losses.GradientPenaltyR1(score.Forward(norm.Forward(convolution.Forward(x)).Reshape(4, 12)).Tanh(), x),
            [x, convolution.Weight, .. norm.Parameters, score.Weight]);
    }

    [Fact]
    public void R1OfImagesThatTheScoresDoNotKnowIsRefused()
    {
        using var scope = new Scope();
        var (x, slope) = (Draw(1, 4, 6), Draw(2, 6, 1));
        slope.RequiresGradient = true;
        var early = x.MatrixProduct(slope);
        Refused("nothing on the tape leads from the scores [4, 1] to the images [4, 6]", early);
        x.RequiresGradient = true;
        Refused("set RequiresGradient", early);
        Refused("one for each", x.MatrixProduct(slope).Sum());
        using (Tape.Paused())
            Refused("outside a pause", x.MatrixProduct(slope));

        void Refused(string says, Tensor scores) =>
            Assert.Contains(says, Assert.ThrowsAny<ArgumentException>(() => Losses.GradientPenaltyR1(scores, x)).Message,
                StringComparison.Ordinal);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
