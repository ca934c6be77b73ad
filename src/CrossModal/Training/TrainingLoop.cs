using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>
/// Minimizes any loss of examples by Adam along half a cosine: cross-entropy of labels, squared error of targets, of a reconstruction, and
/// sums of these. The step is captured; order and augmentation are functions of seed, epoch and position, so the same seed gives the same
/// weights.
/// </summary>
/// <param name="name">What is trained, for messages.</param>
/// <param name="loss">The loss of a batch, a scalar.</param>
internal sealed class TrainingLoop(string name, Module module, Func<ExampleBatch, Tensor> loss, ClassifierSettings settings, ulong seed)
{
    private readonly Device _device = module.Device;

    /// <summary>The steps that there will be on so many examples.</summary>
    public static long StepsOf(ClassifierSettings settings, int examples)
    {
        var steps = examples / Math.Min(settings.Batch, examples);
        return (long)settings.EpochsOf(steps) * steps;
    }

    /// <param name="epochDone">Called with the epoch (from 1) and the mean loss; gives what to show beside the loss from then on.</param>
    /// <exception cref="NonFiniteException">The loss became infinite or NaN.</exception>
    public void Train(ExampleSet train, Augmentation? augment, IRunStage stage, Func<int, double, string> epochDone,
        CancellationToken cancel)
    {
        var size = Math.Min(settings.Batch, train.Count);
        using var batch = new HostBatch(_device, train, size);
        using var mean = Persistent(() => Tensor.Zeros(_device, new Shape(1)));
        using var adam = new Adam(module,
            new AdamOptions(settings.LearningRate, 0.9) { L2 = name => IsFullyConnected(name) ? settings.WeightDecay : 0 });
        var steps = train.Count / size;
        var epochs = settings.EpochsOf(steps);
        var schedule = Schedules.Cosine(Math.Max(1, (long)epochs * steps), floor: 0.01);
        var order = Enumerable.Range(0, train.Count).ToArray();
        CapturedStep? step = null;
        var remark = "";
        try
        {
            for (var epoch = 0; epoch < epochs; epoch++)
            {
                new CountedRandom(seed, RandomStreams.ExampleOrder | (uint)epoch).Shuffle<int>(order);
                var sum = 0.0;
                for (var i = 0; i < steps; i++)
                {
                    cancel.ThrowIfCancellationRequested();
                    batch.Fill(order.AsSpan(i * size, size), augment, example =>
                        Philox.Block(seed, (ulong)example, RandomStreams.ExampleAugmentations | (uint)epoch));
                    adam.LearningRate = settings.LearningRate * schedule((long)epoch * steps + i);
                    if (step is null)
                        step = _device.Capture(() => Step(batch.Tensors, mean, adam));
                    else
                        step.Replay();
                    sum += mean.Item();
                    if (!double.IsFinite(sum))
                        throw new NonFiniteException($"the loss of the {name} became {sum} in epoch {epoch + 1}");
                    stage.Report((long)epoch * steps + i + 1, $"loss {sum / (i + 1):0.000}{remark}");
                }

                remark = $", {epochDone(epoch + 1, sum / steps)}";
            }
        }
        finally
        {
            step?.Dispose();
        }
    }

    /// <summary>Shows a module all examples of a set, outside of training: calls back with the first of them and [count, …].</summary>
    public static void Visit(Module module, ExampleSet set, Action<int, Tensor> visit)
    {
        const int most = 64;
        var before = module.Training;
        module.Training = false;
        try
        {
            using var pause = Tape.Paused();
            var length = (int)set.Shape.Count;
            var values = new float[most * length];
            for (var first = 0; first < set.Count; first += most)
            {
                using var scope = new Scope();
                var count = Math.Min(most, set.Count - first);
                for (var i = 0; i < count; i++)
                    set.Read(first + i, values.AsSpan(i * length, length));
                visit(first, Tensor.From(module.Device, new Shape([count, .. set.Shape.Extents]), values.AsSpan(0, count * length)));
            }
        }
        finally
        {
            module.Training = before;
        }
    }

    private void Step(ExampleBatch batch, Tensor mean, Adam adam)
    {
        var total = loss(batch);
        adam.Step(Tape.Gradients(total, module.Parameters));
        using var pause = Tape.Paused();
        mean.CopyFrom(total.Reshape(1));
    }

    /// <summary>The penalty is on the fully connected layers only, as in Chen et al. 2017, Fig. 4.</summary>
    private static bool IsFullyConnected(string parameter) =>
        parameter.Split('.') is [.., var layer, "weight"] && !layer.StartsWith("conv", StringComparison.Ordinal)
            && !layer.StartsWith("deconv", StringComparison.Ordinal);

    private static Tensor Persistent(Func<Tensor> make)
    {
        using var outside = Scope.Suspended();
        return make();
    }

    /// <summary>One batch on the host and its twin on the device, both made once.</summary>
    private sealed class HostBatch : IDisposable
    {
        private readonly ExampleSet _set;
        private readonly float[] _values, _room, _targets, _weights;
        private readonly int[] _labels;

        public HostBatch(Device device, ExampleSet set, int size)
        {
            _set = set;
            (_values, _room, _labels) = (new float[size * set.Shape.Count], new float[set.Shape.Count], new int[size]);
            (_targets, _weights) = (new float[size * set.TargetCount], new float[size * set.TargetCount]);
            var shape = new Shape(size, set.TargetCount);
            Tensors = new ExampleBatch(
                Persistent(() => Tensor.Zeros(device, new Shape([size, .. set.Shape.Extents]))),
                    Persistent(() => Tensor.From(device, new Shape(size), _labels)),
                set.TargetCount == 0 ? null : Persistent(() => Tensor.Zeros(device, shape)), set.TargetCount == 0
                    ? null : Persistent(() => Tensor.Zeros(device, shape)));
        }

        public ExampleBatch Tensors { get; }

        public void Fill(ReadOnlySpan<int> examples, Augmentation? augment, Func<int, (uint, uint, uint, uint)> bits)
        {
            var (length, targets) = (_room.Length, _set.TargetCount);
            for (var k = 0; k < examples.Length; k++)
            {
                var into = _values.AsSpan(k * length, length);
                _set.Read(examples[k], into);
                augment?.Invoke(into, _room, bits(examples[k]));
                _labels[k] = _set.Label(examples[k]);
                _set.ReadTargets?.Invoke(examples[k], _targets.AsSpan(k * targets, targets), _weights.AsSpan(k * targets, targets));
            }

            Tensors.Input.Write(_values);
            Tensors.Labels.Write(_labels);
            Tensors.Targets?.Write(_targets);
            Tensors.Weights?.Write(_weights);
        }

        public void Dispose()
        {
            foreach (var tensor in new[] { Tensors.Input, Tensors.Labels, Tensors.Targets, Tensors.Weights })
                tensor?.Dispose();
        }
    }
}
