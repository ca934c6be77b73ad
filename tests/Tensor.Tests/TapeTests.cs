namespace CrossModal.Tensors.Tests;

/// <summary>The walk back: what it sums, where it goes, and what it leaves in memory.</summary>
public sealed class TapeTests : IDisposable
{
    private readonly Device _device = Device.Open("reference");

    public void Dispose() => _device.Dispose();

    [Fact]
    public void ATensorUsedTwiceCollectsASum()
    {
        using var scope = new Scope();
        var x = Leaf(3, -1, 0.5);
        var gradient = Tape.Gradients((x * x + x).Sum(), [x])[0];
        Assert.Equal([7, -1, 2], gradient.ToDoubles());
    }

    [Fact]
    public void ATensorAddedToItself()
    {
        using var scope = new Scope();
        var x = Leaf(3, -1);
        Assert.Equal([2, 2], Tape.Gradients((x + x).Sum(), [x])[0].ToDoubles());
        Assert.Equal([0, 0], Tape.Gradients((x - x).Sum(), [x])[0].ToDoubles());
    }

    [Fact]
    public void ADiamond()
    {
        using var scope = new Scope();
        var x = Leaf(0.3, -0.7);
        var top = x.Exp();
        var gradient = Tape.Gradients((top.Sin() * top.Square()).Sum(), [x])[0].ToDoubles();
        foreach (var (value, actual) in new[] { 0.3, -0.7 }.Zip(gradient))
        {
            var e = Math.Exp(value);
            Assert.Equal((Math.Cos(e) * e * e + Math.Sin(e) * 2 * e) * e, actual, 12);
        }
    }

    [Fact]
    public void TheGradientOfTheOutputIsOneAndOfAStrangerZero()
    {
        using var scope = new Scope();
        var (x, stranger) = (Leaf(2), Leaf(1, 2, 3));
        var y = x.Sum();
        var gradients = Tape.Gradients(y, [y, stranger, x]);
        Assert.Equal([1], gradients[0].ToDoubles());
        Assert.Equal([0, 0, 0], gradients[1].ToDoubles());
        Assert.Equal([1], gradients[2].ToDoubles());
    }

    [Fact]
    public void GradientsByWhatWasComputedOnTheWay()
    {
        using var scope = new Scope();
        var x = Leaf(0.5, 2);
        var middle = x.Square();
        var gradients = Tape.Gradients((middle * middle).Sum(), [middle, x]);
        Assert.Equal([0.5, 8], gradients[0].ToDoubles());
        Assert.Equal([0.5, 32], gradients[1].ToDoubles());
        Assert.Equal([0.25, 4], middle.ToDoubles());
    }

    [Fact]
    public void WorkIsDoneOnlyAlongPathsThatLeadSomewhere()
    {
        using var scope = new Scope();
        var x = Leaf(new Shape(2, 6, 6, 3));
        var (first, second) = (Leaf(new Shape(4, 3, 3, 3)), Leaf(new Shape(2, 3, 3, 4)));
        Tensor Discriminator() => x.Convolution(first).LeakyRelu(0.2).Convolution(second).Sum();

        // The generator's step: through the discriminator, not to its weights.
        Assert.Equal((0, 2), Gradients([x]));

        // The last layer's weights alone: nothing goes further down.
        Assert.Equal((1, 0), Gradients([second]));

        // Both weights, not the image.
        Assert.Equal((2, 1), Gradients([first, second]));

        (int OfWeights, int OfInputs) Gradients(Tensor[] by)
        {
            var primitives = Primitives(() => Tape.Gradients(Discriminator(), by));
            return (primitives.Count("ConvolutionWeightGradient".Equals), primitives.Count("ConvolutionInputGradient".Equals));
        }
    }

    [Fact]
    public void AFusedGradientIsAskedForWhatIsWantedOnly()
    {
        using var scope = new Scope();
        var (x, scale, shift) = (Leaf(new Shape(4, 3)), Leaf(new Shape(3)), Leaf(new Shape(3)));
        Tensor Normalized() => x.BatchNorm(scale, shift, 1, 1e-5, 0.2, out _, out _);
        Assert.DoesNotContain("BatchNormGradient", Primitives(() =>
        {
            var y = Normalized();
            Tape.Gradients(y.Sum(), [y]);
        }));
        Assert.Single(Primitives(() => Tape.Gradients(Normalized().Sum(), [scale])), "BatchNormGradient");
    }

    [Fact]
    public void ActivationsAreReleasedAsTheyAreUsed()
    {
        using var scope = new Scope();
        var x = Leaf(new Shape(1024));
        var bytes = _device.LiveBytes;
        Tensor Chain(List<Tensor> activations)
        {
            var y = x;
            for (var i = 0; i < 10; i++)
                activations.Add(y = y.Tanh());
            return y.Sum();
        }

        var activations = new List<Tensor>();
        var loss = Chain(activations);
        Assert.True(_device.LiveBytes >= 11 * bytes);
        _device.ResetPeak();
        var gradient = Tape.Gradients(loss, [x])[0];

        // What is left: x, its gradient and the loss, which may still be read.
        Assert.InRange(_device.LiveBytes, 2 * bytes, 2 * bytes + 256);
        Assert.InRange(_device.PeakBytes, 11 * bytes, 14 * bytes + 256);
        Assert.True(double.IsFinite(loss.Item()));
        Assert.Equal(1024, gradient.Count);
        foreach (var activation in activations)
        {
            var error = Assert.Throws<ObjectDisposedException>(() => activation.ToDoubles());
            Assert.Contains("[1024] was released", error.Message);
            Assert.Contains("backward pass", error.Message);
        }
    }

