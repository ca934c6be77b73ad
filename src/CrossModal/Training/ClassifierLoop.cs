using CrossModal.Evaluation;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>Labelled examples to be read one at a time.</summary>
/// <param name="Shape">Of one example.</param>
/// <param name="Label">The class of example i.</param>
/// <param name="Read">Writes example i.</param>
internal sealed record ExampleSet(int Count, Shape Shape, Func<int, int> Label, ExampleReader Read);

internal delegate void ExampleReader(int index, Span<float> destination);

/// <summary>Changes a training example a little, in place: (values, a block of random words).</summary>
internal delegate void Augmentation(Span<float> values, Span<float> room, (uint A, uint B, uint C, uint D) bits);

/// <summary>
/// Trains a classifier by Adam on softmax cross-entropy. The step is captured; order and augmentation are functions of seed, epoch and position, so the same seed gives
/// the same weights.
/// </summary>
internal sealed class ClassifierLoop(Device device, Module module, Func<Tensor, IReadOnlyList<Tensor>> logits, IReadOnlyList<string> classes, ClassifierSettings settings, ulong seed)
{
    private const ulong OrderStream = 0x6F72_0000_0000_0000, AugmentStream = 0x6175_0000_0000_0000;
    private const int EvaluationBatch = 64;

    /// <summary>Trains on <paramref name="train"/>; returns how <paramref name="validation"/> is named after each epoch.</summary>
    /// <param name="epochDone">Called with the epoch (from 1), the mean loss, and the names given to the validation examples.</param>
    public ConfusionMatrix Train(ExampleSet train, ExampleSet validation, Augmentation augment, IRunStage stage, Action<int, double, ConfusionMatrix> epochDone, CancellationToken cancel)
    {
        var batch = Math.Min(settings.Batch, train.Count);
        var length = (int)train.Shape.Count;
        var (values, room, labels) = (new float[batch * length], new float[length], new int[batch]);
        using var input = Persistent(() => Tensor.Zeros(device, new Shape([batch, .. train.Shape.Extents])));
        using var target = Persistent(() => Tensor.From(device, new Shape(batch), labels));
        using var loss = Persistent(() => Tensor.Zeros(device, new Shape(1)));
        using var adam = new Adam(module, new AdamOptions(settings.LearningRate, 0.9)
        {
            L2 = name => name.EndsWith(".weight", StringComparison.Ordinal) && !name.StartsWith("conv", StringComparison.Ordinal) ? settings.WeightDecay : 0,
        });
        var steps = train.Count / batch;
        var epochs = settings.EpochsOf(steps);
        var schedule = Schedules.Cosine(Math.Max(1, (long)epochs * steps), floor: 0.01);
        var order = Enumerable.Range(0, train.Count).ToArray();
        CapturedStep? step = null;
        var named = new ConfusionMatrix(classes);
        try
        {
            for (var epoch = 0; epoch < epochs; epoch++)
            {
                new CountedRandom(seed, OrderStream | (uint)epoch).Shuffle<int>(order);
                var sum = 0.0;
                for (var i = 0; i < steps; i++)
                {
                    cancel.ThrowIfCancellationRequested();
                    for (var k = 0; k < batch; k++)
                    {
                        var example = order[i * batch + k];
                        var into = values.AsSpan(k * length, length);
                        train.Read(example, into);
                        augment(into, room, Philox.Block(seed, (ulong)example, AugmentStream | (uint)epoch));
                        labels[k] = train.Label(example);
                    }

                    input.Write(values);
                    target.Write(labels);
                    adam.LearningRate = settings.LearningRate * schedule((long)epoch * steps + i);
                    if (step is null)
                        step = device.Capture(() => Step(input, target, loss, adam));
                    else
                        step.Replay();
                    sum += loss.Item();
                    if (!double.IsFinite(sum))
                        throw new NonFiniteException($"the loss of the classifier became {sum} in epoch {epoch + 1}");
                    stage.Report((long)epoch * steps + i + 1, $"loss {sum / (i + 1):0.000}, validation {named.Accuracy:0.0%}");
                }

                named = Evaluate(validation);
                epochDone(epoch + 1, sum / steps, named);
            }
        }
        finally
        {
            step?.Dispose();
        }

        return named;
    }

    /// <summary>Names every example of a set.</summary>
    public ConfusionMatrix Evaluate(ExampleSet set)
    {
        module.Training = false;
        try
        {
            using var pause = Tape.Paused();
            var length = (int)set.Shape.Count;
            var values = new float[EvaluationBatch * length];
            var result = new ConfusionMatrix(classes);
            for (var first = 0; first < set.Count; first += EvaluationBatch)
            {
                using var scope = new Scope();
                var count = Math.Min(EvaluationBatch, set.Count - first);
                for (var i = 0; i < count; i++)
                    set.Read(first + i, values.AsSpan(i * length, length));
                var names = Named(logits(Tensor.From(device, new Shape([count, .. set.Shape.Extents]), values.AsSpan(0, count * length)))[0]);
                for (var i = 0; i < count; i++)
                    result.Add(set.Label(first + i), names[i]);
            }

            return result;
        }
        finally
        {
            module.Training = true;
        }
    }

    /// <summary>The class of the largest logit of each row.</summary>
    public static int[] Named(Tensor logits)
    {
        var values = logits.ToFloats();
        var columns = logits.Shape[1];
        var names = new int[logits.Shape[0]];
        for (var row = 0; row < names.Length; row++)
        {
            var span = values.AsSpan(row * columns, columns);
            for (var column = 1; column < columns; column++)
            {
                if (span[column] > span[names[row]])
                    names[row] = column;
            }
        }

        return names;
    }

    private void Step(Tensor input, Tensor target, Tensor loss, Adam adam)
    {
        var heads = logits(input);
        var total = Losses.SoftmaxCrossEntropy(heads[0], target);
        foreach (var head in heads.Skip(1))
            total += Losses.SoftmaxCrossEntropy(head, target);
        adam.Step(Tape.Gradients(total, module.Parameters));
        using var pause = Tape.Paused();
        loss.CopyFrom(total.Reshape(1));
    }

    private static Tensor Persistent(Func<Tensor> make)
    {
        using var outside = Scope.Suspended();
        return make();
    }
}
