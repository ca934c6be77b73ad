namespace CrossModal.Tensors.Tests;

/// <summary>Bias and activation in one pass are the two after each other, to the bit: a layer may take either.</summary>
public sealed class AddLeakyReluTests
{
    [Theory]
    [InlineData("reference", 0)]
    [InlineData("cpu", 0)]
    [InlineData("cpu", 0.2)]
    public void ItIsTheSumAndThenTheActivation(string name, double slope)
    {
        using var device = Device.Open(name, threads: 2);
        using var scope = new Scope();
        using var random = new RandomStream(device, 3);
        (Shape, Shape)[] shapes = [(new(501, 48), new(48)), (new(7, 3), new(7, 3)), (new(5, 1), new(1, 9))];
        foreach (var (shape, biasShape) in shapes)
        {
            var (x, bias) = (random.Normal(shape), random.Normal(biasShape));
            x.RequiresGradient = bias.RequiresGradient = true;
            var weight = random.Normal(Shape.Broadcast("test", shape, biasShape));
            var (fused, apart) = (x.AddLeakyRelu(bias, slope), (x + bias).LeakyRelu(slope));
            Assert.Equal(apart.ToDoubles(), fused.ToDoubles());
            var expected = Tape.Gradients((apart * weight).Sum(), [x, bias]);
            var gradients = Tape.Gradients((fused * weight).Sum(), [x, bias]);
            Assert.Equal(expected[0].ToDoubles(), gradients[0].ToDoubles());
            Assert.Equal(expected[1].ToDoubles(), gradients[1].ToDoubles());
        }
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void ASlopeThatWouldHideTheSignIsRefused(double slope)
    {
        using var device = Device.Open("reference");
        using var x = Tensor.Zeros(device, new Shape(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.AddLeakyRelu(x, slope));
    }
}