    [Fact]
    public void PartialSumsAreReleasedToo()
    {
        using var scope = new Scope();
        var x = Leaf(new Shape(1024));
        var bytes = _device.LiveBytes;
        var y = Tensor.Concatenate(0, [.. Enumerable.Range(1, 10).Select(i => (x * i).Sum().Reshape(1))]).Sum();
        var gradient = Tape.Gradients(y, [x])[0];
        Assert.Equal(55, gradient.ToDoubles()[7]);
        Assert.InRange(_device.LiveBytes, 2 * bytes, 2 * bytes + 1024);
    }

    [Fact]
    public void AGraphCanBeKept()
    {
        using var scope = new Scope();
        var x = Leaf(0.5, -1);
        var y = x.Tanh();
        var (first, second) = (y.Square().Sum(), y.Sin().Sum());
        var kept = Tape.Gradients(first, [x], keepGraph: true)[0].ToDoubles();
        Assert.Equal(kept, Tape.Gradients(first, [x], keepGraph: true)[0].ToDoubles());
        Tape.Gradients(first, [x]);
        Assert.Throws<ObjectDisposedException>(() => Tape.Gradients(second, [x]));
    }

    [Fact]
    public void DetachingEndsTheGraphAndKeepsTheNumbers()
    {
        using var scope = new Scope();
        var x = Leaf(0.5, -1);
        var y = x.Tanh();
        var detached = y.Detach();
        Assert.Equal([2 * Math.Tanh(0.5), 2 * Math.Tanh(-1)], Tape.Gradients((x * detached * 2).Sum(), [x])[0].ToDoubles());
        Tape.Gradients(y.Sum(), [x]);
        Assert.Equal(Math.Tanh(0.5), detached.ToDoubles()[0]);
        Assert.Throws<ArgumentException>(() => Tape.Gradients(detached.Sum(), [detached]));
    }

    [Fact]
    public void NothingIsRememberedWhilePaused()
    {
        using var scope = new Scope();
        var x = Leaf(0.5, -1);
        Tensor y;
        using (Tape.Paused())
        {
            using (Tape.Paused())
                y = x.Tanh();
            y = y.Sum();

            // A training step within a pause would learn nothing, and nobody would see it.
            Assert.Contains("while the tape is paused", Assert.Throws<InvalidOperationException>(() => Tape.Gradients(y, [x])).Message);
        }

        Assert.Equal([0, 0], Tape.Gradients(y, [x])[0].ToDoubles());
        Assert.NotEqual([0, 0], Tape.Gradients(x.Tanh().Sum(), [x])[0].ToDoubles());
    }

    [Fact]
    public void OnlyANumberHasGradientsAndOnlyByWhatIsRemembered()
    {
        using var scope = new Scope();
        var x = Leaf(0.5, -1);
        Assert.Contains("[2]", Assert.Throws<Kernels.ShapeException>(() => Tape.Gradients(x.Tanh(), [x])).Message);
        var constant = Tensor.Zeros(_device, new Shape(3));
        Assert.Contains("RequiresGradient", Assert.Throws<ArgumentException>(() => Tape.Gradients(x.Sum(), [constant])).Message);
    }

    [Fact]
    public void StepsDoNotGrow()
    {
        var weight = Leaf(new Shape(3, 3, 3, 2));
        var x = Leaf(new Shape(2, 5, 5, 2));
        var bytes = _device.LiveBytes;
        for (var step = 0; step < 20; step++)
        {
            using var scope = new Scope();
            var gradient = Tape.Gradients(x.Convolution(weight).Softplus().Mean(), [x], differentiable: true)[0];
            Tape.Gradients(gradient.Square().Sum(), [weight]);
        }

        Assert.Equal(bytes, _device.LiveBytes);
        var allocations = _device.Memory.DeviceAllocations;
        using (new Scope())
            Tape.Gradients(x.Convolution(weight).Softplus().Mean(), [weight]);
        Assert.Equal(allocations, _device.Memory.DeviceAllocations);
    }

    /// <summary>What a piece of work asks of the device.</summary>
    private IReadOnlyList<string> Primitives(Action work)
    {
        using var captured = _device.Capture(work);
        return [.. captured.Primitives];
    }

    private Tensor Leaf(params double[] values)
    {
        var tensor = Tensor.From(_device, new Shape(values.Length), values);
        tensor.RequiresGradient = true;
        return tensor;
    }

    private Tensor Leaf(Shape shape)
    {
        using var random = new RandomStream(_device, 11);
        var tensor = random.Normal(shape);
        tensor.RequiresGradient = true;
        return tensor;
    }
}
