using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>
/// Trains and measures a classifier with one or several heads on softmax cross-entropy; the first head is the one that is measured.
/// </summary>
/// <param name="name">What is trained, for messages.</param>
/// <param name="logits">Examples [batch, …] to the logits [batch, classes] of each head.</param>
internal sealed class ClassifierLoop(string name, Module module, Func<Tensor, IReadOnlyList<Tensor>> logits, IReadOnlyList<string> classes,
    ClassifierSettings settings, ulong seed)
{
    /// <summary>Trains on <paramref name="train"/>; returns how <paramref name="validation"/> is named at the end.</summary>
    /// <param name="epochDone">Called with the epoch (from 1), the mean loss, and the names given to the validation examples.</param>
    public ConfusionMatrix Train(ExampleSet train, ExampleSet validation, Augmentation augment, IRunStage stage, Action<int, double,
        ConfusionMatrix> epochDone, CancellationToken cancel)
    {
        var named = new ConfusionMatrix(classes);
        new TrainingLoop(name, module, batch => Loss(logits(batch.Input), batch.Labels), settings, seed)
            .Train(train, augment, stage, (epoch, loss) =>
        {
            named = Evaluate(validation);
            epochDone(epoch, loss, named);
            return $"validation {named.Accuracy:0.0%}";
        }, cancel);
        return named;
    }

    /// <summary>Names every example of a set.</summary>
    public ConfusionMatrix Evaluate(ExampleSet set) => Evaluate(module, x => logits(x)[0], set, classes);

    /// <summary>Names every example of a set by a module's <paramref name="logits"/> [batch, classes].</summary>
    public static ConfusionMatrix Evaluate(Module module, Func<Tensor, Tensor> logits, ExampleSet set, IReadOnlyList<string> classes)
    {
        var result = new ConfusionMatrix(classes);
        TrainingLoop.Visit(module, set, (first, input) =>
        {
            var names = Named(logits(input));
            for (var i = 0; i < names.Length; i++)
                result.Add(set.Label(first + i), names[i]);
        });
        return result;
    }

    /// <summary>The sum of the heads' cross-entropies.</summary>
    public static Tensor Loss(IReadOnlyList<Tensor> heads, Tensor labels)
    {
        var total = Losses.SoftmaxCrossEntropy(heads[0], labels);
        foreach (var head in heads.Skip(1))
            total += Losses.SoftmaxCrossEntropy(head, labels);
        return total;
    }

    /// <summary>The class of the largest logit of each row.</summary>
    public static int[] Named(Tensor logits)
    {
        var values = logits.ToArray();
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
}
