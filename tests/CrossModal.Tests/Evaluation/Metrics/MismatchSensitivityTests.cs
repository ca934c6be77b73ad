using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class MismatchSensitivityTests
{
    [Theory]
    [InlineData(new[] { 0, 1 })]
    [InlineData(new[] { 0, 0, 0, 1, 2, 3 })]
    [InlineData(new[] { 3, 3, 7, 7, 3, 9, 9, 7, 1 })]
    public void NobodyGetsAConditionOfTheOwnClass(int[] classes)
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            var permutation = MismatchSensitivity.Derangement(classes, seed);
            Assert.Equal(Enumerable.Range(0, classes.Length), permutation.Order());
            Assert.All(permutation, (p, i) => Assert.NotEqual(classes[i], classes[p]));
        }
    }

    [Fact]
    public void ConditionsComeFromAllOtherClasses()
    {
        var classes = Enumerable.Range(0, 1300).Select(i => i / 100).ToArray();
        var permutation = MismatchSensitivity.Derangement(classes, 1);
        var counts = new int[13, 13];
        for (var i = 0; i < classes.Length; i++)
            counts[classes[i], classes[permutation[i]]]++;
        for (var a = 0; a < 13; a++)
        {
            for (var b = 0; b < 13; b++)
                Assert.InRange(counts[a, b], a == b ? 0 : 1, a == b ? 0 : 25);
        }

        Assert.Equal(permutation, MismatchSensitivity.Derangement(classes, 1));
        Assert.NotEqual(permutation, MismatchSensitivity.Derangement(classes, 2));
    }

    [Fact]
    public void MoreThanHalfOfOneClassIsRefused()
    {
        Assert.True(MismatchSensitivity.CanDerange([0, 1, 1, 0]));
        Assert.False(MismatchSensitivity.CanDerange([0, 1, 1]));
        Assert.False(MismatchSensitivity.CanDerange([]));
        Assert.Contains("3 samples", Assert.Throws<BadInputException>(() => MismatchSensitivity.Derangement([0, 1, 1], 1)).Message);
    }

    [Fact]
    public void AGeneratorThatListensFallsAndADeafOneDoesNot()
    {
        var classes = Enumerable.Range(0, 400).Select(i => i % 4).ToArray();
        var permutation = MismatchSensitivity.Derangement(classes, 3);
        var listening = Measure(classes, classes, [.. permutation.Select(p => classes[p])]);
        Assert.Equal((1.0, 0.0, 0.25), (listening.Matched.Value, listening.Mismatched.Value, listening.Chance));
        Assert.Equal(new Interval(1, 1, 1), listening.Difference);

        // It has learned what to draw by heart: the condition changes nothing.
        var deaf = Measure(classes, classes, classes);
        Assert.Equal((1.0, 1.0, 0.25), (deaf.Matched.Value, deaf.Mismatched.Value, deaf.Chance));
        Assert.Equal(new Interval(0, 0, 0), deaf.Difference);

        // It draws one class: right for a quarter, whatever is asked, and that is chance.
        var collapsed = Measure(classes, new int[400], new int[400]);
        Assert.Equal((0.25, 0.25, 0.25), (collapsed.Matched.Value, collapsed.Mismatched.Value, collapsed.Chance));
    }

    [Fact]
    public void ChanceCountsUnevenClasses()
    {
        // True shares 0.75 and 0.25, named 0.5 and 0.5.
        var figure = Measure([0, 0, 0, 1], [0, 0, 0, 1], [1, 0, 1, 0]);
        Assert.Equal(0.75 * 0.5 + 0.25 * 0.5, figure.Chance, 1e-12);
        Assert.Equal((1.0, 0.25, 0.75), (figure.Matched.Value, figure.Mismatched.Value, figure.Difference.Value));
        Assert.Throws<BadInputException>(() => Measure([], [], []));
        Assert.Throws<ArgumentException>(() => Measure([0, 1], [0, 1], [0]));
    }

    private static MismatchFigure Measure(int[] trueClass, int[] named, int[] mismatched) =>
        MismatchSensitivity.Measure(trueClass, named, mismatched, 1, cancel: TestContext.Current.CancellationToken);
}
