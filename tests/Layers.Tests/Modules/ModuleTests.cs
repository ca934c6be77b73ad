using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class ModuleTests : ReferenceDevice
{
    private sealed class Block : Module
    {
        public Block(RandomStream random)
            : base(random.Device)
        {
            Fc = Add("fc", new Linear(random, 3, 2));
            Norm = Add("norm", new BatchNorm(random, 2));
        }

        public Linear Fc { get; }

        public BatchNorm Norm { get; }

        public void AddTwice() => Add("fc", Norm);
    }

    private sealed class Net : Module
    {
        public Net(RandomStream random)
            : base(random.Device)
        {
            First = Add("first", new Block(random));
            Head = Add("head", new Linear(random, 2, 1, bias: false));
        }

        public Block First { get; }

        public Linear Head { get; }
    }

    [Fact]
    public void NamesAreDottedAndInTheOrderOfRegistration()
    {
        using var net = new Net(Random);
        Assert.Equal(
            ["first.fc.weight", "first.fc.bias", "first.norm.weight", "first.norm.bias", "head.weight"],
            net.NamedParameters.Select(parameter => parameter.Name));
        Assert.Equal(["first.norm.running_mean", "first.norm.running_var"], net.NamedBuffers.Select(buffer => buffer.Name));
        Assert.Equal(
            ["first.fc.weight", "first.fc.bias", "first.norm.weight", "first.norm.bias", "first.norm.running_mean",
                "first.norm.running_var", "head.weight"],
            net.State.Select(tensor => tensor.Name));
        Assert.Equal(6 + 2 + 2 + 2 + 2, net.ParameterCount);
        Assert.All(net.Parameters, parameter => Assert.True(parameter.RequiresGradient));
        Assert.All(net.NamedBuffers, buffer => Assert.False(buffer.Tensor.RequiresGradient));
    }

    [Fact]
    public void ATapSeesEachOutputByNameUntilItEnds()
    {
        using var net = new Net(Random);
        var x = Tensor.From(Device, [2, 3], [1f, 2, 3, 4, 5, 6]);
        var seen = new List<string>();
        using (net.Tap((name, output) => seen.Add($"{name} {output.Shape}")))
        {
            net.Head.Forward(net.First.Norm.Forward(net.First.Fc.Forward(x)));
            Assert.Throws<InvalidOperationException>(() => net.First.Tap((_, _) => { }));
        }

        Assert.Equal(["first.fc [2, 2]", "first.norm [2, 2]", "head [2, 1]"], seen);
        net.Head.Forward(net.First.Fc.Forward(x));
        Assert.Equal(3, seen.Count);
        Assert.Equal(["first", "first.fc", "first.norm", "head"], net.NamedModules.Select(module => module.Name));
    }

    [Fact]
    public void ATapSeesWhatALayerWasGiven()
    {
        using var net = new Net(Random);
        var x = Tensor.From(Device, [2, 3], [1f, 2, 3, 4, 5, 6]);
        var seen = new List<(string Name, float[] Input, float[] Output)>();
        float[] first, second;
        using (net.Tap((name, input, output) => seen.Add((name, input.ToArray(), output.ToArray()))))
        {
            var hidden = net.First.Fc.Forward(x);
            (first, second) = (hidden.ToArray(), net.First.Norm.Forward(hidden).ToArray());
        }

        Assert.Equal(["first.fc", "first.norm"], seen.Select(layer => layer.Name));
        Assert.Equal([x.ToArray(), first], seen.Select(layer => layer.Input));
        Assert.Equal([first, second], seen.Select(layer => layer.Output));
    }

    [Fact]
    public void TrainingIsSetAllTheWayDown()
    {
        using var net = new Net(Random);
        Assert.True(net.First.Norm.Training);
        net.Training = false;
        Assert.False(net.First.Norm.Training);
        Assert.False(net.Head.Training);
    }

    [Fact]
    public void ParametersOutliveTheScopeTheyWereMadeInAndDisposeFreesThem()
    {
        var before = Device.LiveBytes;
        Net net;
        using (new Scope())
            net = new Net(Random);
        Assert.Equal(6, net.First.Fc.Weight.ToDoubles().Length);
        net.Dispose();
        Assert.Equal(before, Device.LiveBytes);
    }

    [Fact]
    public void ANameIsGivenOnce()
    {
        using var block = new Block(Random);
        Assert.Contains("'fc'", Assert.Throws<ArgumentException>(block.AddTwice).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CopyMakesTwoModulesAlike()
    {
        using var net = new Net(Random);
        using var other = new Net(Random);
        Assert.NotEqual(net.Head.Weight.ToDoubles(), other.Head.Weight.ToDoubles());
        other.CopyFrom(net);
        foreach (var (a, b) in net.State.Zip(other.State))
            Assert.Equal(a.Tensor.ToDoubles(), b.Tensor.ToDoubles());
        using var linear = new Linear(Random, 2, 1);
        Assert.Throws<ShapeException>(() => linear.CopyFrom(net));
    }

    [Fact]
    public void ASeedGivesTheSameWeightsOnEveryDevice()
    {
        using var cpu = Device.Open("cpu", threads: 1);
        using var sameSeed = new RandomStream(cpu, 5);
        using var here = new Net(Random);
        using var there = new Net(sameSeed);
        foreach (var (a, b) in here.State.Zip(there.State))
            Close.Equal(a.Tensor.ToDoubles(), b.Tensor.ToDoubles(), 1e-6);
    }
}
