using SkiaSharp;

namespace CrossModal.Data.Synthetic;

/// <summary>
/// Paints a player with an instrument in a pose and encodes the picture as JPEG. The scene fills the square in the picture's middle; the
/// wall goes on beside it. Not thread-safe: one painter a worker.
/// </summary>
internal sealed class ScenePainter(int width = ScenePainter.ImageSize, int height = ScenePainter.ImageSize) : IDisposable
{
    /// <summary>Three pixels for each pixel of the 64×64 pictures that models see.</summary>
    public const int ImageSize = 192;

    private const int JpegQuality = 90;
    private const float SwayDegrees = 3;
    private const float Floor = 58;

    private readonly SKSurface _surface = SKSurface.Create(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque))
        ?? throw new InvalidOperationException("SkiaSharp could not make a raster surface");

    private PlayerLook? _shown;
    private SKImage? _backdrop;

    /// <summary>The picture as a JPEG file's bytes.</summary>
    public byte[] PaintJpeg(string instrument, PlayerLook look, Pose pose)
    {
        Paint(instrument, look, pose);
        using var pixels = _surface.PeekPixels();
        using var data =
            pixels.Encode(new SKJpegEncoderOptions(JpegQuality, SKJpegEncoderDownsample.Downsample420, SKJpegEncoderAlphaOption.Ignore))
            ?? throw new InvalidOperationException("SkiaSharp could not encode a JPEG");
        return data.ToArray();
    }

    private void Paint(string instrument, PlayerLook look, Pose pose)
    {
        var canvas = _surface.Canvas;
        using var sketch = new Sketch(canvas);
        if (look == _shown)
            canvas.DrawImage(_backdrop, 0, 0);
        canvas.Save();
        var side = Math.Min(width, height);
        canvas.Translate((width - side) / 2, (height - side) / 2);
        canvas.Scale(side / Sketch.SceneSize);
        if (look != _shown)
        {
            // The same in all pictures of a song.
            Backdrop(sketch, look);
            _backdrop?.Dispose();
            (_shown, _backdrop) = (look, _surface.Snapshot());
        }

        canvas.Translate(Sketch.SceneSize / 2 + look.Shift.X, Sketch.SceneSize / 2 + look.Shift.Y);
        canvas.Scale(look.Zoom);
        canvas.Translate(-Sketch.SceneSize / 2, -Sketch.SceneSize / 2);
        switch (instrument)
        {
            case "cello":
                BowedStrings.Cello(sketch, look, pose, Lean);
                break;
            case "double_bass":
                BowedStrings.DoubleBass(sketch, look, pose, Lean);
                break;
            case "tuba":
                Brass.Tuba(sketch, look, pose, Lean);
                break;
            default:
                Lean();
                CloseUp(instrument)(sketch, look, pose);
                break;
        }

        canvas.Restore();

        // Feet and chair stay where they are; what is drawn from here on leans with the music.
        void Lean() => canvas.RotateDegrees(SwayDegrees * pose.Sway, Sketch.SceneSize / 2, Sketch.SceneSize - 2);
    }

    private static Action<Sketch, PlayerLook, Pose> CloseUp(string instrument) => instrument switch
    {
        "bassoon" => Woodwinds.Bassoon,
        "clarinet" => Woodwinds.Clarinet,
        "flute" => Woodwinds.Flute,
        "horn" => Brass.Horn,
        "oboe" => Woodwinds.Oboe,
        "sax" => Woodwinds.Sax,
        "trombone" => Brass.Trombone,
        "trumpet" => Brass.Trumpet,
        "viola" => BowedStrings.Viola,
        "violin" => BowedStrings.Violin,
        _ => throw new ArgumentOutOfRangeException(nameof(instrument), instrument, "no scene for this instrument"),
    };

    /// <summary>A wall lit from above and a strip of floor.</summary>
    private void Backdrop(Sketch sketch, PlayerLook look)
    {
        var side = (float)Math.Min(width, height);
        var (beside, above) = (4 + Sketch.SceneSize * (width / side - 1) / 2, 4 + Sketch.SceneSize * (height / side - 1) / 2);
        var all = new SKRect(-beside, -above, Sketch.SceneSize + beside, Sketch.SceneSize + above);
        using var shader = SKShader.CreateRadialGradient(new SKPoint(32, 24), 52, [look.BackdropLight, look.BackdropDark],
            SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader };
        sketch.Canvas.DrawRect(all, paint);
        var boardColor = Lustre.Shade(look.BackdropDark, -0.22f);
        using var floor = SKShader.CreateLinearGradient(new SKPoint(0, Floor - 1), new SKPoint(0, Floor + 1),
            [boardColor.WithAlpha(0), boardColor], SKShaderTileMode.Clamp);
        using var boards = new SKPaint { Shader = floor };
        sketch.Canvas.DrawRect(new SKRect(-beside, Floor - 2, Sketch.SceneSize + beside, Sketch.SceneSize + above), boards);
    }

    public void Dispose()
    {
        _backdrop?.Dispose();
        _surface.Dispose();
    }
}
