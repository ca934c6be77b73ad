using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>
/// Letters drawn as strokes with round ends, for machines that have no fonts: there every label would be blank otherwise. Printable ASCII
/// and a few signs more; any other character is drawn as a box. Units: capitals are 14 high from y = 0 down to the base line at y = 14,
/// small letters begin at y = 4.
/// </summary>
internal static class StrokeFont
{
    public const float CapitalHeight = 14;

    private const float Bearing = 1.6f;

    private const string Box = "M0 0H8V14H0Z", Bowl = "M9 9A4.5 5 0 1 1 0 9A4.5 5 0 1 1 9 9";

    private static readonly Dictionary<char, (float Width, SKPath Path)> Glyphs =
        Table().ToDictionary(row => row.Letter, row => (row.Width, SKPath.ParseSvgPathData(row.Path)));

    private static readonly (float Width, SKPath Path) Missing = (8, SKPath.ParseSvgPathData(Box));

    /// <summary>Width of <paramref name="text"/> in units, bearings on both sides included.</summary>
    public static float Width(string text) => text.Sum(letter => Glyph(letter).Width + 2 * Bearing);

    /// <summary>
    /// Draws <paramref name="text"/> with its left edge at <paramref name="x"/> and its base line at <paramref name="baseline"/>,
    /// one unit being <paramref name="unit"/> pixels.
    /// </summary>
    public static void Draw(SKCanvas canvas, string text, float x, float baseline, float unit, SKColor color, bool bold)
    {
        using var paint = new SKPaint
        {
            Color = color,
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = bold ? 2.4f : 1.7f,
            StrokeCap = SKStrokeCap.Round,
            StrokeJoin = SKStrokeJoin.Round,
        };
        using var saved = new SKAutoCanvasRestore(canvas);
        canvas.Translate(x, baseline);
        canvas.Scale(unit);
        canvas.Translate(Bearing, -CapitalHeight);
        foreach (var letter in text)
        {
            var (width, path) = Glyph(letter);
            canvas.DrawPath(path, paint);
            canvas.Translate(width + 2 * Bearing, 0);
        }
    }

    private static (float Width, SKPath Path) Glyph(char letter) => Glyphs.GetValueOrDefault(letter, Missing);

