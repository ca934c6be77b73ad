using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class CheckpointTests : ReferenceDevice
{
    private sealed class Net : Module
    {
        private readonly Convolution2d _convolution;
        private readonly BatchNorm _norm;
        private readonly Dropout _dropout;
        private readonly Linear _head;

        public Net(RandomStream random, RandomStream noise, int channels = 3)
            : base(random.Device)
        {
            _convolution = Add("conv", new Convolution2d(random, 2, channels, 3, new ConvolutionOptions(2, 1), spectralNorm: true));
            _norm = Add("norm", new BatchNorm(random, channels, activation: Activation.LeakyRelu(0.2)));
            _dropout = Add("dropout", new Dropout(noise, keep: 0.8));
            _head = Add("head", new Linear(random, 4 * channels, 1, inputImage: new Shape(2, 2, channels)));
        }

        public Tensor Forward(Tensor x) => _head.Forward(_dropout.Forward(_norm.Forward(_convolution.Forward(x))));
    }

    /// <summary>A net in training with all that belongs to it.</summary>
    private sealed class Run : IDisposable
    {
        private readonly Device _device;
        private readonly RandomStream _noise;
        private readonly Net _net;
        private readonly Adam _adam;
        private readonly ExponentialMovingAverage _average;

        public Run(Device device, ulong seed, int channels = 3, ulong noise = 12)
        {
            _device = device;
            _noise = new RandomStream(device, noise);
            using var first = new RandomStream(device, seed);
            _net = new Net(first, _noise, channels);
            _adam = new Adam(_net, new AdamOptions(0.01));
            _average = new ExponentialMovingAverage(_net, 0.9);
        }

        public Checkpoint Checkpoint =>
            new Checkpoint().Add("net", _net).Add("optimizer.net", _adam).Add("ema", _average).Add("random.noise", _noise);

        public Checkpoint OnlyAverage => new Checkpoint().Add("ema", _net);

        public double Step()
        {
            using var scope = new Scope();
            var loss = Losses.BinaryCrossEntropyWithLogits(_net.Forward(_noise.Normal(new Shape(4, 4, 4, 2))), 1);
            var value = loss.Item();
            _adam.Step(Tape.Gradients(loss, _net.Parameters));
            _average.Update();
            return value;
        }

        public double[] Everything()
        {
            var tensors = _net.State.Concat(_adam.State.Skip(1)).Concat(_average.State);
            return [.. tensors.SelectMany(tensor => tensor.Tensor.ToDoubles()), _adam.Steps, _noise.Position];
        }

        public double[] Weights() => [.. _net.State.SelectMany(tensor => tensor.Tensor.ToDoubles())];

        public double[] Shadow() => [.. _average.State.SelectMany(tensor => tensor.Tensor.ToDoubles())];

        public void Dispose()
        {
            _average.Dispose();
            _adam.Dispose();
            _net.Dispose();
            _noise.Dispose();
        }
    }

    [Fact]
    public void AResumedRunIsTheRunBitForBit()
    {
        using var folder = Folder();
        var path = folder.File("last.safetensors");
        using var run = new Run(Device, seed: 1);
        for (var step = 0; step < 3; step++)
            run.Step();
        run.Checkpoint.Save(path, new Dictionary<string, string> { ["steps"] = "3" });
        using var resumed = new Run(Device, seed: 2);
        Assert.NotEqual(run.Everything(), resumed.Everything());
        var text = resumed.Checkpoint.Load(path);
        Assert.Equal(("3", "pt"), (text["steps"], text["format"]));
        Assert.Equal("3", Checkpoint.ReadMetadata(path)["steps"]);
        Assert.Equal(run.Everything(), resumed.Everything());
        for (var step = 0; step < 3; step++)
            Assert.Equal(run.Step(), resumed.Step());
        Assert.Equal(run.Everything(), resumed.Everything());
    }

    [Fact]
    public void OnePartCanBeTakenOutOfAWholeRun()
    {
        using var folder = Folder();
        var path = folder.File("last.safetensors");
        using var run = new Run(Device, seed: 1);
        run.Step();
        run.Checkpoint.Save(path);
        using var sampler = new Run(Device, seed: 2);
        sampler.OnlyAverage.Load(path, everything: false);
        Assert.Equal(run.Shadow(), sampler.Weights());
        Refused("that this model does not have", sampler.OnlyAverage, path);
    }

    [Fact]
    public void ACheckpointOfAnotherModelIsRefusedAndNothingIsChanged()
    {
        using var folder = Folder();
        var path = folder.File("last.safetensors");
        using var run = new Run(Device, seed: 1);
        run.Checkpoint.Save(path);
        using var wider = new Run(Device, seed: 2, channels: 4);
        var before = wider.Everything();
        Refused("'net.conv.weight_orig' of shape [3, 2, 3, 3], this model [4, 2, 3, 3]", wider.Checkpoint, path);
        Assert.Equal(before, wider.Everything());

        using var otherNoise = new Run(Device, seed: 2, noise: 13);
        before = otherNoise.Everything();
        Refused("seed 12", otherNoise.Checkpoint, path);
        Assert.Equal(before, otherNoise.Everything());

        // More on either side is another model as well.
        using var linear = new Linear(Random, 3, 2);
        using var noBias = new Linear(Random, 3, 2, bias: false);
        new Checkpoint().Add("net", linear).Save(path);
        Refused("'net.bias' [2]", new Checkpoint().Add("net", noBias), path, everything: false);
        new Checkpoint().Add("net", noBias).Save(path);
        Refused("no tensor 'net.bias'", new Checkpoint().Add("net", linear), path);
    }

    [Fact]
    public void ACheckpointOfFloat32LoadsInFloat64AndBack()
    {
        using var folder = Folder();
        var path = folder.File("cpu.safetensors");
        using var cpu = Device.Open("cpu", threads: 1);
        using var random = new RandomStream(cpu, 4);
        using var narrow = new ConvolutionTransposed2d(random, 3, 2, 4);
        using var wide = new ConvolutionTransposed2d(Random, 3, 2, 4);
        new Checkpoint().Add("up", narrow).Save(path);
        using (var file = SafeTensors.Open(path))
            Assert.Equal(ElementType.Float32, file.Tensors["up.weight"].Type);
        new Checkpoint().Add("up", wide).Load(path);
        Assert.Equal(narrow.Weight.ToDoubles(), wide.Weight.ToDoubles());
        new Checkpoint().Add("up", wide).Save(path);
        var before = narrow.Weight.ToDoubles();
        narrow.Weight.CopyFrom(Tensor.Zeros(cpu, narrow.Weight.Shape));
        new Checkpoint().Add("up", narrow).Load(path);
        Assert.Equal(before, narrow.Weight.ToDoubles());
    }

    [Fact]
    public void MomentsLieAsTheirWeightsDo()
    {
        using var folder = Folder();
        var path = folder.File("moments.safetensors");
        using var scope = new Scope();
        using var convolution = new Convolution2d(Random, 2, 3, 2, bias: false);
        using var sgd = new Sgd(convolution, 1, momentum: 0.9);
        convolution.Weight.CopyFrom(Tensor.Zeros(Device, convolution.Weight.Shape));

        // From weight 0 and rate 1, one step leaves velocity = −weight.
        sgd.Step([Draw(1, 3, 2, 2, 2)]);
        new Checkpoint().Add("net", convolution).Add("sgd", sgd).Save(path);
        using var file = SafeTensors.Open(path);
        Assert.Equal(new Shape(3, 2, 2, 2), file.Tensors["sgd.momentum_buffer.weight"].Shape);
        var velocity = MemoryMarshal.Cast<byte, double>(file.Read(file.Tensors["sgd.momentum_buffer.weight"])).ToArray();
        var weight = MemoryMarshal.Cast<byte, double>(file.Read(file.Tensors["net.weight"])).ToArray();
        Assert.Equal(weight, velocity.Select(value => -value));
    }

    /// <summary>Wherever a bit of a weight or of the text has turned, the file is refused before anything is changed.</summary>
    [Fact]
    public void AFlippedBitIsRefused()
    {
        using var folder = Folder();
        var path = folder.File("sound.safetensors");
        using var run = new Run(Device, seed: 1);
        run.Checkpoint.Save(path, new Dictionary<string, string> { ["step"] = "36" });
        var bytes = File.ReadAllBytes(path);
        var data = 8 + (int)BitConverter.ToInt64(bytes);
        var damaged = folder.File("damaged.safetensors");
        using var other = new Run(Device, seed: 2);
        var before = other.Everything();
        foreach (var at in new[] { data, data + 1001, (data + bytes.Length) / 2, bytes.Length - 1, bytes.AsSpan().IndexOf("\"36\""u8) + 1 })
        {
            var copy = (byte[])bytes.Clone();
            copy[at] ^= 1;
            File.WriteAllBytes(damaged, copy);
            Refused("is not as it was saved", other.Checkpoint, damaged);
            Refused("take an older checkpoint", other.OnlyAverage, damaged, everything: false);
            Assert.Equal(before, other.Everything());
        }

        // One without a checksum is taken as it is: PyTorch's have none, nor had ours once.
        var bare = (byte[])bytes.Clone();
        "xrc32c"u8.CopyTo(bare.AsSpan(bytes.AsSpan().IndexOf("crc32c"u8)));
        bare[^1] ^= 1;
        File.WriteAllBytes(damaged, bare);
        other.Checkpoint.Load(damaged);
        other.Checkpoint.Load(path);
        Assert.Equal(run.Everything(), other.Everything());
    }

    /// <summary>As <c>save_file(module.state_dict(), path)</c> leaves it: no prefix, and counters that nothing here needs.</summary>
    [Fact]
    public void AFileOfOnePyTorchModuleLoads()
    {
        using var folder = Folder();
        var path = folder.File("module.safetensors");
        using var norm = new BatchNorm(Random, 2);
        string[] names = ["weight", "bias", "running_mean", "running_var"];
        SafeTensorSource Source(string name, ElementType type, Shape shape, Array values) =>
            new(name, type, shape, () => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(
                ref MemoryMarshal.GetArrayDataReference(values), Buffer.ByteLength(values))).ToArray());
        SafeTensors.Write(path,
        [
            .. names.Select((name, i) => Source($"1.{name}", ElementType.Float32, [2], new float[] { i, i + 0.5f })),
            Source("1.num_batches_tracked", ElementType.Int64, [], new long[] { 9 }),
        ]);
        using var net = new Sequential(Activation.Relu, norm);
        new Checkpoint().Add("", net).Load(path);
        Assert.Equal([2, 2.5f], norm.RunningMean.ToArray());
        Assert.Equal([3, 3.5f], norm.RunningVariance.ToArray());
        Refused("'1.weight' [2] that this model does not have", new Checkpoint().Add("", new Sequential(Activation.Relu)), path);
    }

    private static void Refused(string because, Checkpoint checkpoint, string path, bool everything = true)
    {
        var error = Assert.Throws<CheckpointException>(() => checkpoint.Load(path, everything));
        var message = error.Message;
        Assert.Equal(path, error.Path);
        Assert.Contains(because, message, StringComparison.Ordinal);
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
