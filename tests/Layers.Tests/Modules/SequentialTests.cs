using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class SequentialTests : ReferenceDevice
{
    [Fact]
    public void NamesCountTheLayersAsPyTorchDoes()
    {
        using var net = new Sequential(new Linear(Random, 3, 4), Activation.Relu, new Sequential(new BatchNorm(Random, 4), new Flatten()),
            new Linear(Random, 4, 1, bias: false));
        Assert.Equal(["0.weight", "0.bias", "2.0.weight", "2.0.bias", "2.0.running_mean", "2.0.running_var", "3.weight"],
            net.State.Select(tensor => tensor.Name));
        Assert.Equal(4, net.Count);
        Assert.IsType<Linear>(net[0]);
        Assert.Equal([net[0], net[1], net[2], net[3]], net);
        Assert.Same(Device, net.Device);
        net.Training = false;
        Assert.False(((Sequential)net[2])[0].Training);
    }

    [Fact]
    public void ItIsItsLayersOneAfterTheOther()
    {
        using var scope = new Scope();
        var (first, second) = (new Linear(Random, 3, 4, Activation.LeakyRelu(0.2)), new Linear(Random, 4, 2));
        using var net = new Sequential(first, new Lambda(x => x * 2), second, Activation.Tanh);
        var x = Draw(1, 5, 3);
        Assert.Equal((second.Forward(first.Forward(x) * 2)).Tanh().ToDoubles(), net.Forward(x).ToDoubles());
        GradientCheck.Verify(() => net.Forward(x), [x, .. net.Parameters]);
        using var none = new Sequential();
        Assert.Same(x, none.Forward(x));
        Assert.Contains("device", Assert.Throws<InvalidOperationException>(() => none.Device).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DisposingItDisposesItsLayers()
    {
        var before = Device.LiveBytes;
        new Sequential(new Linear(Random, 3, 4), new Sequential(new Linear(Random, 4, 2))).Dispose();
        Assert.Equal(before, Device.LiveBytes);
    }

    [Fact]
    public void FlattenAndUnflattenUndoEachOther()
    {
        using var scope = new Scope();
        var x = Draw(1, 5, 2, 3, 4);
        Assert.Equal([5, 24], new Flatten().Forward(x).Shape);
        var back = new Sequential(new Flatten(), new Unflatten([2, 3, 4])).Forward(x);
        Assert.Equal(x.Shape, back.Shape);
        Assert.Equal(x.ToDoubles(), back.ToDoubles());
        Assert.Throws<ShapeException>(() => new Unflatten([2, 3]).Forward(x));
    }

    /// <summary>Fused into a layer or a layer behind it, to the bit; and the same shapes of every kind of layer.</summary>
    [Fact]
    public void AnActivationWithinALayerIsOneBehindIt()
    {
        using var scope = new Scope();
        Activation[] all = [Activation.None, Activation.Relu, Activation.LeakyRelu(0.25), Activation.Tanh, Activation.Sigmoid];
        foreach (var (activation, stream) in all.Select((activation, i) => (activation, (ulong)i)))
        {
            foreach (var bias in new[] { true, false })
            {
                Same(random => new Linear(random, 12, 4, activation, bias),
                    random => new Linear(random, 12, 4, bias: bias), Draw(1, 3, 12));
                Same(random => new Convolution2d(random, 2, 3, 3, new(2, 1), activation, bias),
                    random => new Convolution2d(random, 2, 3, 3, new(2, 1), bias: bias), Draw(2, 2, 5, 4, 2));
                Same(random => new ConvolutionTransposed2d(random, 3, 2, 4, new(2, 1), activation, bias),
                    random => new ConvolutionTransposed2d(random, 3, 2, 4, new(2, 1), bias: bias), Draw(3, 2, 2, 3, 3));
            }

            Same(random => new BatchNorm(random, 3, activation), random => new BatchNorm(random, 3), Draw(4, 6, 3));

            void Same(Func<RandomStream, Layer> fused, Func<RandomStream, Layer> apart, Tensor x)
            {
                using RandomStream one = new(Device, 7, stream), other = new(Device, 7, stream);
                using Layer within = fused(one), before = apart(other);
                for (var training = 1; training >= 0; training--)
                {
                    within.Training = before.Training = training == 1;
                    Assert.Equal(activation.Apply(before.Forward(x)).ToDoubles(), within.Forward(x).ToDoubles());
                }
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Activation.LeakyRelu(-0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Activation.LeakyRelu(double.NaN));
        Assert.Equal(["None", "Relu", "LeakyRelu(0.25)", "Tanh", "Sigmoid"], all.Select(activation => activation.ToString()));
    }
}
