using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Tests.Training;

/// <summary>One loop for labels, targets, reconstructions and sums of them.</summary>
public sealed class TrainingLoopTests : IDisposable
{
    private const int Inputs = 6, Examples = 96;
    private static readonly ClassifierSettings Settings = new()
    {
        Epochs = 60,
        MinimumSteps = 0,
        Batch = 16,
        LearningRate = 0.05,
        WeightDecay = 0
    };
    private readonly Device _device = Device.Open("cpu", 1);
    private readonly RandomStream _random;
    private readonly float[] _values = new float[Examples * Inputs];

    public TrainingLoopTests()
    {
        _random = new RandomStream(_device, 3);
        var random = new CountedRandom(9, 1);
        for (var i = 0; i < _values.Length; i++)
            _values[i] = random.NextUniform(-1, 1);
    }

    public void Dispose()
    {
        _random.Dispose();
        _device.Dispose();
    }

    /// <summary>The second target is unknown for most examples, and a lie is written there: it must not be learned.</summary>
    [Fact]
    public void RegressionIgnoresWhatIsNotKnown()
    {
        using var model = new Linear(_random, Inputs, 2);
        var set = Set() with { TargetCount = 2, ReadTargets = Targets };
        Train(model, set, batch => Losses.MeanSquaredError(model.Forward(batch.Input), batch.Targets!, batch.Weights!));
        TrainingLoop.Visit(model, set, (first, input) =>
        {
            var told = model.Forward(input).ToArray();
            for (var i = 0; i < input.Shape[0]; i++)
            {
                Assert.Equal(2 * Row(first + i)[0] - 1, told[2 * i], 0.02f);
                Assert.Equal(Row(first + i)[1] + Row(first + i)[2], told[2 * i + 1], 0.02f);
            }
        });

        void Targets(int i, Span<float> targets, Span<float> weights)
        {
            var known = i % 3 == 0;
            (targets[0], targets[1]) = (2 * Row(i)[0] - 1, known ? Row(i)[1] + Row(i)[2] : 100);
            (weights[0], weights[1]) = (1, known ? 1 : 0);
        }
    }

    /// <summary>A code as wide as the input gives it back; one of half the width cannot, for the inputs are independent.</summary>
    [Fact]
    public void ReconstructionIsAsGoodAsTheCodeIsWide()
    {
        Assert.InRange(Reconstruct(Inputs), 0, 0.001);
        Assert.InRange(Reconstruct(Inputs / 2), 0.05, 0.4);

        double Reconstruct(int width)
        {
            using var model = new Squeeze(_random, width);
            return Train(model, Set(), batch => Losses.MeanSquaredError(model.Forward(batch.Input), batch.Input))[^1];
        }
    }

    [Fact]
    public void ASumOfLabelsAndReconstructionLearnsBoth()
    {
        using var model = new Squeeze(_random, Inputs);
        Tensor Loss(ExampleBatch batch) =>
            ClassifierTraining.Loss([model.Code.Forward(batch.Input).Slice(1, 0, 2)], batch.Labels)
                + Losses.MeanSquaredError(model.Forward(batch.Input), batch.Input);
        Train(model, Set(), Loss);
        var named = ConfusionMatrix.Of(model, x => model.Code.Forward(x).Slice(1, 0, 2), Set() with { Classes = ["down", "up"] });
        Assert.InRange(named.Accuracy, 0.95, 1);
        TrainingLoop.Visit(model, Set(), (_, input) =>
            Assert.InRange(Losses.MeanSquaredError(model.Forward(input), input).Item(), 0, 0.02));
    }

    [Fact]
    public void TheSameSeedGivesTheSameWeights()
    {
        Assert.Equal(Weights(7), Weights(7));
        Assert.NotEqual(Weights(7), Weights(8));

        float[] Weights(ulong seed)
        {
            using var random = new RandomStream(_device, 5);
            using var model = new Linear(random, Inputs, 2);
            Augmentation shift = (values, _, bits) => values[0] += 0.1f * Philox.ToUniform(bits.A);
            new TrainingLoop("line", model, batch =>
                ClassifierTraining.Loss([model.Forward(batch.Input)], batch.Labels), Settings with { Epochs = 2 }, seed)
                .Train(Set(), shift, new SilentReporter(), (_, _) => "", CancellationToken.None);
            return model.Weight.ToArray();
        }
    }

    private double[] Train(Module model, ExampleSet set, Func<ExampleBatch, Tensor> loss)
    {
        var losses = new List<double>();
        new TrainingLoop("test", model, loss, Settings, 1).Train(set, null, new SilentReporter(), (epoch, mean) =>
        {
            losses.Add(mean);
            return $"{epoch}";
        }, TestContext.Current.CancellationToken);
        Assert.Equal(Settings.Epochs, losses.Count);
        return [.. losses];
    }

    private ExampleSet Set() =>
        new(Examples, new Shape(Inputs), i => Row(i)[0] > 0 ? 1 : 0, (i, destination) => Row(i).CopyTo(destination));

    private ReadOnlySpan<float> Row(int i) => _values.AsSpan(i * Inputs, Inputs);

    /// <summary>To a code and back, in straight lines.</summary>
    private sealed class Squeeze : Module
    {
        private readonly Linear _back;

        public Squeeze(RandomStream random, int width)
            : base(random.Device) =>
                (Code, _back) = (Add("code", new Linear(random, Inputs, width)), Add("back", new Linear(random, width, Inputs)));

        public Linear Code { get; }

        public Tensor Forward(Tensor x) => _back.Forward(Code.Forward(x));
    }
}
