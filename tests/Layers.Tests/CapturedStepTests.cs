using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

/// <summary>
/// A training step with every layer, optimizer and average in it, captured once and repeated, against the same step run anew each time.
/// </summary>
public sealed class CapturedStepTests
{
    private const int Replays = 5;

    private sealed class Training : Module
    {
        private readonly RandomStream _noise;
        private readonly Linear _start, _head;
        private readonly ConvolutionTransposed2d _up;
        private readonly Convolution2d _down;
        private readonly BatchNorm _norm;
        private readonly Dropout _dropout;
        private readonly Adam _adam;
        private readonly Sgd _sgd;
        private readonly ExponentialMovingAverage _average;
        private readonly Tensor _loss;

        public Training(Device device)
            : base(device)
        {
            _noise = new RandomStream(device, 3, stream: 1);
            using var random = new RandomStream(device, 3);
            _start = Add("start", new Linear(random, 5, 24, outputImage: new Shape(2, 2, 6)));
            _up = Add("up", new ConvolutionTransposed2d(random, 6, 4, 4, new ConvolutionOptions(2, 1), bias: false));
            _norm = Add("norm", new BatchNorm(random, 4, activation: Activation.LeakyRelu(0.2)));
            _down = Add("down", new Convolution2d(random, 4, 3, 3, new ConvolutionOptions(1, 1), spectralNorm: true));
            _dropout = Add("dropout", new Dropout(_noise, keep: 0.8));
            _head = Add("head", new Linear(random, 48, 1, inputImage: new Shape(4, 4, 3)));
            var body = NamedParameters.Where(parameter => !parameter.Name.StartsWith("head", StringComparison.Ordinal));
            _adam = new Adam(body, new AdamOptions(0.01, 0.5) { L2 = _ => 1e-3 });
            _sgd = new Sgd(_head, 0.05, momentum: 0.9);
            _average = new ExponentialMovingAverage(this, 0.9);
            _loss = AddBuffer("loss", new Shape(1), 0);
        }

        public double Loss => _loss.Item();

        public double Rate
        {
            set => _adam.LearningRate = value;
        }

        public double[] Everything()
        {
            var tensors = State.Concat(_adam.State.Skip(1)).Concat(_sgd.State).Concat(_average.State);
            return [.. tensors.SelectMany(tensor => tensor.Tensor.ToDoubles()), _adam.Steps, _noise.Position];
        }

        public void Step()
        {
            var x = _up.Forward(_start.Forward(_noise.Normal(new Shape(6, 5))));
            var score = _head.Forward(_dropout.Forward(_down.Forward(_norm.Forward(x, groups: 2))));
            var loss = Losses.BinaryCrossEntropyWithLogits(score, 0.9);
            _loss.CopyFrom(loss);
            var gradients = Tape.Gradients(loss, Parameters);
            _adam.Step([.. gradients.Take(_adam.Parameters.Count)]);
            _sgd.Step([.. gradients.Skip(_adam.Parameters.Count)]);
            _average.Update();
        }

        public void Free()
        {
            _average.Dispose();
            _adam.Dispose();
            _sgd.Dispose();
            _noise.Dispose();
            Dispose();
        }
    }

    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    public void ReplaysDoWhatFreshStepsDo(string name)
    {
        using var device = Device.Open(name, threads: 1);
        var (fresh, captured) = (new Training(device), new Training(device));
        using (var step = device.Capture(captured.Step))
        {
            using (new Scope())
                fresh.Step();
            Assert.Equal(fresh.Everything(), captured.Everything());
            for (var replay = 0; replay < Replays; replay++)
            {
                var live = device.LiveBytes;
                fresh.Rate = captured.Rate = 0.01 / (replay + 1);
                using (new Scope())
                    fresh.Step();
                step.Replay();
                Assert.Equal(fresh.Loss, captured.Loss);
                Assert.Equal(live, device.LiveBytes);
            }

            Assert.Equal(fresh.Everything(), captured.Everything());
        }

        fresh.Free();
        captured.Free();
        Assert.Equal(0, device.LiveBytes);
    }

    /// <summary>
    /// Six steps in float32 beside six in float64. Adam divides by the root of the second moment, so where a gradient is nearly zero its
    /// rounding decides the step's sign: hence the loss, to 1e-4.
    /// </summary>
    [Fact]
    public void TheCpuTrainsAsTheReferenceDoes()
    {
        using var reference = Device.Open("reference");
        using var cpu = Device.Open("cpu", threads: 1);
        var (wide, narrow) = (new Training(reference), new Training(cpu));
        for (var step = 0; step <= Replays; step++)
        {
            using var scope = new Scope();
            wide.Step();
            narrow.Step();
            Close.Equal([wide.Loss], [narrow.Loss], 1e-4);
        }

        narrow.Free();
        wide.Free();
    }
}
