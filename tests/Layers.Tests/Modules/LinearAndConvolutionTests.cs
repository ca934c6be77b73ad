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

    /// <summary>Nearest neighbors by hand, then a transposed convolution of stride 1.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ASmoothTransposedConvolutionUpsamplesBeforeItConvolves(bool spectralNorm)
    {
        using var scope = new Scope();
        using var up = new ConvolutionTransposed2d(Random, 3, 5, 3, new ConvolutionOptions(2, 1), spectralNorm: spectralNorm, smooth: true)
        {
            Training = false,
        };
        using var plain = new ConvolutionTransposed2d(Random, 3, 5, 3, new ConvolutionOptions(1, 1));
        plain.Weight.CopyFrom(up.Weight);
        var small = Draw(1, 2, 4, 3, 3);
        var repeated = small.Reshape(2, 4, 1, 3, 1, 3).BroadcastTo([2, 4, 2, 3, 2, 3]).Reshape(2, 8, 6, 3);
        var scale = spectralNorm ? up.InferenceWeight().ToDoubles()[0] / up.Weight.ToDoubles()[0] : 1;
        Close.Equal((plain.Forward(repeated) * scale).ToDoubles(), up.Forward(small).ToDoubles());
        Assert.Equal(new Shape(3, 4, 4, 5), up.InferenceWeight().Shape);
    }

    [Fact]
    public void ASmoothConvolutionPoolsWhatItConvolved()
    {
        using var scope = new Scope();
        using var down = new Convolution2d(Random, 3, 5, 3, new ConvolutionOptions(2, 1), smooth: true);
        using var plain = new Convolution2d(Random, 3, 5, 3, new ConvolutionOptions(1, 1));
        plain.Weight.CopyFrom(down.Weight);
        var large = Draw(1, 2, 8, 6, 3);
        Close.Equal(plain.Forward(large).AveragePool(2).ToDoubles(), down.Forward(large).ToDoubles());
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

        using var smoothDown = new Convolution2d(Random, 2, 3, 3, options, spectralNorm: spectralNorm, smooth: true);
        using var smoothUp = new ConvolutionTransposed2d(Random, 3, 2, 3, options, spectralNorm: spectralNorm, smooth: true);

        // With u and v held fixed, as the gradient holds them.
        (linear.Training, down.Training, up.Training, smoothDown.Training, smoothUp.Training) = (false, false, false, false, false);
        var (rows, large, small) = (Draw(1, 3, 12), Draw(2, 2, 5, 4, 2), Draw(3, 2, 2, 3, 3));
        GradientCheck.Verify(() => linear.Forward(rows), [rows, .. linear.Parameters]);
        GradientCheck.Verify(() => down.Forward(large), [large, .. down.Parameters]);
        GradientCheck.Verify(() => up.Forward(small), [small, .. up.Parameters]);
        GradientCheck.Verify(() => smoothDown.Forward(large), [large, .. smoothDown.Parameters]);
        GradientCheck.Verify(() => smoothUp.Forward(small), [small, .. smoothUp.Parameters]);
    }
}
