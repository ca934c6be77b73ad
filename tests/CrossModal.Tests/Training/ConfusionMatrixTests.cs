using CrossModal.Evaluation;
using CrossModal.Training;

namespace CrossModal.Tests.Training;

public sealed class ConfusionMatrixTests
{
    [Fact]
    public void AccuraciesOfAMatrixCountedByHand()
    {
        var matrix = new ConfusionMatrix(["cello", "flute", "horn", "tuba"]);
        Add(matrix, 0, 0, 6);
        Add(matrix, 0, 1, 2);
        Add(matrix, 1, 1, 1);
        Add(matrix, 2, 0, 1);
        Assert.Equal(10, matrix.Count);
        Assert.Equal(0.7, matrix.Accuracy, 1e-12);
        Assert.Equal([0.75, 1, 0, 0], Enumerable.Range(0, 4).Select(matrix.ClassAccuracy));
        Assert.Equal([8, 1, 1, 0], Enumerable.Range(0, 4).Select(matrix.Total));

        // Every class that occurs counts the same; the tuba does not occur.
        Assert.Equal((0.75 + 1 + 0) / 3, matrix.MacroAccuracy, 1e-12);
        Assert.Equal((6, 2, 1, 1), (matrix.Counts[0, 0], matrix.Counts[0, 1], matrix.Counts[1, 1], matrix.Counts[2, 0]));

        var split = SplitAccuracy.Of(matrix);
        Assert.Equal((matrix.Accuracy, matrix.MacroAccuracy, 10), (split.Accuracy, split.MacroAccuracy, split.Count));
        Assert.Equal(["cello", "flute", "horn"], split.Classes.Keys);
        Assert.Equal([0.75, 1, 0], split.Classes.Values);
    }

    [Fact]
    public void OneOfNothingIsZeroNotNaN()
    {
        var matrix = new ConfusionMatrix(["cello", "flute"]);
        Assert.Equal((0, 0.0, 0.0, 0.0), (matrix.Count, matrix.Accuracy, matrix.MacroAccuracy, matrix.ClassAccuracy(0)));
    }

    private static void Add(ConfusionMatrix matrix, int truth, int named, int times)
    {
        for (var i = 0; i < times; i++)
            matrix.Add(truth, named);
    }
}
