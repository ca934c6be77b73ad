namespace CrossModal.Tensors.Tests;

/// <summary>Looking at the tape: everything is seen, as it is, and nothing is changed by it.</summary>
public sealed class TapeWatchTests : IDisposable
{
    private readonly Device _device = Device.Open("cpu", 1);
    private readonly List<(TapeEntry Entry, float[] Values)> _made = [], _gradients = [];

    public void Dispose() => _device.Dispose();

    [Fact]
    public void NodesAreShownInTheOrderTheyWereMadeAndWalkedBackFromTheLatest()
    {
        using var scope = new Scope();
        var (x, weight) = (Tensor.From(_device, [2], [3f, -1]), Leaf(2, 5));
        using (Watch())
        {
            var loss = (x * weight).LeakyRelu(0.1).Sum();
            Tape.Gradients(loss, [weight]);
        }

        Assert.Equal([null, null, "multiply", "leaky relu", "sum", "reshape"], _made.Select(seen => seen.Entry.Op));
        Assert.Equal([false, true, true, true, true, true], _made.Select(seen => seen.Entry.RequiresGradient));
        Assert.Equal(Enumerable.Range(0, 6), _made.Select(seen => seen.Entry.Index));
        Assert.Equal([0, 1], _made[2].Entry.Inputs.Select(input => input.Index));
        Assert.Equal([2], _made[3].Entry.Inputs.Select(input => input.Index));
        Assert.Equal("slope 0.1", _made[3].Entry.Attributes);
        Assert.Equal([6, -5], _made[2].Values);
        Assert.Equal([5, 4, 3, 2, 1], _gradients.Select(seen => seen.Entry.Index));
        Assert.Equal([1, 0.1f], _gradients[3].Values);
        Assert.Equal([3, -0.1f], _gradients[4].Values);
    }

    [Fact]
    public void TheDerivativeIsTheSourceOfItsLambda()
    {
        using var scope = new Scope();
        using (Watch())
            (Leaf(1, 2) * Leaf(3, 4)).AddLeakyRelu(Leaf(1, 1), 0.2);
        var product = Assert.Single(_made, seen => seen.Entry.Op == "multiply").Entry;
        Assert.Equal(["g => (g * b).SumTo(a.Shape)", "g => (g * a).SumTo(b.Shape)"], product.Inputs.Select(input => input.Derivative));
        var joint = Assert.Single(_made, seen => seen.Entry.Op == "add leaky relu").Entry;
        Assert.All(joint.Inputs, input => Assert.Contains("LeakyReluGradient(g, y, slope, ", input.Derivative, StringComparison.Ordinal));
        Assert.Equal(2, joint.Inputs.Count);
    }

    [Fact]
    public void TheGradientsShownAreThoseOfGradientsBitForBitAndWatchingChangesNone()
    {
        using var scope = new Scope();
        var (alone, live) = Step();
        float[][] watched;
        using (Watch())
            watched = Step().Gradients;
        Assert.Equal(alone, watched);
        var leaves = _made.Where(seen => seen.Entry is { Op: null, RequiresGradient: true }).Select(seen => seen.Entry.Index).ToList();
        Assert.Equal(3, leaves.Count);
        foreach (var (leaf, expected) in leaves.Zip(alone))
            Assert.Equal(expected, _gradients.Single(seen => seen.Entry.Index == leaf).Values);

        // Activations are given back as soon as without a watcher.
        Assert.Equal(live, Step().Live);

        (float[][] Gradients, long Live) Step()
        {
            using var step = new Scope();
            var random = new Random(3);
            float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
            var x = Tensor.From(_device, [2, 8, 8, 3], Draw(384));
            Tensor[] weights = [Tensor.From(_device, [4, 3, 3, 3], Draw(108)), Leaf(1, 2, 3, 4), Leaf(0, 0.5f, 0, -1)];
            weights[0].RequiresGradient = true;
            var y = x.Convolution(weights[0], new ConvolutionOptions(Stride: 2, Padding: 1)).BatchNorm(weights[1], weights[2], 1, 1e-5, 0.2,
                out _, out _);
            var gradients = Tape.Gradients(y.Tanh().Square().Mean(), weights);
            return ([.. gradients.Select(gradient => gradient.ToArray())], _device.LiveBytes);
        }
    }

    [Fact]
    public void AWeightThatWasWrittenOverIsShownAgain()
    {
        using var scope = new Scope();
        var weight = Leaf(2);
        using (Watch())
        {
            Tape.Gradients(weight.Square().Sum(), [weight]);
            weight.Write([5f]);
            Tape.Gradients(weight.Square().Sum(), [weight]);
        }

        Assert.Equal([2f, 5], _made.Where(seen => seen.Entry.Op is null).Select(seen => seen.Values[0]));
        Assert.Equal([4f, 10], _gradients.Where(seen => _made[seen.Entry.Index].Entry.Op is null).Select(seen => seen.Values[0]));
    }

    [Fact]
    public void NothingIsShownAfterwardsNorToASecondWatcher()
    {
        using var scope = new Scope();
        using (Watch())
            Assert.Contains("once at a time", Assert.Throws<InvalidOperationException>(Watch).Message, StringComparison.Ordinal);
        Leaf(1).Exp();
        Assert.Empty(_made);
    }

    [Fact]
    public void NotWatchingAllocatesNothingMore()
    {
        using var scope = new Scope();
        var x = Leaf(1, 2);
        Build();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Build();
        var plain = GC.GetAllocatedBytesForCurrentThread() - before;

        // Words of the attributes would be made here.
        before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            x.Derive("affine", $"factor {i}, offset {before}");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64);
        Assert.InRange(plain, 1, 2000);

        void Build() => x.Affine(2, 1).LeakyRelu(0.1);
    }

    private IDisposable Watch() => Tape.Watch((entry, tensor) => _made.Add((entry, tensor.ToArray())),
        (entry, gradient) => _gradients.Add((entry, gradient.ToArray())));

    private Tensor Leaf(params float[] values)
    {
        var leaf = Tensor.From(_device, [values.Length], values);
        leaf.RequiresGradient = true;
        return leaf;
    }
}
