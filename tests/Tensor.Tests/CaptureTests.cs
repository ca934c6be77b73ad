using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Tensors.Tests;

/// <summary>A captured step does what the step does, bit for bit, and nothing besides.</summary>
public sealed class CaptureTests
{
    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    public void AReplayEqualsTheStep(string name)
    {
        using var device = Device.Open(name, threads: 2);
        using var scope = new Scope();
        var (x, result) = (Tensor.From(device, new Shape(3, 5), Numbers(15, 1)), Tensor.Zeros(device, new Shape(3)));
        void Step()
        {
            using var inner = new Scope();
            result.CopyFrom((x.Tanh() * x).Sum([1]));
        }

        using var captured = device.Capture(Step);
        Assert.True(captured.Count > 0);
        Assert.True(captured.Bytes > 0);
        for (var round = 2; round < 5; round++)
        {
            x.Write(Numbers(15, round));
            captured.Replay();
            var replayed = result.ToDoubles();
            Step();
            Assert.Equal(result.ToDoubles(), replayed);
        }
    }

    [Theory]
    [InlineData("reference", 1)]
    [InlineData("cpu", 1)]
    [InlineData("cpu", 2)]
    public void TwentyReplaysOfATrainingStepEqualTwentySteps(string name, int threads)
    {
        using var device = Device.Open(name, threads);
        using Training untrained = new(device), eager = new(device), captured = new(device);
        for (var step = 0; step < 20; step++)
            eager.Step();
        using (var recording = device.Capture(captured.Step))
        {
            for (var step = 1; step < 20; step++)
                recording.Replay();
            Assert.True(recording.Operations > 0);
        }

        Assert.Equal(eager.State(), captured.State());
        Assert.NotEqual(untrained.State(), captured.State());
    }

    /// <summary>Sums are cut into pieces that do not depend on who adds them up.</summary>
    [Fact]
    public void TheNumberOfThreadsChangesNothing()
    {
        double[] State(int threads)
        {
            using var device = Device.Open("cpu", threads);
            using var training = new Training(device);
            for (var step = 0; step < 5; step++)
                training.Step();
            return training.State();
        }

        Assert.Equal(State(1), State(2));
        Assert.Equal(State(1), State(3));
    }

    [Fact]
    public void AReplayMakesNothingOnTheManagedHeap()
    {
        using var device = Device.Open("cpu", threads: 2);
        using var training = new Training(device);
        using var recording = device.Capture(training.Step);
        for (var warm = 0; warm < 50; warm++)
            recording.Replay();
        var (live, before) = (device.LiveBytes, GC.GetAllocatedBytesForCurrentThread());
        for (var step = 0; step < 50; step++)
            recording.Replay();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(live, device.LiveBytes);
    }

    [Fact]
    public void ACaptureThatLeavesATensorIsRefused()
    {
        using var device = Device.Open("reference");
        using var outer = new Scope();
        var x = Tensor.Zeros(device, new Shape(3));
        Tensor? left = null;
        var error = Assert.Throws<InvalidOperationException>(() => device.Capture(() =>
        {
            using var scope = new Scope();
            left = scope.Keep(x.Tanh());
            new Scope().Dispose();
            Leave(left);
        }));
        Assert.Contains("alive", error.Message);
        Assert.Contains("could not be captured", Assert.Throws<ObjectDisposedException>(() => left!.ToArray()).Message);
        Assert.Equal([0, 0, 0], x.Tanh().ToDoubles());

        // A second handle that no scope owns.
        static void Leave(Tensor tensor)
        {
            Tensor? view = null;
            var thread = new Thread(() => view = tensor.Detach());
            thread.Start();
            thread.Join();
            Assert.NotNull(view);
        }
    }

