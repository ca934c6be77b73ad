using SkiaSharp;
using static CrossModal.Data.Synthetic.Sketch;

namespace CrossModal.Data.Synthetic;

/// <summary>Trumpet, trombone, horn and tuba with their players.</summary>
internal static class Brass
{
    private static readonly Lustre BrightBrass = new(new(0x84, 0x5A, 0x0C), new(0xF0, 0xBC, 0x34), new(0xFF, 0xF2, 0xB4));
    private static readonly Lustre PaleBrass = new(new(0x70, 0x58, 0x20), new(0xD8, 0xB4, 0x5C), new(0xFA, 0xEC, 0xBE));
    private static readonly Lustre RoseBrass = new(new(0x68, 0x30, 0x10), new(0xCC, 0x80, 0x3C), new(0xF4, 0xC4, 0x88));
    private static readonly Lustre DeepBrass = new(new(0x6A, 0x44, 0x06), new(0xD4, 0x98, 0x20), new(0xF8, 0xDC, 0x80));
    private static readonly Lustre Nickel = new(new(0x58, 0x5C, 0x64), new(0xC8, 0xCC, 0xD2), new(0xFA, 0xFC, 0xFF));

    public static void Trumpet(Sketch sketch, PlayerLook look, Pose pose)
    {
        var figure = new Figure(sketch, look, 0.98f);
        SKPoint head = At(19, 19), neck = At(18, 30.5f);
        figure.HairBehind(head);
        figure.Trunk(neck, 68);
        figure.Head(head, neck, 0.9f);
        var brass = BrightBrass.Shifted(0.05f * look.Finish);
        var canvas = sketch.Canvas;
        var held = SKMatrix.CreateRotationDegrees(9 - 17 * pose.Stroke).PostConcat(SKMatrix.CreateTranslation(23.5f, 24));
        SKPoint fingers = held.MapPoint(13.5f, -1), grip = held.MapPoint(17, 6.6f);
        figure.Arm(At(11, 36), fingers);
        canvas.Save();
        canvas.Concat(held);
        sketch.Tube(At(0.5f, 0), At(14, 0), brass, 1.2f);
        sketch.Line(At(0, -0.9f), At(0, 0.9f), Nickel.Body, 1.3f);
        using (var loop = new SKPath())
        {
            loop.AddRoundRect(new SKRect(7, 0.2f, 25, 6.4f), 3.1f, 3.1f);
            sketch.Tube(loop, brass, 1.5f);
        }

        using (var bell = Curve(true, At(12, -0.9f), At(24, -1.3f), At(31, -3), At(35, -7), At(35.6f, -7), At(35.6f, 7), At(35, 7),
            At(31, 3), At(24, 1.3f),
            At(12, 0.9f)))
        {
            sketch.Stroke(bell, brass.Dark, 0.9f);
            sketch.FillAcross(bell, At(30, -6), At(30, 6), brass.Body, brass.Light, brass.Body, brass.Dark);
        }

        sketch.Ellipse(At(35.4f, 0), 1.5f, 7, brass.Dark);
        sketch.Ellipse(At(35.7f, 0), 0.9f, 6, brass.Body);
        var pressed = (int)MathF.Round(pose.LeftHand * 6);
        for (var valve = 0; valve < 3; valve++)
        {
            var x = 12.2f + 3.1f * valve;
            var down = IsValveDown(pressed, valve);
            sketch.Tube(At(x, -1.5f), At(x, 8.6f), brass, 2.1f);
            sketch.Line(At(x, -2.4f), At(x, down ? -3 : -4.8f), Nickel.Dark, 0.8f);
            sketch.Line(At(x - 0.6f, down ? -3 : -4.8f), At(x + 0.6f, down ? -3 : -4.8f), Nickel.Light, 1);
        }

        canvas.Restore();
        figure.Arm(At(27, 37), grip);
        figure.Hand(fingers);
    }

