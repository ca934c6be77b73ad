using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>How often each class was named as each other.</summary>
internal sealed class ConfusionMatrix(IReadOnlyList<string> classes) : IStageResult
{
    private readonly int[,] _counts = new int[classes.Count, classes.Count];

    public IReadOnlyList<string> Classes { get; } = classes;

    /// <summary>Rows are the true classes, columns the named ones.</summary>
    public int[,] Counts => _counts;

    public int Count { get; private set; }

    /// <summary>The share of all that was named right; 0 when nothing was.</summary>
    public double Accuracy
    {
        get
        {
            var right = 0;
            for (var c = 0; c < Classes.Count; c++)
                right += _counts[c, c];
            return Count == 0 ? 0 : right / (double)Count;
        }
    }

    /// <summary>The mean over the classes that occur of each class's own share: every class counts the same, however rare.</summary>
    public double MacroAccuracy
    {
        get
        {
            var present = Enumerable.Range(0, Classes.Count).Where(c => Total(c) > 0).ToArray();
            return present.Length == 0 ? 0 : present.Average(ClassAccuracy);
        }
    }

    IReadOnlyList<(string Name, double Value)> IStageResult.Figures => [("validation_accuracy", Accuracy)];

    string IStageResult.Summary => $"validation {Accuracy:0.0%}";

    /// <summary>The counts as rows of numbers.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Rows =>
        [.. Enumerable.Range(0, Classes.Count).Select(truth =>
            (int[])[.. Enumerable.Range(0, Classes.Count).Select(named => _counts[truth, named])])];

    /// <summary>How a module's <paramref name="logits"/> [batch, classes] name the examples of a set.</summary>
    internal static ConfusionMatrix Of(Module module, Func<Tensor, Tensor> logits, ExampleSet set)
    {
        var result = new ConfusionMatrix(set.Classes);
        TrainingLoop.Visit(module, set, (first, input) =>
        {
            var names = Named(logits(input));
            for (var i = 0; i < names.Length; i++)
                result.Add(set.Label(first + i), names[i]);
        });
        return result;
    }

    /// <summary>The class of the largest logit of each row of [batch, classes].</summary>
    internal static int[] Named(Tensor logits)
    {
        var (values, columns) = (logits.ToArray(), logits.Shape[1]);
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

    public void Add(int truth, int named)
    {
        _counts[truth, named]++;
        Count++;
    }

    public double ClassAccuracy(int truth) => Total(truth) is > 0 and var total ? _counts[truth, truth] / (double)total : 0;

    public int Total(int truth)
    {
        var total = 0;
        for (var c = 0; c < Classes.Count; c++)
            total += _counts[truth, c];
        return total;
    }
}
