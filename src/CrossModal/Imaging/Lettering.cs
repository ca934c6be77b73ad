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
/// Text on a drawing, in a font that the program carries: the fonts of a machine differ, and in a container there are often none. A
/// character that the font lacks is drawn as a box.
/// </summary>
internal static class Lettering
{
    /// <summary>Height of the font's capitals in shares of its size.</summary>
    private const float CapitalShare = 0.729f;

    private static readonly SKTypeface Regular = Load("DejaVuSans.ttf"), Bold = Load("DejaVuSans-Bold.ttf");

    /// <summary>Width of <paramref name="text"/> in pixels.</summary>
    public static float Width(string text, float size, bool bold = false)
    {
        using var font = Font(size, bold);
        return font.MeasureText(text);
    }

    /// <summary>Draws <paramref name="text"/>; <paramref name="middle"/> is the height of the middle of its capitals.</summary>
    public static void Draw(SKCanvas canvas, string text, float x, float middle, float size, SKColor color,
        TextAlign align = TextAlign.Left, bool bold = false)
    {
        using var font = Font(size, bold);
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        x -= align switch { TextAlign.Left => 0, TextAlign.Center => font.MeasureText(text) / 2, _ => font.MeasureText(text) };
        canvas.DrawText(text, x, middle + size * CapitalShare / 2, SKTextAlign.Left, font, paint);
    }

    /// <summary>Draws <paramref name="text"/> turned by <paramref name="degrees"/> (clockwise) about the given point.</summary>
    public static void DrawTurned(SKCanvas canvas, string text, float x, float y, float degrees, float size, SKColor color,
        TextAlign align = TextAlign.Left, bool bold = false)
    {
        using var saved = new SKAutoCanvasRestore(canvas);
        canvas.Translate(x, y);
        canvas.RotateDegrees(degrees);
        Draw(canvas, text, 0, 0, size, color, align, bold);
    }

    /// <summary><paramref name="text"/>, its end replaced by an ellipsis where it is wider than <paramref name="width"/> pixels.</summary>
    public static string Fit(string text, float width, float size, bool bold = false)
    {
        if (Width(text, size, bold) <= width)
            return text;
        for (var length = text.Length - 1; length > 0; length--)
            if (!char.IsHighSurrogate(text[length - 1]) && Width(text[..length] + "…", size, bold) <= width)
                return text[..length].TrimEnd() + "…";
        return "";
    }

    /// <summary>Without hints a letter is equally wide wherever it stands and on whatever system.</summary>
    private static SKFont Font(float size, bool bold) => new(bold ? Bold : Regular, size)
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