    public static void Trombone(Sketch sketch, PlayerLook look, Pose pose)
    {
        var figure = new Figure(sketch, look, 0.88f);
        SKPoint head = At(47, 21), neck = At(48, 31.5f);
        var brass = PaleBrass.Shifted(0.05f * look.Finish);
        var canvas = sketch.Canvas;
        figure.HairBehind(head);
        figure.Trunk(neck, 68);
        var held = SKMatrix.CreateRotationDegrees(-7 + 3 * (1 - pose.Dynamics), 42.5f, 26);
        canvas.Save();
        canvas.Concat(held);

        // The bell's branch runs over the shoulder behind the head and forward again.
        using (var back = Curve(false, At(40, 28.6f), At(54, 28.2f), At(60, 24), At(60, 18.5f), At(54, 14.6f), At(40, 14.4f)))
            sketch.Tube(back, brass, 2);
        canvas.Restore();
        figure.Head(head, neck, -0.9f);
        canvas.Save();
        canvas.Concat(held);
        using (var bell = Curve(true, At(44, 13.3f), At(34, 12.6f), At(27, 10.4f), At(22, 6), At(21.2f, 6), At(21.2f, 23), At(22, 23),
            At(27, 18.6f),
            At(34, 16.2f), At(44, 15.5f)))
        {
            sketch.Stroke(bell, brass.Dark, 0.9f);
            sketch.FillAcross(bell, At(28, 8), At(28, 21), brass.Body, brass.Light, brass.Body, brass.Dark);
        }

        sketch.Ellipse(At(21.5f, 14.5f), 1.9f, 8.5f, brass.Dark);
        sketch.Ellipse(At(21.2f, 14.5f), 1.2f, 7.4f, brass.Body);

        // Inner slide, outer slide by its position, its bow at the far end, mouthpiece, braces.
        var reach = 17 * pose.Stroke;
        var end = 21 - reach;
        foreach (var y in (ReadOnlySpan<float>)[26, 30])
        {
            sketch.Tube(At(41, y), At(33 - reach, y), Nickel, 0.9f, 0.7f);
            sketch.Tube(At(35 - reach, y), At(end, y), brass, 1.5f, 0.8f);
        }

        using (var turn = Curve(false, At(end, 26), At(end - 2, 26.6f), At(end - 2.6f, 28), At(end - 2, 29.4f), At(end, 30)))
            sketch.Tube(turn, brass, 1.5f);
        sketch.Line(At(42.6f, 24.9f), At(42.6f, 27.1f), Nickel.Body, 1.4f);
        sketch.Line(At(36 - reach, 26), At(36 - reach, 30), brass.Dark, 1.4f);
        sketch.Line(At(39.5f, 14.5f), At(39.5f, 30), brass.Dark, 1.2f);
        canvas.Restore();
        figure.Arm(At(57, 36), held.MapPoint(39.7f, 28.5f));
        figure.Arm(At(39, 36), held.MapPoint(36 - reach, 29), reach: 1.25f);
    }

    public static void Horn(Sketch sketch, PlayerLook look, Pose pose)
    {
        var figure = new Figure(sketch, look, 0.95f);
        SKPoint head = At(34, 14.5f), neck = At(34.5f, 26);
        figure.HairBehind(head);
        figure.Trunk(neck, 68);
        figure.Head(head, neck, -0.2f);
        var brass = RoseBrass.Shifted(0.05f * look.Finish);
        var canvas = sketch.Canvas;
        canvas.Save();
        canvas.RotateDegrees(7 - 14 * pose.Stroke, 34, 40);
        SKPoint center = At(36.5f, 41);
        using (var lead = Curve(false, At(33.4f, 19.6f), At(38.5f, 25.5f), At(46, 31), At(49.2f, 38)))
            sketch.Tube(lead, brass, 1.5f);
        sketch.Line(At(32.9f, 19), At(34.2f, 20.6f), Nickel.Body, 1.8f);
        TubeRing(sketch, center, 12.6f, 12.4f, brass, 3.2f);
        TubeRing(sketch, center, 9, 8.6f, brass, 1.7f);
        TubeRing(sketch, At(center.X + 1.5f, center.Y), 5.2f, 5, brass, 1.5f);
        for (var valve = 0; valve < 3; valve++)
        {
            var at = At(40.2f, 36 + 4 * valve);
            sketch.Ellipse(at, 2.1f, 1.9f, brass.Dark);
            sketch.Ellipse(at, 1.5f, 1.4f, IsValveDown((int)MathF.Round(pose.LeftHand * 6), valve) ? Nickel.Body : Nickel.Light);
        }

        // The wide bell, turned to the player's right and a little towards us.
        using (var throat = Curve(true, At(33, 52), At(40, 54.4f), At(33, 57), At(22, 58.5f), At(14, 50), At(18, 42)))
        {
            sketch.Stroke(throat, brass.Dark, 0.9f);
            sketch.Fill(throat, brass.Body);
        }

        canvas.Save();
        canvas.RotateDegrees(24, 18, 48.5f);
        sketch.Ellipse(At(18, 48.5f), 9.4f, 11.2f, brass.Dark);
        sketch.Ellipse(At(18, 48.5f), 8.8f, 10.6f, brass.Light);
        sketch.Ellipse(At(18.2f, 48.5f), 7.6f, 9.3f, brass.Body);
        sketch.Ellipse(At(19, 48.8f), 4.6f, 5.9f, brass.Dark);
        canvas.Restore();
        figure.Arm(At(24, 32), At(18.5f, 48), At(-1, 0.3f));
        figure.Arm(At(45, 32), At(45.5f, 40), At(1, 0.3f));
        canvas.Restore();
    }

