using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>The colors and sizes that all drawings share.</summary>
internal static class DrawingStyle
{
    public const float Margin = 28;

    public static readonly SKColor Paper = SKColors.White, Ink = new(0x1F, 0x29, 0x33), Muted = new(0x62, 0x6E, 0x7B),
        Line = new(0xE3, 0xE7, 0xEB), Empty = new(0xF3, 0xF5, 0xF7);

    public static readonly TextStyle Title = new(24, Ink, Bold: true), Label = new(17, Ink), MutedLabel = new(17, Muted),
        Small = new(14, Muted);

    /// <summary>
    /// Colors that stay apart for the color-blind: Okabe and Ito, "Color Universal Design", 2008, the yellow left out for its weak contrast
    /// on white.
    /// </summary>
    public static readonly SKColor[] Series =
    [
        new(0x00, 0x72, 0xB2), new(0xD5, 0x5E, 0x00), new(0x00, 0x9E, 0x73), new(0xCC, 0x79, 0xA7), new(0xE6, 0x9F, 0x00),
            new(0x56, 0xB4, 0xE9),
        new(0x44, 0x4C, 0x55),
    ];

    /// <summary>Draws on a white surface and writes it as PNG, whole or not at all.</summary>
    public static void Write(string path, int width, int height, Action<SKCanvas> draw)
    {
        using var surface = DrawOnPaper(width, height, draw);
        using var picture = surface.Snapshot();
        ImageFile.WritePng(path, picture);
    }

    /// <summary>A white surface that was drawn on.</summary>
    public static SKSurface DrawOnPaper(int width, int height, Action<SKCanvas> draw)
    {
        var surface = SKSurface.Create(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        surface.Canvas.Clear(Paper);
        draw(surface.Canvas);
        return surface;
    }

    /// <summary>The line at the top left of a drawing.</summary>
    public static void DrawTitle(SKCanvas canvas, string text) =>
        Lettering.Draw(canvas, text, new SKPoint(Margin, Margin + Title.Size / 2), Title);

    public static SKPaint Fill(SKColor color) => new() { Color = color, IsAntialias = true };

    public static SKPaint Stroke(SKColor color, float width) => new()
    {
        Color = color,
        IsAntialias = true,
        Style = SKPaintStyle.Stroke,
        StrokeWidth = width,
        StrokeJoin = SKStrokeJoin.Round,
        StrokeCap = SKStrokeCap.Round,
    };
}
