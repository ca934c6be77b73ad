using CrossModal.Imaging;
using SkiaSharp;

namespace CrossModal.Tests.Imaging;

public sealed class BarPlotTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-bars-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Bars have areas as their values, each series its color, and a faint one a lighter one.</summary>
    [Fact]
    public void BarsAreAsHighAsTheirValues()
    {
        var path = Path.Combine(_folder, "bars.png");
        BarSeries[] series = [new("here", [0.5, 1]), new("there", [0.25, 0.25], Faint: true), new("elsewhere", [0, 0.1])];
        BarPlot.Write(path, "bars", "share", ["a", "b"], series, ("chance", 0.07));
        using var bitmap = SKBitmap.Decode(path);
        int Height(int i, bool second)
        {
            // The legend's patches lie right of the bars.
            var color = BarPlot.ColorOf(series, i);
            var columns = Enumerable.Range(0, 1000)
                .Select(x => Enumerable.Range(0, bitmap.Height).Count(y => bitmap.GetPixel(x, y) == color)).ToArray();
            return (second ? columns.Skip(560) : columns.Take(560)).Max();
        }

        var whole = Height(0, second: true);
        Assert.InRange(whole, 405, 421);
        Assert.Equal(0.5, Height(0, second: false) / (double)whole, 0.015);
        Assert.Equal(0.25, Height(1, second: false) / (double)whole, 0.015);
        Assert.Equal(0.25, Height(1, second: true) / (double)whole, 0.015);
        Assert.Equal(0, Height(2, second: false));
        Assert.Equal(0.1, Height(2, second: true) / (double)whole, 0.015);
        Assert.Equal(3, Enumerable.Range(0, 3).Select(i => BarPlot.ColorOf(series, i)).Distinct().Count());
    }

    [Fact]
    public void EachGroupHasABarOfEachSeries()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            BarPlot.Write(Path.Combine(_folder, "never.png"), "", "", ["a", "b"], [new BarSeries("here", [0.5])]));
        Assert.Contains("bars 'here' are 1, the groups 2", error.Message);
        Assert.Empty(Directory.GetFiles(_folder));
    }
}
