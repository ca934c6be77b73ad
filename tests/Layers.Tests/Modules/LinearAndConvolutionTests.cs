using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class LinearAndConvolutionTests : ReferenceDevice
{
    [Fact]
    public void LinearIsXTimesWeightTransposedPlusBias()
    {
        using var scope = new Scope();
        using var linear = new Linear(Random, 3, 2);
        linear.Weight.Write([1.0, 2, 3, 4, 5, 6]);
        linear.Bias!.Write([0.5, -0.5]);
        var y = linear.Forward(From(new Shape(2, 3), 1, 0, -1, 2, 1, 0));
        Assert.Equal(new Shape(2, 2), y.Shape);
        Close.Equal([1 - 3 + 0.5, 4 - 6 - 0.5, 2 + 2 + 0.5, 8 + 5 - 0.5], y.ToDoubles());
    }

    [Fact]
    public void LinearTakesAndGivesImagesWhereItKnowsTheirShape()
    {
        using var scope = new Scope();
        using var linear = new Linear(Random, 12, 18, inputImage: new Shape(2, 2, 3), outputImage: new Shape(3, 3, 2));
        var y = linear.Forward(Draw(1, 4, 2, 2, 3));
        Assert.Equal(new Shape(4, 3, 3, 2), y.Shape);
        Assert.Contains("[4, 11]", Assert.Throws<ShapeException>(() => linear.Forward(Draw(2, 4, 11))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => new Linear(Random, 12, 18, inputImage: new Shape(2, 2, 2)));
    }

    [Fact]
    public void ConvolutionOfASmallImageByHand()
    {
        using var scope = new Scope();
        using var convolution = new Convolution2d(Random, 1, 1, 2);
        convolution.Weight.Write([1.0, 2, 3, 4]);
        convolution.Bias!.Write([10.0]);
        var y = convolution.Forward(From(new Shape(1, 3, 3, 1), 1, 2, 3, 4, 5, 6, 7, 8, 9));

        // 1·1 + 2·2 + 3·4 + 4·5 = 37, and each step to the right or down adds 10 or 30.
        Close.Equal([47, 57, 77, 87], y.ToDoubles());
    }

    [Fact]
    public void TransposedConvolutionOfASmallImageByHand()
    {
        using var scope = new Scope();
        using var convolution = new ConvolutionTransposed2d(Random, 1, 1, 2, new ConvolutionOptions(Stride: 1), bias: false);
        convolution.Weight.Write([1.0, 2, 3, 4]);
        var y = convolution.Forward(From(new Shape(1, 2, 2, 1), 1, 2, 3, 4));
        Assert.Equal(new Shape(1, 3, 3, 1), y.Shape);
        Close.Equal([1, 4, 4, 6, 20, 16, 9, 24, 16], y.ToDoubles());
    }

    [Fact]
    public void KernelFourStrideTwoPaddingOneDoublesAnImageAndHalvesIt()
    {
        using var scope = new Scope();
        var options = new ConvolutionOptions(2, 1);
        using var up = new ConvolutionTransposed2d(Random, 3, 5, 4, options);
        using var down = new Convolution2d(Random, 5, 2, 4, options);
        var large = up.Forward(Draw(1, 2, 4, 4, 3));
        Assert.Equal(new Shape(2, 8, 8, 5), large.Shape);
        Assert.Equal(new Shape(2, 4, 4, 2), down.Forward(large).Shape);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void GradientsAgreeWithDifferences(bool spectralNorm)
    {
        using var scope = new Scope();
        var options = new ConvolutionOptions(2, 1);
        using var linear = new Linear(Random, 12, 4, inputImage: new Shape(2, 2, 3), spectralNorm: spectralNorm);
        using var down = new Convolution2d(Random, 2, 3, 3, options, spectralNorm: spectralNorm);
        using var up = new ConvolutionTransposed2d(Random, 3, 2, 4, options, spectralNorm: spectralNorm);

        // With u and v held fixed, as the gradient holds them.
        (linear.Training, down.Training, up.Training) = (false, false, false);
        var (rows, large, small) = (Draw(1, 3, 12), Draw(2, 2, 5, 4, 2), Draw(3, 2, 2, 3, 3));
        GradientCheck.Verify(() => linear.Forward(rows), [rows, .. linear.Parameters]);
        GradientCheck.Verify(() => down.Forward(large), [large, .. down.Parameters]);
        GradientCheck.Verify(() => up.Forward(small), [small, .. up.Parameters]);
    }

    [Fact]
    public void AConvolutionThatPoolsIsOneBeforeAMean()
    {
        using var scope = new Scope();
        using var together =
            new Convolution2d(Random, 3, 4, 3, new(Padding: 1), Activation.LeakyRelu(0.2), spectralNorm: true, pools: true);
        together.Bias!.CopyFrom(Draw(3, 4));
        var x = Draw(4, 2, 6, 8, 3);
        together.Training = false;
        Assert.Equal(new Shape(4, 4, 4, 3), together.InferenceWeight().Shape);
        Assert.Equal(2, together.Options.Stride);
        Assert.Equal(new Shape(4, 3, 3, 3), together.Weight.Shape);
        Same(x.Convolution(Normalized(together), new(1, 1)).AveragePool(2).AddLeakyRelu(together.Bias, 0.2), together.Forward(x));
    }

    [Fact]
    public void ATransposedConvolutionThatUpsamplesIsOneBehindRepeatedPixels()
    {
        using var scope = new Scope();
        foreach (var (kernel, padding) in new[] { (3, 1), (5, 2), (1, 0), (2, 0) })
        {
            using var together = new ConvolutionTransposed2d(Random, 3, 4, kernel, new(Padding: padding), bias: false, upsamples: true);
            var x = Draw(5, 2, 3, 5, 3);
            Same(x.Upsample(2).ConvolutionTransposed(together.Weight, new(1, padding)), together.Forward(x));
        }
    }

    [Fact]
    public void WhatChangesTheSizeHasStrideOne()
    {
        Assert.Contains("not 2 and 1", Assert.Throws<ArgumentException>(() =>
            new Convolution2d(Random, 1, 1, 3, new(Stride: 2), pools: true)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ConvolutionTransposed2d(Random, 1, 1, 3, new(Dilation: 2), upsamples: true));
    }

    /// <summary>A layer's weight divided by its largest singular value, as it is known in inference.</summary>
    private static Tensor Normalized(Convolution2d layer)
    {
        var spread = layer.Weight.SpreadTaps() * 0.25;
        var scale = layer.InferenceWeight().ToDoubles()[0] / spread.ToDoubles()[0];
        return layer.Weight * scale;
    }

    private static void Same(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Close.Equal(expected.ToDoubles(), actual.ToDoubles());
    }
}
