using CrossModal.Audio;
using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>
/// A log-mel spectrogram as a picture: time to the right, frequency upwards at the steps of its mels, colors the level in decibels.
/// </summary>
internal static class SpectrogramPlot
{
    private const float PlaceWidth = 760, PlaceHeight = 480, TickLength = 6, BarGap = 28, BarWidth = 22;

    /// <summary>
    /// matplotlib's "viridis" (S. van der Walt and N. Smith, 2015, CC0) at even steps: equal steps of level look equally far apart.
    /// </summary>
    private static readonly SKColor[] Viridis =
    [
        new(0x44, 0x01, 0x54), new(0x47, 0x2D, 0x7B), new(0x3B, 0x52, 0x8B), new(0x2C, 0x72, 0x8E), new(0x21, 0x91, 0x8C),
            new(0x28, 0xAE, 0x80), new(0x5E, 0xC9, 0x62),
        new(0xAD, 0xDC, 0x30), new(0xFD, 0xE7, 0x25),
    ];

    private static readonly double[] Frequencies = [100, 200, 500, 1000, 2000, 5000, 10000, 20000];

    /// <summary>Writes the spectrogram as PNG, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">One line.</param>
    /// <param name="values">frames × mels values in [−1, 1], frame by frame.</param>
    /// <param name="layout">What the frames and mels are.</param>
    /// <exception cref="Kernels.BadInputException">The file cannot be written.</exception>
    public static void Write(string path, string title, ReadOnlySpan<float> values, LogMelLayout layout) =>
        Of(title, values, layout).Write(path);

    /// <summary>The same, not written yet.</summary>
    public static Drawing Of(string title, ReadOnlySpan<float> values, LogMelLayout layout)
    {
        if (values.Length != layout.Length)
            throw new ArgumentException($"{values.Length} values are not {layout.Frames} frames × {layout.Mels} mels", nameof(values));
        var picture = ToImage(values, layout.Frames, layout.Mels);
        var tickWidth = Frequencies.Max(hertz => Lettering.Width($"{hertz:0}", DrawingStyle.Small));
        var top = DrawingStyle.Margin + DrawingStyle.Title.Size + 20;
        var place = SKRect.Create(DrawingStyle.Margin + 34 + tickWidth + TickLength, top, PlaceWidth, PlaceHeight);
        var bar = SKRect.Create(place.Right + BarGap, top, BarWidth, PlaceHeight);
        var levelWidth = Lettering.Width($"{LogMelSpectrogram.FloorDecibels:0}", DrawingStyle.Small);
        var width = bar.Right + TickLength + 10 + levelWidth + 30 + DrawingStyle.Margin;
        var height = place.Bottom + 56 + DrawingStyle.Margin / 2;
        return new Drawing((int)MathF.Ceiling(width), (int)MathF.Ceiling(height), canvas =>
        {
            DrawingStyle.DrawTitle(canvas, Lettering.Fit(title, width - 2 * DrawingStyle.Margin, DrawingStyle.Title));
            using var image = ImageFile.ToSkia(picture);
            canvas.DrawImage(image, place, new SKSamplingOptions(SKFilterMode.Nearest));
            using var edge = DrawingStyle.Stroke(DrawingStyle.Muted, 1.2f);
            canvas.DrawRect(place, edge);
            DrawTime(canvas, place, layout, edge);
            DrawFrequencies(canvas, place, layout, edge);
            DrawLevels(canvas, bar, edge, bar.Right + TickLength + 10 + levelWidth);
        });
    }

    /// <summary>Bare, a pixel a value.</summary>
    /// <param name="values">frames × mels values in [−1, 1], frame by frame.</param>
    public static RgbImage ToImage(ReadOnlySpan<float> values, int frames, int mels)
    {
        var picture = new RgbImage(frames, mels);
        for (var frame = 0; frame < frames; frame++)
        {
            for (var mel = 0; mel < mels; mel++)
            {
                var color = Shade((values[frame * mels + mel] + 1) / 2);
                var at = 3 * ((mels - 1 - mel) * frames + frame);
                (picture.Pixels[at], picture.Pixels[at + 1], picture.Pixels[at + 2]) = (color.Red, color.Green, color.Blue);
            }
        }

        return picture;
    }

