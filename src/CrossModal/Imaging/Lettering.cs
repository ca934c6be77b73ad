using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>Where the text of a drawing is put, seen from the given point.</summary>
internal enum TextAlign
{
    Left,
    Center,
    Right,
}

/// <summary>How text looks.</summary>
/// <param name="Size">Of the font, in pixels.</param>
internal readonly record struct TextStyle(float Size, SKColor Color, bool Bold = false);

/// <summary>
/// Text on a drawing, in a font that the program carries: the fonts of a machine differ, and in a container there are often none. A
/// character that the font lacks is drawn as a box.
/// </summary>
internal static class Lettering
{
    /// <summary>Height of the font's capitals in shares of its size.</summary>
    private const float CapitalShare = 0.729f;

    private static readonly SKTypeface Regular = Load("DejaVuSans.ttf"), Bold = Load("DejaVuSans-Bold.ttf");

    /// <summary>Width of <paramref name="text"/> in pixels.</summary>
    public static float Width(string text, TextStyle style)
    {
        using var font = Font(style);
        return font.MeasureText(text);
    }

    /// <summary>Draws <paramref name="text"/>; the point is at the height of the middle of its capitals.</summary>
    public static void Draw(SKCanvas canvas, string text, SKPoint at, TextStyle style, TextAlign align = TextAlign.Left)
    {
        using var font = Font(style);
        using var paint = new SKPaint { Color = style.Color, IsAntialias = true };
        var x = at.X - align switch { TextAlign.Left => 0, TextAlign.Center => font.MeasureText(text) / 2, _ => font.MeasureText(text) };
        canvas.DrawText(text, x, at.Y + style.Size * CapitalShare / 2, SKTextAlign.Left, font, paint);
    }

    /// <summary>Draws <paramref name="text"/> turned by <paramref name="degrees"/> (clockwise) about the given point.</summary>
    public static void DrawTurned(SKCanvas canvas, string text, SKPoint at, float degrees, TextStyle style,
        TextAlign align = TextAlign.Left)
    {
        using var saved = new SKAutoCanvasRestore(canvas);
        canvas.Translate(at.X, at.Y);
        canvas.RotateDegrees(degrees);
        Draw(canvas, text, new SKPoint(0, 0), style, align);
    }

    /// <summary><paramref name="text"/>, its end replaced by an ellipsis where it is wider than <paramref name="width"/> pixels.</summary>
    public static string Fit(string text, float width, TextStyle style)
    {
        if (Width(text, style) <= width)
            return text;
        for (var length = text.Length - 1; length > 0; length--)
            if (!char.IsHighSurrogate(text[length - 1]) && Width(text[..length] + "…", style) <= width)
                return text[..length].TrimEnd() + "…";
        return "";
    }

    /// <summary>Without hints a letter is equally wide wherever it stands and on whatever system.</summary>
    private static SKFont Font(TextStyle style) => new(style.Bold ? Bold : Regular, style.Size)
    {
        Edging = SKFontEdging.Antialias,
        Hinting = SKFontHinting.None,
        LinearMetrics = true,
        Subpixel = true,
    };

    private static SKTypeface Load(string name)
    {
        using var file = typeof(Lettering).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not in the assembly");
        return SKTypeface.FromStream(file);
    }
}
