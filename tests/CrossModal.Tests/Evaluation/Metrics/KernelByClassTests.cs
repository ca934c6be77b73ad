using CrossModal.Evaluation.Metrics;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class KernelByClassTests
{
    private const int OfClass = 40;

    /// <summary>Three classes of ten songs each; what is generated of the last is moved away.</summary>
    [Fact]
    public void TheWorstClassIsNamed()
    {
        var set = Set(c => c == 2 ? 1.5 : 0);
        var figure = KernelByClass.Measure(set, 1, TestContext.Current.CancellationToken)!;
        Assert.Equal("tuba", figure.Worst);
        Assert.Equal(["horn", "oboe", "tuba"], figure.Classes.Keys);
        Assert.Equal(figure.Classes.Values.Average(one => one.Value), figure.Value, 1e-12);
        int[] last = [.. Enumerable.Range(2 * OfClass, OfClass)];
        Assert.Equal(KernelDistance.Between(set.Features.Take(last), set.RealFeatures.Take(last)), figure.Classes["tuba"].Value, 1e-9);
        Assert.True(figure.Classes["tuba"].Value > 3 * Math.Abs(figure.Classes["horn"].Value), $"{figure}");
        Assert.InRange(figure.Value, figure.Low, figure.High);
        Assert.All(figure.Classes.Values, one => Assert.NotNull(one.RealHalves));
    }

    /// <summary>Were the songs of all classes drawn alike, the mean would vary as much as each of them.</summary>
    [Fact]
    public void TheMeanVariesLessThanItsClasses()
    {
        var figure = KernelByClass.Measure(Set(_ => 0), 1, TestContext.Current.CancellationToken)!;
        var widths = figure.Classes.Values.Average(one => one.High - one.Low);
        Assert.InRange((figure.High - figure.Low) / widths, 0.4, 0.8);
    }

    [Fact]
    public void ClassesOfOneSampleAreLeftOut()
    {
        var set = Set(_ => 0);
        int[] classes = [.. set.TrueClass.Select((c, i) => i == 0 ? 0 : c == 0 ? 1 : c)];
        var figure = KernelByClass.Measure(set with { TrueClass = classes, RealClass = classes, ClassNames = [] }, 1,
            TestContext.Current.CancellationToken)!;
        Assert.Equal(["1", "2"], figure.Classes.Keys);
        Assert.Null(KernelByClass.Measure(set with { RealClass = [.. classes.Select(_ => 3)] }, 1, TestContext.Current.CancellationToken));
    }

    private static SampleSet Set(Func<int, double> moved)
    {
        var count = 3 * OfClass;
        int[] classes = [.. Enumerable.Range(0, count).Select(i => i / OfClass)];
        var generated = Rows.Normal(count, 4, 2);
        for (var i = 0; i < generated.Values.Length; i++)
            generated.Values[i] += (float)moved(classes[i / 4]);
        return new SampleSet(Modality.Image, 4, classes, classes, new float[4 * count], generated, Rows.Normal(count, 4, 1), classes)
        {
            Song = [.. Enumerable.Range(0, count).Select(i => i / 4)],
            ClassNames = ["horn", "oboe", "tuba", "viola"],
            Paired = true,
        };
    }
}
