namespace CrossModal.Tensors.Tests;

/// <summary>What derivatives are exactly on a corner, where differences cannot tell: a choice, and the same on every device.</summary>
public sealed class CornerTests
{
    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    public void OnTheCorner(string name)
    {
        using var device = Device.Open(name, threads: 1);
        using var scope = new Scope();
        Tensor Leaf(Shape shape, params float[] values)
        {
            var tensor = Tensor.From(device, shape, values);
            tensor.RequiresGradient = true;
            return tensor;
        }

        double[] Gradient(Tensor x, Func<Tensor, Tensor> function) => Tape.Gradients(function(x).Sum(), [x])[0].ToDoubles();

        var x = Leaf(new Shape(3), -1, 0, 1);
        Assert.Equal([0.25, 0.25, 1], Gradient(x, t => t.LeakyRelu(0.25)));
        Assert.Equal([0, 0, 1], Gradient(x, t => t.Relu()));
        Assert.Equal([-1, 0, 1], Gradient(x, t => t.Abs()));
        Assert.Equal([1, 1, 0], Gradient(x, t => t.Clamp(-1, 0)));

        // Equal operands: the first has the gradient. Equal maxima over an axis share it; in a pooling window the first has it.
        var y = Leaf(new Shape(3), -1, 5, -5);
        var gradients = Tape.Gradients(x.Maximum(y).Sum(), [x, y]);
        Assert.Equal([1, 0, 1], gradients[0].ToDoubles());
        Assert.Equal([0, 1, 0], gradients[1].ToDoubles());
        var tied = Leaf(new Shape(2, 4), 3, 1, 3, 0, 2, 2, 2, 2);
        Assert.Equal([0.5, 0, 0.5, 0, 0.25, 0.25, 0.25, 0.25], Gradient(tied, t => t.Maximum([1])));
        Assert.Equal([1, 0, 0, 0], Gradient(Leaf(new Shape(1, 2, 2, 1), 7, 7, 7, 7), t => t.MaxPool(2, 2)));
    }
}
