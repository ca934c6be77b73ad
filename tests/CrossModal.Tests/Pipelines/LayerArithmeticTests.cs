using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Pipelines;
using CrossModal.Tensors;

namespace CrossModal.Tests.Pipelines;

/// <summary>The arithmetic of one number, for layers of any geometry: all numbers of each are made again.</summary>
public sealed class LayerArithmeticTests : IDisposable
{
    private readonly Device _device = Device.Open("cpu", 1);

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData("convolution")]
    [InlineData("normalized convolution, dilated")]
    [InlineData("transposed convolution")]
    [InlineData("transposed convolution with holes")]
    [InlineData("linear")]
    [InlineData("linear of an image")]
    [InlineData("linear to an image")]
    [InlineData("batch normalization")]
    public void EveryNumberIsMadeAgain(string what)
    {
        using var scope = new Scope();
        using var random = new RandomStream(_device, 3);
        var weights = Initializers.Normal();
        using Layer layer = what switch
        {
            "convolution" => new Convolution2d(random, 6, 15, 3, new ConvolutionOptions(2, 1), Activation.LeakyRelu(0.2)),
            "normalized convolution, dilated" =>
                new Convolution2d(random, 6, 2, 2, new ConvolutionOptions(1, 2, 3), Activation.Tanh, spectralNorm: true),
            "transposed convolution" => new ConvolutionTransposed2d(random, 6, 5, 4, new ConvolutionOptions(2, 1), spectralNorm: true),
            "transposed convolution with holes" =>
                new ConvolutionTransposed2d(random, 6, 2, 2, new ConvolutionOptions(3), Activation.Sigmoid),
            "linear" => new Linear(random, 240, 3, Activation.Relu),
            "linear of an image" => new Linear(random, 240, 3, inputImage: [5, 8, 6], spectralNorm: true),
            "linear to an image" => new Linear(random, 240, 24, bias: false, outputImage: [2, 3, 4]),
            _ => new BatchNorm(random, 6, Activation.Relu, weights),
        };

        // Training moves a normalization's statistics from where they began; a bias begins at 0.
        var x = random.Normal([2, 5, 8, 6]);
        layer.Forward(x);
        if (layer is WeightedLayer { Bias: { } bias })
            bias.CopyFrom(random.Normal(bias.Shape));
        layer.Training = false;
        var one = x.Slice(0, 1, 1);
        var y = layer.Forward(one);
        Shape shape = [.. y.Shape.Extents[1..]];
        var seen = new LayerOutput("network", "layer", shape, y.ToArray(), [5, 8, 6], one.ToArray(), 0);
        var (height, width, channels) = shape.Rank == 3 ? (shape[0], shape[1], shape[2]) : (1, 1, shape[0]);
        for (var i = 0; i < seen.Values.Length; i++)
        {
            var made = LayerArithmetic.Of(layer, seen, i / channels / width, i / channels % width, i % channels);
            Assert.Equal(seen.Values[i], made.Shown);
            Assert.True(Math.Abs(made.Shown - made.Result) < 1e-5 * Math.Max(1, Math.Abs(made.Shown)),
                $"{what}, number {i}: {made.Result} is not {made.Shown}");
        }

        Assert.Throws<BadInputException>(() => LayerArithmetic.Of(layer, seen, height, 0, 0));
    }

    [Fact]
    public void ATransposedConvolutionIsReachedByFourPlacesInsideAndByOneInTheCorner()
    {
        using var scope = new Scope();
        using var random = new RandomStream(_device, 3);
        using var layer = new ConvolutionTransposed2d(random, 40, 2, 4, new ConvolutionOptions(2, 1)) { Training = false };
        var x = random.Normal([1, 4, 4, 40]);
        var seen = new LayerOutput("network", "layer", [8, 8, 2], layer.Forward(x).ToArray(), [4, 4, 40], x.ToArray(), 0);
        var inside = LayerArithmetic.Of(layer, seen, 3, 4, 1).Products!;
        Assert.Equal([new KernelStep(1, 2), new KernelStep(2, 0)], inside.Rows);
        Assert.Equal([new KernelStep(1, 3), new KernelStep(2, 1)], inside.Columns);
        Assert.Equal((12, 28), (inside.Largest.Count, inside.Others));
        Assert.Equal(inside.Largest.OrderByDescending(one => Math.Abs(one.Sum)), inside.Largest);
        var corner = LayerArithmetic.Of(layer, seen, 0, 0, 0).Products!;
        Assert.Equal([new KernelStep(0, 1)], corner.Rows);
        Assert.Equal([new KernelStep(0, 1)], corner.Columns);
    }
}