    private static void DrawTime(SKCanvas canvas, SKRect place, LogMelLayout layout, SKPaint edge)
    {
        // A frame is a column; its time is that of its middle.
        var axis = Axis.Over([0, (layout.Frames - 1.0) * layout.Hop / LogMelSpectrogram.SampleRate], ticks: 10, wholeTicks: false);
        var column = place.Width / layout.Frames;
        foreach (var tick in axis.Ticks)
        {
            var x = place.Left + column / 2 + axis.Share(tick) * (place.Width - column);
            canvas.DrawLine(x, place.Bottom, x, place.Bottom + TickLength, edge);
            Lettering.Draw(canvas, axis.Text(tick), new SKPoint(x, place.Bottom + TickLength + 12), DrawingStyle.Small, TextAlign.Center);
        }

        Lettering.Draw(canvas, "time in s", new SKPoint(place.MidX, place.Bottom + 46), DrawingStyle.MutedLabel, TextAlign.Center);
    }

    private static void DrawFrequencies(SKCanvas canvas, SKRect place, LogMelLayout layout, SKPaint edge)
    {
        foreach (var hertz in Frequencies)
        {
            var y = place.Bottom - (float)(layout.MelOf(hertz) + 0.5) * place.Height / layout.Mels;
            if (y < place.Top || y > place.Bottom)
                continue;
            canvas.DrawLine(place.Left - TickLength, y, place.Left, y, edge);
            Lettering.Draw(canvas, $"{hertz:0}", new SKPoint(place.Left - TickLength - 4, y), DrawingStyle.Small, TextAlign.Right);
        }

        Lettering.DrawTurned(canvas, "frequency in Hz", new SKPoint(DrawingStyle.Margin + 8, place.MidY), -90,
            DrawingStyle.MutedLabel, TextAlign.Center);
    }

    private static void DrawLevels(SKCanvas canvas, SKRect bar, SKPaint edge, float labelsEnd)
    {
        for (var y = 0; y < bar.Height; y++)
        {
            using var fill = DrawingStyle.Fill(Shade(1 - (y + 0.5f) / bar.Height));
            canvas.DrawRect(bar.Left, bar.Top + y, bar.Width, 1.5f, fill);
        }

        canvas.DrawRect(bar, edge);
        for (var level = LogMelSpectrogram.FloorDecibels; level <= 0; level += 10)
        {
            var y = bar.Top + bar.Height * (float)(level / LogMelSpectrogram.FloorDecibels);
            canvas.DrawLine(bar.Right, y, bar.Right + TickLength, y, edge);
            Lettering.Draw(canvas, $"{level:0}", new SKPoint(labelsEnd, y), DrawingStyle.Small, TextAlign.Right);
        }

        Lettering.DrawTurned(canvas, "level in dB", new SKPoint(labelsEnd + 22, bar.MidY), -90, DrawingStyle.MutedLabel, TextAlign.Center);
    }

    /// <summary>The color of a share of the scale; below 0 and above 1 the ends.</summary>
    internal static SKColor Shade(float share)
    {
        var place = (float.IsNaN(share) ? 0 : Math.Clamp(share, 0, 1)) * (Viridis.Length - 1);
        var below = Math.Min((int)place, Viridis.Length - 2);
        byte Mix(byte a, byte b) => (byte)MathF.Round(a + (place - below) * (b - a));
        var (low, high) = (Viridis[below], Viridis[below + 1]);
        return new SKColor(Mix(low.Red, high.Red), Mix(low.Green, high.Green), Mix(low.Blue, high.Blue));
    }
}
