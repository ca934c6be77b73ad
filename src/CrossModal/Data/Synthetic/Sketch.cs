using SkiaSharp;

namespace CrossModal.Data.Synthetic;

/// <summary>
/// A few antialiased strokes and fills on a canvas. All lengths are in scene units: the scene is 64 units wide and high, y downwards.
/// </summary>
internal sealed class Sketch(SKCanvas canvas) : IDisposable
{
    public const float SceneSize = 64;

    private readonly SKPaint _fill = new() { IsAntialias = true, Style = SKPaintStyle.Fill };
    private readonly SKPaint _stroke = new()
    {
        IsAntialias = true,
        Style = SKPaintStyle.Stroke,
        StrokeCap = SKStrokeCap.Round,
        StrokeJoin = SKStrokeJoin.Round
    };

    public SKCanvas Canvas { get; } = canvas;

    public void Fill(SKPath path, SKColor color)
    {
        _fill.Color = color;
        Canvas.DrawPath(path, _fill);
    }

    /// <summary>Fills with colors running straight from one point to another.</summary>
    public void FillAcross(SKPath path, SKPoint from, SKPoint to, params SKColor[] colors)
    {
        using var shader = SKShader.CreateLinearGradient(from, to, colors, SKShaderTileMode.Clamp);
        _fill.Shader = shader;
        _fill.Color = SKColors.Black;
        Canvas.DrawPath(path, _fill);
        _fill.Shader = null;
    }

    public void Stroke(SKPath path, SKColor color, float width)
    {
        _stroke.Color = color;
        _stroke.StrokeWidth = width;
        Canvas.DrawPath(path, _stroke);
    }

    public void Line(SKPoint from, SKPoint to, SKColor color, float width)
    {
        _stroke.Color = color;
        _stroke.StrokeWidth = width;
        Canvas.DrawLine(from, to, _stroke);
    }

    public void Ellipse(SKPoint center, float radiusX, float radiusY, SKColor color)
    {
        _fill.Color = color;
        Canvas.DrawOval(center.X, center.Y, radiusX, radiusY, _fill);
    }

    public void Ring(SKPoint center, float radiusX, float radiusY, SKColor color, float width)
    {
        _stroke.Color = color;
        _stroke.StrokeWidth = width;
        Canvas.DrawOval(center.X, center.Y, radiusX, radiusY, _stroke);
    }

    public void Rectangle(float left, float top, float right, float bottom, float corner, SKColor color)
    {
        _fill.Color = color;
        Canvas.DrawRoundRect(left, top, right - left, bottom - top, corner, corner, _fill);
    }

    /// <summary>A round tube along a path: dark edge, body, and a highlight that makes it metal or polished wood.</summary>
    public void Tube(SKPath path, Lustre lustre, float width, float edge = 0.8f)
    {
        Stroke(path, lustre.Dark, width + edge);
        Stroke(path, lustre.Body, width);
        Stroke(path, lustre.Light, width * 0.38f);
    }

    public void Tube(SKPoint from, SKPoint to, Lustre lustre, float width, float edge = 0.8f)
    {
        Line(from, to, lustre.Dark, width + edge);
        Line(from, to, lustre.Body, width);
        Line(from, to, lustre.Light, width * 0.38f);
    }

    /// <summary>A smooth curve through the points (Catmull-Rom, as cubic Béziers).</summary>
    public static SKPath Curve(bool closed, params ReadOnlySpan<SKPoint> points)
    {
        var path = new SKPath();
        path.MoveTo(points[0]);
        var count = points.Length;
        for (var i = 0; i < (closed ? count : count - 1); i++)
        {
            var start = points[i];
            var end = points[(i + 1) % count];
            var before = i > 0 ? points[i - 1] : closed ? points[count - 1] : start;
            var after = i + 2 < count ? points[i + 2] : closed ? points[(i + 2) % count] : end;
            path.CubicTo(
                start.X + (end.X - before.X) / 6, start.Y + (end.Y - before.Y) / 6,
                end.X - (after.X - start.X) / 6, end.Y - (after.Y - start.Y) / 6,
                end.X, end.Y);
        }

        if (closed)
            path.Close();
        return path;
    }

    public static SKPath Polygon(params ReadOnlySpan<SKPoint> points)
    {
        var path = new SKPath();
        path.AddPoly(points.ToArray());
        return path;
    }

    public static SKPoint Between(SKPoint from, SKPoint to, float share) =>
        new(from.X + (to.X - from.X) * share, from.Y + (to.Y - from.Y) * share);

    public static SKPoint At(float x, float y) => new(x, y);

    public void Dispose()
    {
        _fill.Dispose();
        _stroke.Dispose();
    }
}

/// <summary>A material's three tones.</summary>
internal readonly record struct Lustre(SKColor Dark, SKColor Body, SKColor Light)
{
    /// <summary>The same material, darker (below 0) or lighter (above 0) by a share of full brightness.</summary>
    public Lustre Shifted(float share) => new(Shade(Dark, share), Shade(Body, share), Shade(Light, share));

    public static SKColor Shade(SKColor color, float share)
    {
        var towards = share < 0 ? 0 : 255;
        var amount = MathF.Abs(share);
        return new SKColor(Channel(color.Red), Channel(color.Green), Channel(color.Blue), color.Alpha);

        byte Channel(byte value) => (byte)Math.Clamp(value + (towards - value) * amount, 0, 255);
    }
}
