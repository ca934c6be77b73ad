using CrossModal.Audio;
using CrossModal.Imaging;
using SkiaSharp;

namespace CrossModal.Tests.Imaging;

public sealed class SpectrogramPlotTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-spectrogram-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>
    /// One loud cell: it is where its time and its mel are, low mels at the bottom, and everything else of the picture has the color of the
    /// floor.
    /// </summary>
    [Theory]
    [InlineData(10, 60)]
    [InlineData(50, 3)]
    public void ALoudCellStandsAtItsTimeAndFrequency(int frame, int mel)
    {
        var layout = LogMelLayout.Square(64);
        var values = new float[layout.Length];
        Array.Fill(values, -1f);
        values[frame * layout.Mels + mel] = 1;
        var path = Path.Combine(_folder, "cell.png");
        SpectrogramPlot.Write(path, "one cell", values, layout);
        using var bitmap = SKBitmap.Decode(path);
        var (floor, peak) = (SpectrogramPlot.Shade(0), SpectrogramPlot.Shade(1));

        // The place is the largest rectangle of the floor's color; the color bar holds both ends too, right of it.
        var row = Enumerable.Range(0, bitmap.Height)
            .First(y => Enumerable.Range(0, bitmap.Width).Count(x => bitmap.GetPixel(x, y) == floor) > 500) + 200;
        var columns = Enumerable.Range(0, bitmap.Width).Where(x => bitmap.GetPixel(x, row) == floor).ToArray();
        var (left, right) = (columns[0], columns[^1]);
        var rows = Enumerable.Range(0, bitmap.Height).Where(y => bitmap.GetPixel((left + right) / 2, y) == floor).ToArray();
        var (top, bottom) = (rows[0], rows[^1]);
        var bright = (from x in Enumerable.Range(left, right - left)
                      from y in Enumerable.Range(top, bottom - top)
                      where bitmap.GetPixel(x,
            y) == peak
                      select (x, y)).ToArray();
        Assert.NotEmpty(bright);
        Assert.Equal((frame + 0.5) / layout.Frames, (bright.Average(at => at.x) - left) / (right - left), 0.01);
        Assert.Equal((mel + 0.5) / layout.Mels, (bottom - bright.Average(at => at.y)) / (bottom - top), 0.01);
    }

    [Fact]
    public void AxesAreLabeledAndAnotherLengthIsRefused()
    {
        var path = Path.Combine(_folder, "standard.png");
        SpectrogramPlot.Write(path, "", new float[LogMelLayout.Standard.Length], LogMelLayout.Standard);
        using var bitmap = SKBitmap.Decode(path);
        Assert.True(bitmap.Pixels.Count(pixel => pixel.Red < 140 && Math.Abs(pixel.Red - pixel.Blue) < 40) > 500, "the labels are missing");
        var error = Assert.Throws<ArgumentException>(() => SpectrogramPlot.Write(path, "", new float[12], LogMelLayout.Square(64)));
        Assert.Contains("12 values are not 64 frames × 64 mels", error.Message);
    }

    [Fact]
    public void ColorsRiseInLightness()
    {
        static double Lightness(SKColor color) =>
            0.2126 * Math.Pow(color.Red / 255.0, 2.2) + 0.7152 * Math.Pow(color.Green / 255.0, 2.2)
            + 0.0722 * Math.Pow(color.Blue / 255.0, 2.2);
        var steps = Enumerable.Range(0, 33).Select(i => Lightness(SpectrogramPlot.Shade(i / 32f))).ToArray();
        Assert.All(steps.Zip(steps.Skip(1)), pair => Assert.True(pair.Second > pair.First));
        Assert.Equal(SpectrogramPlot.Shade(1), SpectrogramPlot.Shade(7));
    }
}
