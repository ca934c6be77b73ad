namespace CrossModal.Layers.Tests;

public sealed class SchedulesTests
{
    [Fact]
    public void FactorsAtThePlacesThatMatter()
    {
        Assert.Equal([1, 1], [Schedules.Constant(0), Schedules.Constant(1_000_000)]);
        var half = Schedules.HalveEvery(100);
        Assert.Equal([1, 1, 0.5, 0.5, 0.25], [half(0), half(99), half(100), half(199), half(200)]);
        var cosine = Schedules.Cosine(10, floor: 0.2);
        Close.Equal([1, 0.6, 0.2, 0.2], [cosine(0), cosine(5), cosine(10), cosine(25)], 1e-12);
        var warm = Schedules.WarmUp(4, half);
        Close.Equal([0.25, 0.5, 1, 1, 0.5], [warm(0), warm(1), warm(3), warm(4), warm(100)], 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedules.HalveEvery(0));
    }
}