    public static void Tuba(Sketch sketch, PlayerLook look, Pose pose, Action lean)
    {
        var figure = new Figure(sketch, look, 0.74f);
        SKPoint head = At(21.5f, 20.5f), neck = At(22.5f, 29), hips = At(26, 52);
        figure.Chair(hips, 72);
        figure.Leg(At(21, 53), At(13, 55.5f), At(13.5f, 72));
        figure.Leg(At(31, 53), At(47, 55.5f), At(47, 72));
        lean();
        figure.HairBehind(head);
        figure.Trunk(neck, 54);
        figure.Head(head, neck, 0.3f);
        var brass = DeepBrass.Shifted(0.05f * look.Finish);
        var canvas = sketch.Canvas;
        canvas.Save();
        canvas.RotateDegrees(5 - 7 * pose.Stroke, 34, 56);
        using (var bell = Curve(true, At(25.5f, 5.6f), At(31.5f, 10.5f), At(35.4f, 20), At(36.6f, 34), At(36.6f, 46), At(46.4f, 46),
            At(46.4f, 34),
            At(47.6f, 20), At(51.5f, 10.5f), At(57.5f, 5.6f)))
        {
            sketch.Stroke(bell, brass.Dark, 1);
            sketch.FillAcross(bell, At(32, 20), At(51, 20), brass.Dark, brass.Body, brass.Light, brass.Body, brass.Dark);
        }

        sketch.Ellipse(At(41.5f, 6), 16.4f, 4.4f, brass.Dark);
        sketch.Ellipse(At(41.5f, 6), 15.8f, 3.8f, brass.Light);
        sketch.Ellipse(At(41.5f, 6.5f), 13.6f, 2.7f, brass.Dark);
        using (var bottom = Curve(false, At(41.5f, 43), At(40.5f, 54), At(33.5f, 59.4f), At(26.6f, 54), At(25.4f, 44), At(26.6f, 34.5f),
            At(31, 31.2f),
            At(35.4f, 34.5f), At(36, 44), At(34, 50)))
            sketch.Tube(bottom, brass, 4.6f, 1);
        using (var lead = Curve(false, At(24.3f, 24), At(28.5f, 24.8f), At(32.6f, 28), At(33.4f, 34)))
            sketch.Tube(lead, brass, 1.4f);
        sketch.Line(At(23.6f, 23), At(23.6f, 25), Nickel.Body, 1.4f);
        for (var valve = 0; valve < 3; valve++)
        {
            var down = IsValveDown((int)MathF.Round(pose.LeftHand * 6), valve);
            var x = 27.6f + 3.1f * valve;
            sketch.Tube(At(x, 40), At(x, 47), brass, 1.9f);
            sketch.Line(At(x, 38.6f), At(x, down ? 38 : 36.6f), Nickel.Light, 1.5f);
        }

        figure.Arm(At(14, 33), At(29.5f, 37.6f), At(-0.5f, 1));
        figure.Arm(At(31.5f, 33), At(46.5f, 43), At(0.3f, 1));
        canvas.Restore();
    }

    /// <summary>The usual fingering: valves lower by 2, 1 and 3 semitones.</summary>
    private static bool IsValveDown(int semitones, int valve)
    {
        ReadOnlySpan<int> combinations = [0b000, 0b010, 0b001, 0b011, 0b110, 0b101, 0b111];
        return (combinations[Math.Clamp(semitones, 0, 6)] >> valve & 1) != 0;
    }

    private static void TubeRing(Sketch sketch, SKPoint center, float radiusX, float radiusY, Lustre lustre, float width)
    {
        sketch.Ring(center, radiusX, radiusY, lustre.Dark, width + 0.9f);
        sketch.Ring(center, radiusX, radiusY, lustre.Body, width);
        sketch.Ring(center, radiusX, radiusY, lustre.Light, width * 0.36f);
    }
}