    /// <summary>
    /// A recording goes on using the blocks that it was made with, so where a device has no room for all of them at once the capture fails;
    /// it must not succeed with blocks that went back to the device meanwhile.
    /// </summary>
    [Fact]
    public void ACaptureThatDoesNotFitTheDeviceIsRefusedAndNotBroken()
    {
        TestDevices.Require("cuda-sim");
        using var device = new Device(new CudaBackend(new SimulatedDriver(1, 100 << 20), new DeviceSettings("cuda-sim")));
        using var outer = new Scope();
        var result = Tensor.Zeros(device, []);
        void Step(params int[] sizes)
        {
            foreach (var megabytes in sizes)
            {
                using var scope = new Scope();
                result.CopyFrom(Tensor.Full(device, [megabytes << 18], 1).Sum());
            }
        }

        Step(38, 50, 55);
        var error = Assert.Throws<DeviceOutOfMemoryException>(() => device.Capture(() => Step(38, 50, 55)));
        Assert.Equal(55 << 20, error.RequestedBytes);

        // What lies unused in the device's own pool is given up for a capture.
        Step(60);
        using var captured = device.Capture(() => Step(30, 40));
        result.Write([0f]);
        captured.Replay();
        Assert.Equal(40 << 18, result.Item());
        Assert.Throws<DeviceOutOfMemoryException>(() => Step(60));
        captured.Replay();
    }

    [Fact]
    public void ACapturedStepReadsNothingBackAndIsNotNested()
    {
        using var device = Device.Open("reference");
        using var outer = new Scope();
        var x = Tensor.Zeros(device, new Shape(3));
        Assert.Contains("reads nothing back",
            Assert.Throws<InvalidOperationException>(() => device.Capture(() => x.Tanh().ToDoubles())).Message);
        Assert.Contains("nothing from the host",
            Assert.Throws<InvalidOperationException>(() => device.Capture(() => x.Write([1.0, 2, 3]))).Message);
        Assert.Contains("captured already",
            Assert.Throws<InvalidOperationException>(() => device.Capture(() => device.Capture(() => { }))).Message);
        Assert.Equal([0, 0, 0], x.Tanh().ToDoubles());
    }

    private static double[] Numbers(int count, int stream)
    {
        var random = new CountedRandom(17, (ulong)stream);
        return [.. Enumerable.Range(0, count).Select(_ => (double)random.NextNormal())];
    }

    /// <summary>A small convolutional network that learns from noise with Adam: the pieces of a GAN's step.</summary>
    private sealed class Training : IDisposable
    {
        private readonly RandomStream _noise;
        private readonly Tensor[] _parameters, _first, _second;
        private readonly Tensor _rate, _count, _mean, _loss;

        public Training(Device device)
        {
            _noise = new RandomStream(device, 23);
            Shape[] shapes = [new(5, 4, 4, 3), new(5), new(5), new(1, 4, 4, 5), new(1)];
            _parameters = [.. shapes.Select((shape, i) => Tensor.From(device, shape, Numbers((int)shape.Count, i)))];
            _first = [.. shapes.Select(shape => Tensor.Zeros(device, shape))];
            _second = [.. shapes.Select(shape => Tensor.Zeros(device, shape))];
            foreach (var parameter in _parameters)
                parameter.RequiresGradient = true;
            (_rate, _count) = (Tensor.Full(device, new Shape(1), 0.01), Tensor.Zeros(device, new Shape(1), ElementType.Int64));
            (_mean, _loss) = (Tensor.Zeros(device, new Shape(1, 5)), Tensor.Zeros(device, new Shape()));
        }

        public void Step()
        {
            using var scope = new Scope();
            var image = _noise.Normal(new Shape(4, 8, 8, 3));
            image.RequiresGradient = true;
            var h = image.Convolution(_parameters[0], new(2, 1))
                .BatchNorm(_parameters[1], _parameters[2], 1, 1e-5, 0.2, out var mean, out _);
            h = h * _noise.DropoutMask(h.Shape, 0.8);
            var score = h.Convolution(_parameters[3]) + _parameters[4];
            var slope = Tape.Gradients(score.Sum(), [image], differentiable: true)[0];
            var loss = score.Softplus().Mean() + slope.Square().Sum() * 0.1;
            var gradients = Tape.Gradients(loss, _parameters);
            Optimization.Increment(_count, 1);
            for (var i = 0; i < gradients.Length; i++)
                Optimization.Adam(new AdamConstants(0.5f), _rate, _count, _parameters[i], gradients[i], _first[i], _second[i]);
            _mean.InterpolateInPlace(mean, 0.9);
            _loss.CopyFrom(loss);
        }

        public double[] State() =>
            [.. _parameters.Concat(_first).Concat(_second).Concat([_mean, _loss]).SelectMany(tensor => tensor.ToDoubles()),
            _noise.Position];

        public void Dispose()
        {
            foreach (var tensor in _parameters.Concat(_first).Concat(_second).Concat([_rate, _count, _mean, _loss]))
                tensor.Dispose();
            _noise.Dispose();
        }
    }
}
