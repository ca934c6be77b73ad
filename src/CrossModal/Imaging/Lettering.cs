using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>Where the text of a drawing is put, seen from the given point.</summary>
internal enum TextAlign
{
    Left,
    Center,
    Right,
}

/// <summary>
/// Text on a drawing: a sans-serif font of the machine where it has one that knows every character, else <see cref="StrokeFont"/>. (The
/// Linux build of Skia that is used needs no fontconfig; it finds what lies under /usr/share/fonts, which in a container is often nothing.)
/// </summary>
internal sealed class Lettering
{
    /// <summary>Height of capitals in shares of the font size; that of most sans-serif fonts.</summary>
    private const float CapitalShare = 0.72f;

    private static readonly string[] Families =
        ["Inter", "Segoe UI", "Helvetica Neue", "Helvetica", "Arial", "Roboto", "Open Sans", "Noto Sans", "DejaVu Sans", "Liberation Sans"];

    private readonly SKTypeface? regular, bold;

    private Lettering(SKTypeface? regular, SKTypeface? bold) => (this.regular, this.bold) = (regular, bold);

    /// <summary>The machine's fonts, with strokes for what they lack.</summary>
    public static Lettering Default { get; } = new(Find(SKFontStyle.Normal), Find(SKFontStyle.Bold));

    /// <summary>Strokes only, the same on every machine.</summary>
    public static Lettering Strokes { get; } = new(null, null);

    /// <summary>Width of <paramref name="text"/> in pixels.</summary>
    public float Width(string text, float size, bool bold = false)
    {
        if (Typeface(text, bold) is not { } typeface)
            return StrokeFont.Width(text) * Unit(size);
        using var font = new SKFont(typeface, size);
        return font.MeasureText(text);
    }

    /// <summary>Draws <paramref name="text"/>; <paramref name="middle"/> is the height of the middle of its capitals.</summary>
    public void Draw(SKCanvas canvas, string text, float x, float middle, float size, SKColor color, TextAlign align = TextAlign.Left,
        bool bold = false)
    {
        x -= align switch { TextAlign.Left => 0, TextAlign.Center => Width(text, size, bold) / 2, _ => Width(text, size, bold) };
        var baseline = middle + size * CapitalShare / 2;
        if (Typeface(text, bold) is not { } typeface)
        {
            StrokeFont.Draw(canvas, text, x, baseline, Unit(size), color, bold);
            return;
        }

        using var font = new SKFont(typeface, size) { Subpixel = true, Edging = SKFontEdging.Antialias };
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        canvas.DrawText(text, x, baseline, SKTextAlign.Left, font, paint);
    }

    /// <summary>Draws <paramref name="text"/> turned by <paramref name="degrees"/> (clockwise) about the given point.</summary>
    public void DrawTurned(SKCanvas canvas, string text, float x, float y, float degrees, float size, SKColor color,
        TextAlign align = TextAlign.Left,
        bool bold = false)
    {
        using var saved = new SKAutoCanvasRestore(canvas);
        canvas.Translate(x, y);
        canvas.RotateDegrees(degrees);
        Draw(canvas, text, 0, 0, size, color, align, bold);
    }

    /// <summary><paramref name="text"/>, its end replaced by an ellipsis where it is wider than <paramref name="width"/> pixels.</summary>
    public string Fit(string text, float width, float size, bool bold = false)
    {
        if (Width(text, size, bold) <= width)
            return text;
        for (var length = text.Length - 1; length > 0; length--)
            if (Width(text[..length] + "…", size, bold) <= width)
                return text[..length].TrimEnd() + "…";
        return "";
    }

    private static float Unit(float size) => size * CapitalShare / StrokeFont.CapitalHeight;

    private static SKTypeface? Find(SKFontStyle style) =>
        Families.Select(family => SKFontManager.Default.MatchFamily(family, style))
            .FirstOrDefault(typeface => typeface is { GlyphCount: > 0 });

    private SKTypeface? Typeface(string text, bool bold)
    {
        var typeface = bold ? this.bold ?? regular : regular;
        return typeface is not null && typeface.ContainsGlyphs(text) ? typeface : null;
    }
}
