using CrossModal.Imaging;
using SkiaSharp;

namespace CrossModal.Tests.Imaging;

public sealed class DrawingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-drawing-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>No label may stay blank: of every character something is seen, of one that the font lacks a box.</summary>
    [Fact]
    public void EveryCharacterLeavesInk()
    {
        foreach (var letter in string.Concat(Enumerable.Range(33, 94).Select(code => (char)code)) + "éßŁσΣ·×−±²½→≤√∞…琴")
            Assert.All([false, true], bold => Assert.True(Ink(letter.ToString(), bold) >= 4, $"'{letter}' is blank"));
        Assert.Equal(0, Ink(" ", bold: false));
        Assert.Equal(Lettering.Width("琴", Sized(24)), Lettering.Width("鼓", Sized(24)));
        Assert.True(Lettering.Width("🎻\0", Sized(24)) > 0);
    }

    /// <summary>The advances of DejaVu Sans, in units of which an em has 2048, whichever fonts are installed.</summary>
    [Theory]
    [InlineData("I", 604, 762)]
    [InlineData("W", 2025, 2259)]
    [InlineData("IW", 2629, 3021)]
    [InlineData("σ", 1298, 1595)]
    public void TextIsAsWideAsInTheEmbeddedFont(string text, int regular, int bold)
    {
        Assert.Equal(regular / 2048f * 100, Lettering.Width(text, Sized(100)), 0.1f);
        Assert.Equal(bold / 2048f * 100, Lettering.Width(text, Sized(100) with { Bold = true }), 0.1f);
        Assert.True(Ink(text, bold: true) > Ink(text, bold: false));
    }

    [Theory]
    [InlineData("Left", 100, 150)]
    [InlineData("Center", 75, 125)]
    [InlineData("Right", 50, 100)]
    public void TextStandsWhereItIsPut(string align, int left, int right)
    {
        using var bitmap = Drawn(canvas =>
            Lettering.Draw(canvas, "H", new SKPoint(100, 100), Sized(50 * 2048 / 1540f), Enum.Parse<TextAlign>(align)));
        var inked = (from x in Enumerable.Range(0, 200)
                     from y in Enumerable.Range(0, 200)
                     where bitmap.GetPixel(x, y).Red < 128
                     select (x, y)).ToArray();
        Assert.Equal((left + right) / 2.0, (inked.Min(at => at.x) + inked.Max(at => at.x) + 1) / 2.0, 1.0);
        Assert.Equal(100.0, (inked.Min(at => at.y) + inked.Max(at => at.y) + 1) / 2.0, 0.5);
    }

    [Fact]
    public void TextTooWideIsShortened()
    {
        var text = Lettering.Fit("a rather long name of an instrument", 100, Sized(17));
        Assert.EndsWith("…", text);
        Assert.InRange(Lettering.Width(text, Sized(17)), 50, 100);
        Assert.Equal("oboe", Lettering.Fit("oboe", 100, Sized(17)));
        Assert.Equal("🎻🎻…", Lettering.Fit("🎻🎻🎻🎻🎻🎻", Lettering.Width("🎻🎻…", Sized(17)) + 5, Sized(17)));
        Assert.Equal("", Lettering.Fit("oboe", 2, Sized(17)));
    }

    [Fact]
    public void AGridShowsEachPictureEnlargedAtItsPlace()
    {
        var red = Plain(255, 0, 0);
        var blue = Plain(0, 0, 255);
        var path = Path.Combine(_folder, "grid.png");
        new SampleGrid("", [], [], [[red, blue], [blue, null]]).Write(path, scale: 3);
        using var bitmap = SKBitmap.Decode(path);
        Assert.Equal(24 * 2 + 6 + 56, bitmap.Width);
        Assert.Equal(SKColors.Red, bitmap.GetPixel(28, 28));
        Assert.Equal(SKColors.Red, bitmap.GetPixel(28 + 23, 28 + 23));
        Assert.Equal(SKColors.White, bitmap.GetPixel(28 + 25, 28));
        Assert.Equal(SKColors.Blue, bitmap.GetPixel(28 + 30, 28));
        Assert.Equal(SKColors.Blue, bitmap.GetPixel(28, 28 + 30));
        Assert.Equal(DrawingStyle.Empty, bitmap.GetPixel(28 + 40, 28 + 40));

        new SampleGrid("Title", ["one", "two"], ["first row"], [[red, blue], [blue, red]]).Write(path, 3);
        using var labeled = SKBitmap.Decode(path);
        Assert.True(labeled.Pixels.Count(pixel => pixel.Red < 100 && Math.Abs(pixel.Red - pixel.Blue) < 40) > 300,
            "the labels are missing");
    }

    [Fact]
    public void AConfusionMatrixIsDarkWhereTheCountsAre()
    {
        var path = Path.Combine(_folder, "confusion.png");
        ConfusionPlot.Write(path, "Title", ["flute", "horn", "never heard"], new[,] { { 9, 1, 0 }, { 0, 5, 0 }, { 0, 0, 0 } });
        using var bitmap = SKBitmap.Decode(path);
        Assert.Contains(new SKColor(0x08, 0x30, 0x6B), bitmap.Pixels);
        Assert.Throws<ArgumentException>(() => ConfusionPlot.Write(path, "Title", ["flute"], new int[2, 2]));
    }

    [Fact]
    public void CurvesAreDrawnInTheirColorsAndGapsAreLeft()
    {
        var path = Path.Combine(_folder, "curves.png");
        double[] x = [.. Enumerable.Range(0, 100)];
        var curves = new CurvePanel("loss",
            [new("flat", x, [.. x.Select(_ => 1.0)]),
                new("holes", x, [.. x.Select(i => i is > 30 and < 60 ? double.NaN : i)], Smooth: true)]);
        CurvePlot.Write(path, "Title", "step", curves, new CurvePanel("accuracy", [new("none", [], [])], Percent: true));
        using var bitmap = SKBitmap.Decode(path);
        Assert.True(bitmap.Pixels.Count(pixel => pixel == DrawingStyle.Series[0]) > 500);
        Assert.Throws<ArgumentException>(() => CurvePlot.Write(path, "Title", "step", new CurvePanel("loss", [new("uneven", [1], [])])));
    }

    [Fact]
    public void TicksAreRoundNumbersThatHoldTheValues()
    {
        var axis = Axis.Over([0.013, 0.87, double.NaN], ticks: 5, wholeTicks: true);
        Assert.Equal(["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"], axis.Ticks.Select(axis.Text));
        Assert.Equal((0f, 1f), (axis.Share(0), axis.Share(1)));
        foreach (var values in new double[][] { [], [3, 3], [0, 0], [-1e9, 2e9], [1e-7, 2e-7], [-5, 5000] })
        {
            var other = Axis.Over(values, 6, wholeTicks: true);
            Assert.InRange(other.Ticks.Length, 3, 14);
            Assert.All(values, value => Assert.InRange(other.Share(value), -1e-6f, 1 + 1e-6f));
        }
    }

    [Theory]
    [InlineData(new double[] { 1, 2 }, "1,2")]
    [InlineData(new double[] { 1, 2, 3, 4 }, "1,2,3,4")]
    [InlineData(new double[] { 1 }, "1")]
    [InlineData(new double[] { 1, 36 }, "5,10,15,20,25,30,35")]
    [InlineData(new double[] { 1, 1.5 }, "1.00,1.05,1.10,1.15,1.20,1.25,1.30,1.35,1.40,1.45,1.50")]
    public void BetweenEpochsThereAreNoTicks(double[] values, string expected)
    {
        var axis = Axis.Over(values, ticks: 10, wholeTicks: false);
        Assert.Equal(expected, string.Join(',', axis.Ticks.Select(axis.Text)));
    }

    private static int Ink(string text, bool bold)
    {
        using var bitmap = Drawn(canvas => Lettering.Draw(canvas, text, new SKPoint(100, 100),
            new TextStyle(24, SKColors.Black, bold), TextAlign.Center));
        return bitmap.Pixels.Count(pixel => pixel.Red < 128);
    }

    private static SKBitmap Drawn(Action<SKCanvas> draw)
    {
        var bitmap = new SKBitmap(200, 200);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        draw(canvas);
        return bitmap;
    }

    private static TextStyle Sized(float size) => new(size, SKColors.Black);

    private static RgbImage Plain(byte red, byte green, byte blue)
    {
        var image = new RgbImage(8, 8);
        for (var i = 0; i < image.Pixels.Length; i += 3)
            (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2]) = (red, green, blue);
        return image;
    }
}