    private static (char Letter, float Width, string Path)[] Table() =>
    [
        (' ', 2f, ""),
        ('a', 9f, Bowl + "M9 4V14"),
        ('b', 9f, Bowl + "M0 0V14"),
        ('c', 8.3f, "M8.3 6A4.5 5 0 1 0 8.3 12"),
        ('d', 9f, Bowl + "M9 0V14"),
        ('e', 9f, "M0.1 9H9A4.5 5 0 1 0 7.9 12.4"),
        ('f', 6.3f, "M6.6 0.2C4 -0.5 2.8 1 2.8 3.4V14M0 4.5H5.8"),
        ('g', 9f, Bowl + "M9 4V14.3C9 17.4 7.1 18.6 4.6 18.6C3.1 18.6 1.8 18.2 0.9 17.5"),
        ('h', 8.4f, "M0 0V14M0 8.5C0 5.5 2 4 4.4 4C7 4 8.4 5.6 8.4 8.3V14"),
        ('i', 0.4f, "M0.2 4V14M0.2 0.2V0.5"),
        ('j', 2f, "M1.6 4V15.6C1.6 17.6 0.7 18.5 -0.8 18.5M1.6 0.2V0.5"),
        ('k', 7.8f, "M0 0V14M7.2 4L0 10.2M3 7.8L7.8 14"),
        ('l', 0.4f, "M0.2 0V14"),
        ('m', 13.6f, "M0 4V14M0 8C0 5.4 1.6 4 3.6 4C5.8 4 6.8 5.5 6.8 8V14M6.8 8C6.8 5.4 8.4 4 10.4 4C12.6 4 13.6 5.5 13.6 8V14"),
        ('n', 8.4f, "M0 4V14M0 8.5C0 5.5 2 4 4.4 4C7 4 8.4 5.6 8.4 8.3V14"),
        ('o', 9f, Bowl),
        ('p', 9f, Bowl + "M0 4V18.6"),
        ('q', 9f, Bowl + "M9 4V18.6"),
        ('r', 4.8f, "M0 4V14M0 9C0 6 1.6 4.1 4.8 4.2"),
        ('s', 7.4f,
            "M7 5.6C6.3 4.6 5.2 4 3.8 4C1.9 4 0.5 5 0.5 6.6C0.5 8.2 1.9 8.7 3.8 9C5.8 9.3 7.3 9.9 7.3 11.5"
            + "C7.3 13.1 5.8 14 3.8 14C2.1 14 0.8 13.3 0.1 12.2"),
        ('t', 6.4f, "M2.8 1V10.8C2.8 13 3.8 14 5.4 14C5.8 14 6.1 13.9 6.4 13.8M0 4.5H6"),
        ('u', 8.4f, "M0 4V9.7C0 12.4 1.4 14 4 14C6.5 14 8.4 12.4 8.4 9.5M8.4 4V14"),
        ('v', 8.4f, "M0 4L4.2 14L8.4 4"),
        ('w', 13.2f, "M0 4L3.3 14L6.6 4.5L9.9 14L13.2 4"),
        ('x', 8f, "M0 4L8 14M8 4L0 14"),
        ('y', 8.4f, "M0 4L4.2 14M8.4 4L4 15.2C3.1 17.6 2.2 18.6 0.5 18.6"),
        ('z', 8f, "M0.3 4H7.7L0 14H8"),
        ('A', 11f, "M0 14L5.5 0L11 14M2 9.2H9"),
        ('B', 9.3f, "M0 0V14H5.2C7.8 14 9.3 12.5 9.3 10.3C9.3 8 7.8 6.8 5.2 6.8H0M0 0H4.8C7.1 0 8.5 1.3 8.5 3.4C8.5 5.5 7.1 6.8 4.8 6.8"),
        ('C', 11f, "M11 3A6.3 7 0 1 0 11 11"),
        ('D', 10.5f, "M0 0V14H4C8.5 14 10.5 11 10.5 7C10.5 3 8.5 0 4 0Z"),
        ('E', 8f, "M8 0H0V14H8M0 6.8H7"),
        ('F', 8f, "M8 0H0V14M0 6.8H7"),
        ('G', 11.4f, "M11 3A6.3 7 0 1 0 11.2 10.7V7.4H7"),
        ('H', 10f, "M0 0V14M10 0V14M0 6.8H10"),
        ('I', 0.4f, "M0.2 0V14"),
        ('J', 6f, "M6 0V9.8C6 12.6 4.8 14 2.9 14C1.5 14 0.5 13.3 0 12"),
        ('K', 9.6f, "M0 0V14M9 0L0 9M3.4 5.8L9.6 14"),
        ('L', 7.6f, "M0 0V14H7.6"),
        ('M', 12f, "M0 14V0L6 9.5L12 0V14"),
        ('N', 10f, "M0 14V0L10 14V0"),
        ('O', 12.4f, "M12.4 7A6.2 7 0 1 1 0 7A6.2 7 0 1 1 12.4 7"),
        ('P', 9.2f, "M0 14V0H5C7.7 0 9.2 1.6 9.2 4C9.2 6.4 7.7 8 5 8H0"),
        ('Q', 12.4f, "M12.4 7A6.2 7 0 1 1 0 7A6.2 7 0 1 1 12.4 7M8 10.5L12.2 15"),
        ('R', 9.5f, "M0 14V0H5C7.7 0 9.2 1.6 9.2 4C9.2 6.4 7.7 8 5 8H0M5 8L9.5 14"),
        ('S', 9.4f,
            "M9 2.3C8.2 0.9 6.7 0 4.8 0C2.3 0 0.6 1.4 0.6 3.5C0.6 5.8 2.5 6.4 4.9 6.9"
            + "C7.5 7.4 9.4 8.2 9.4 10.4C9.4 12.7 7.5 14 5 14C2.7 14 0.9 13 0 11.3"),
        ('T', 10f, "M0 0H10M5 0V14"),
        ('U', 10f, "M0 0V9C0 12.2 1.9 14 5 14C8.1 14 10 12.2 10 9V0"),
        ('V', 10.8f, "M0 0L5.4 14L10.8 0"),
        ('W', 16f, "M0 0L4 14L8 1L12 14L16 0"),
        ('X', 10f, "M0 0L10 14M10 0L0 14"),
        ('Y', 10.4f, "M0 0L5.2 7.2L10.4 0M5.2 7.2V14"),
        ('Z', 10f, "M0.4 0H9.6L0 14H10"),
        ('0', 8.6f, "M8.6 7A4.3 7 0 1 1 0 7A4.3 7 0 1 1 8.6 7"),
        ('1', 8.6f, "M1.4 2.8L5 0V14"),
        ('2', 8.6f, "M0.5 3.6C0.8 1.4 2.3 0 4.4 0C6.7 0 8.2 1.5 8.2 3.6C8.2 5.4 7.2 6.7 5.4 8.6L0.2 14H8.6"),
        ('3', 8.6f,
            "M0.7 2.4C1.4 0.9 2.7 0 4.3 0C6.5 0 8 1.4 8 3.4C8 5.5 6.5 6.6 4.4 6.6H3.4M4.4 6.6"
            + "C6.9 6.6 8.5 8 8.5 10.2C8.5 12.5 6.8 14 4.3 14C2.3 14 0.8 13 0.1 11.4"),
        ('4', 8.6f, "M6.4 14V0L0 9.8H8.8"),
        ('5', 8.6f, "M7.8 0H1.7L1 6.4C1.9 5.6 3.1 5.2 4.3 5.2C6.8 5.2 8.5 6.9 8.5 9.5C8.5 12.2 6.8 14 4.2 14C2.3 14 0.9 13.1 0.1 11.6"),
        ('6', 8.6f, "M7.6 1.8C6.9 0.7 5.8 0 4.6 0C1.6 0 0.1 3.4 0.1 9.2M8.6 9.4A4.25 4.6 0 1 1 0.1 9.4A4.25 4.6 0 1 1 8.6 9.4"),
        ('7', 8.6f, "M0.2 0H8.6L3 14"),
        ('8', 8.6f, "M7.9 3.4A3.6 3.4 0 1 1 0.7 3.4A3.6 3.4 0 1 1 7.9 3.4M8.6 10.4A4.3 3.6 0 1 1 0 10.4A4.3 3.6 0 1 1 8.6 10.4"),
        ('9', 8.6f, "M1 12.2C1.7 13.3 2.8 14 4 14C7 14 8.5 10.6 8.5 4.8M8.5 4.6A4.25 4.6 0 1 1 0 4.6A4.25 4.6 0 1 1 8.5 4.6"),
        ('.', 0.6f, "M0.3 13.6V13.9"),
        (',', 1f, "M0.8 13.4L-0.2 16.4"),
        (':', 0.6f, "M0.3 5.4V5.7M0.3 13.6V13.9"),
        (';', 1f, "M0.8 5.4V5.7M0.8 13.4L-0.2 16.4"),
        ('!', 0.6f, "M0.3 0V9.3M0.3 13.6V13.9"),
        ('?', 7.6f, "M0.2 3.2C0.5 1.2 1.9 0 3.9 0C6.1 0 7.6 1.3 7.6 3.3C7.6 6.2 4 6.4 4 9.6M4 13.6V13.9"),
        ('-', 4.6f, "M0 9H4.6"),
        ('_', 8f, "M0 16H8"),
        ('+', 8f, "M0 8H8M4 4V12"),
        ('=', 8f, "M0 6H8M0 10.2H8"),
        ('/', 6f, "M0 15.5L6 -1"),
        ('\\', 6f, "M0 -1L6 15.5"),
        ('(', 3f, "M3 -1.2C1 1 0 4 0 7.2C0 10.4 1 13.4 3 15.6"),
        (')', 3f, "M0 -1.2C2 1 3 4 3 7.2C3 10.4 2 13.4 0 15.6"),
        ('[', 3f, "M3 -1H0V15.5H3"),
        (']', 3f, "M0 -1H3V15.5H0"),
        ('{', 4f, "M4 -1C2 -1 2 0.4 2 2.4V4.8C2 6.2 1.4 7 0 7.2C1.4 7.4 2 8.2 2 9.6V12C2 14 2 15.5 4 15.5"),
        ('}', 4f, "M0 -1C2 -1 2 0.4 2 2.4V4.8C2 6.2 2.6 7 4 7.2C2.6 7.4 2 8.2 2 9.6V12C2 14 2 15.5 0 15.5"),
        ('<', 8f, "M8 4L0 8L8 12"),
        ('>', 8f, "M0 4L8 8L0 12"),
        ('|', 0.4f, "M0.2 -1V17"),
        ('\'', 0.4f, "M0.2 0V3.6"),
        ('"', 3f, "M0 0V3.6M3 0V3.6"),
        ('`', 2f, "M0 0L2 2.4"),
        ('^', 7f, "M0 5L3.5 0L7 5"),
        ('~', 8f, "M0 9.5C0.6 7.6 2.4 7.2 4 8.3C5.6 9.4 7.4 9 8 7.1"),
        ('*', 7f, "M3.5 0V6.6M0.6 1.7L6.4 4.9M6.4 1.7L0.6 4.9"),
        ('#', 9.6f, "M3 0.5L1.6 14M8 0.5L6.6 14M0.3 5H9.6M-0.2 9.6H9.2"),
        ('$', 9.4f,
            "M9 2.3C8.2 0.9 6.7 0 4.8 0C2.3 0 0.6 1.4 0.6 3.5C0.6 5.8 2.5 6.4 4.9 6.9"
            + "C7.5 7.4 9.4 8.2 9.4 10.4C9.4 12.7 7.5 14 5 14C2.7 14 0.9 13 0 11.3M4.9 -2V16"),
        ('%', 13f, "M6.2 3.2A3.1 3.2 0 1 1 0 3.2A3.1 3.2 0 1 1 6.2 3.2M13 10.8A3.1 3.2 0 1 1 6.8 10.8A3.1 3.2 0 1 1 13 10.8M10.8 0L2.2 14"),
        ('&', 10f, "M10 14L2.6 4.4C1 2.2 2.4 0 4.4 0C6.4 0 7.6 2.2 6 4C4.6 5.5 0 6.8 0 10.2C0 12.6 1.7 14 4 14C7 14 9 11.6 9.6 7.6"),
        ('@', 14f,
            "M10 7.2A3 3.4 0 1 1 4 7.2A3 3.4 0 1 1 10 7.2M10 3.8V8.4C10 11.4 14 11.4 14 7.2C14 3 11 0 7 0"
            + "C3 0 0 3 0 7.2C0 11.4 3 14.6 7 14.6C8.6 14.6 10 14.2 11 13.6"),
        ('·', 0.6f, "M0.3 7.8V8.1"),
        ('×', 7f, "M0 4.5L7 11.5M7 4.5L0 11.5"),
        ('–', 8f, "M0 9H8"),
        ('−', 8f, "M0 8H8"),
        ('±', 8f, "M0 6H8M4 2V10M0 13.5H8"),
        ('°', 4f, "M4 2A2 2 0 1 1 0 2A2 2 0 1 1 4 2"),
        ('…', 9f, "M0.3 13.6V13.9M4.5 13.6V13.9M8.7 13.6V13.9"),
        ('→', 11.3f, "M0 9H11M7.5 5.2L11.3 9L7.5 12.8"),
    ];
}
