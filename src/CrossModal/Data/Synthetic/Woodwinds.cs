using SkiaSharp;
using static CrossModal.Data.Synthetic.Sketch;

namespace CrossModal.Data.Synthetic;

/// <summary>Flute, oboe, clarinet, bassoon and saxophone with their players.</summary>
internal static class Woodwinds
{
    private static readonly Lustre Silver = new(new(0x50, 0x56, 0x60), new(0xC6, 0xCC, 0xD4), new(0xFF, 0xFF, 0xFF));
    private static readonly Lustre Grenadilla = new(new(0x0C, 0x0A, 0x0C), new(0x24, 0x20, 0x24), new(0x5C, 0x58, 0x60));
    private static readonly Lustre Maple = new(new(0x4A, 0x14, 0x0A), new(0x9C, 0x36, 0x1A), new(0xCC, 0x66, 0x3C));
    private static readonly Lustre Gold = new(new(0x7A, 0x50, 0x08), new(0xE6, 0xA8, 0x1E), new(0xFF, 0xE8, 0x90));
    private static readonly SKColor Cane = new(0xE2, 0xC4, 0x80), Ivory = new(0xF8, 0xF2, 0xE0);

    public static void Flute(Sketch sketch, PlayerLook look, Pose pose)
    {
        var figure = new Figure(sketch, look, 0.98f);
        SKPoint head = At(40, 18), neck = At(41, 29.5f);
        figure.HairBehind(head);
        figure.Trunk(neck, 68);
        figure.Head(head, neck, -0.5f);
        var drop = 7 - 6 * pose.Stroke;
        SKPoint crown = At(44.5f, 22.6f), foot = At(3, 23.5f + drop);
        var silver = Silver.Shifted(-0.06f + 0.05f * look.Finish);
        sketch.Tube(crown, foot, silver, 2, 1.1f);
        for (var i = 0; i < 8; i++)
        {
            var key = Between(crown, foot, 0.36f + 0.075f * i);
            sketch.Ellipse(At(key.X, key.Y - 0.9f), 1, 0.8f, silver.Dark);
            sketch.Ellipse(At(key.X, key.Y - 1), 0.7f, 0.55f, silver.Light);
        }

        var shift = 0.07f * (pose.LeftHand - 0.5f);
        var near = Between(crown, foot, 0.42f + shift);
        var far = Between(crown, foot, 0.72f + shift);
        figure.Arm(At(30.5f, 34.5f), At(far.X, far.Y + 1.4f));
        figure.Arm(At(51, 34.5f), At(near.X, near.Y + 1.6f), reach: 1.12f);
    }

    public static void Oboe(Sketch sketch, PlayerLook look, Pose pose)
    {
        var figure = new Figure(sketch, look, 1);
        SKPoint head = At(32, 16.5f), neck = At(32, 28.5f);
        figure.HairBehind(head);
        figure.Trunk(neck, 68);
        figure.Head(head, neck, 0);
        var tilt = 3 - 6 * pose.Stroke;
        SKPoint reed = At(32, 21.8f), top = At(32, 25.5f), bottom = At(32 + tilt, 55.5f - 2 * pose.Stroke);
        Halo(sketch, top, bottom, 2.2f);
        sketch.Line(reed, top, Cane, 1.1f);
        sketch.Tube(top, bottom, Grenadilla, 2.1f, 0.5f);
        sketch.Line(bottom, At(bottom.X + 0.06f * tilt, bottom.Y + 2.2f), Grenadilla.Dark, 3.6f);
        Keys(sketch, top, bottom, 8, 0.5f, 0.5f);
        var shift = 0.06f * (pose.LeftHand - 0.5f);
        figure.Arm(At(42.5f, 34), Offset(Between(top, bottom, 0.28f + shift), 1.5f, 0), At(1, 0.6f));
        figure.Arm(At(21.5f, 34), Offset(Between(top, bottom, 0.64f + shift), -1.5f, 0), At(-1, 0.6f));
    }

    public static void Clarinet(Sketch sketch, PlayerLook look, Pose pose)
    {
        var figure = new Figure(sketch, look, 0.94f);
        SKPoint head = At(22, 15.5f), neck = At(21.5f, 27);
        figure.HairBehind(head);
        figure.Trunk(neck, 68);
        figure.Head(head, neck, 0.55f);
        var lift = 6 * pose.Stroke;
        SKPoint mouth = At(24.5f, 21.2f), barrel = At(28.5f, 25.3f), bottom = At(48 + 0.6f * lift, 54 - lift);
        Halo(sketch, barrel, bottom, 4);
        sketch.Tube(mouth, barrel, Grenadilla, 1.9f, 0.5f);
        sketch.Line(Between(mouth, barrel, 0.35f), Between(mouth, barrel, 0.62f), Silver.Body, 2.4f);
        sketch.Tube(barrel, bottom, Grenadilla, 3.5f, 0.6f);
        Bell(sketch, bottom, Between(barrel, bottom, 1.22f), 2.1f, 5.4f, Grenadilla);
        foreach (var joint in (ReadOnlySpan<float>)[0, 0.13f, 0.52f, 0.97f])
            Band(sketch, Between(barrel, bottom, joint), barrel, bottom, 4.2f, Silver.Body);
        Keys(sketch, barrel, bottom, 8, 0.85f, 0.3f);
        var shift = 0.06f * (pose.LeftHand - 0.5f);
        figure.Arm(At(32, 33), Between(barrel, bottom, 0.34f + shift), At(0.3f, 1));
        figure.Arm(At(13.5f, 34), Between(barrel, bottom, 0.7f + shift), reach: 1.18f);
    }

    public static void Bassoon(Sketch sketch, PlayerLook look, Pose pose)
    {
        var figure = new Figure(sketch, look, 0.86f);
        SKPoint head = At(25, 19.5f), neck = At(25.5f, 29.5f), hips = At(26, 58);
        figure.Chair(hips, 75);
        figure.HairBehind(head);
        figure.Trunk(neck, 60);
        figure.Leg(At(20, 58), At(11, 61), At(11, 74));
        figure.Leg(At(32, 58), At(43, 61), At(43, 74));
        figure.Head(head, neck, 0.35f);
        var tilt = 3 * (pose.Stroke - 0.5f);
        SKPoint boot = At(17, 61), bell = At(48 - tilt, 3.5f);
        var maple = Maple.Shifted(0.06f * look.Finish);
        var wing = At(3.1f, 1.6f);
        Halo(sketch, boot, bell, 5.5f);
        sketch.Tube(Offset(Between(boot, bell, 0.1f), wing.X, wing.Y), Offset(Between(boot, bell, 0.57f), wing.X, wing.Y), maple, 2.6f);
        sketch.Tube(boot, Between(boot, bell, 0.36f), maple, 6);
        sketch.Tube(Between(boot, bell, 0.3f), bell, maple, 4.2f);
        foreach (var (share, width) in (ReadOnlySpan<(float, float)>)[(0.02f, 7), (0.36f, 6.6f), (0.72f, 5)])
            Band(sketch, Between(boot, bell, share), boot, bell, width, Silver.Body);
        var rim = Between(boot, bell, 1);
        sketch.Line(rim, Between(boot, bell, 1.035f), Ivory, 5);
        Keys(sketch, Between(bell, boot, 0.2f), Between(bell, boot, 0.95f), 8, 0.9f, 0);
        var tenon = Offset(Between(boot, bell, 0.57f), wing.X, wing.Y);
        using (var bocal = Curve(false, tenon, At(tenon.X - 0.2f, tenon.Y - 4.2f), At(tenon.X - 3.5f, tenon.Y - 5.4f), At(28, 24.4f)))
            sketch.Tube(bocal, Silver, 1, 0.7f);
        sketch.Line(At(26.6f, 23.9f), At(28.6f, 24.5f), Cane, 1.2f);
        var shift = 0.05f * (pose.LeftHand - 0.5f);
        figure.Arm(At(35.5f, 35), Offset(Between(boot, bell, 0.47f - shift), 2.6f, 1), At(1, 0.8f));
        figure.Arm(At(16, 35), Offset(Between(boot, bell, 0.2f - shift), -2.4f, -0.6f), At(-1, 0.8f));
    }

    public static void Sax(Sketch sketch, PlayerLook look, Pose pose)
    {
        var figure = new Figure(sketch, look, 0.96f);
        SKPoint head = At(25, 15.5f), neck = At(25, 27);
        figure.HairBehind(head);
        figure.Trunk(neck, 68);
        figure.Head(head, neck, 0.4f);
        var canvas = sketch.Canvas;
        canvas.Save();
        canvas.RotateDegrees(7 - 12 * pose.Stroke, 27.5f, 20.7f);
        var gold = Gold.Shifted(0.05f * look.Finish);
        SKPoint mouth = At(27.4f, 20.6f);
        using (var strap = Curve(false, At(21.5f, 26.5f), At(28, 34), At(34.5f, 36)))
            sketch.Stroke(strap, new SKColor(0x20, 0x20, 0x24), 0.9f);
        using (var crook = Curve(false, mouth, At(31, 19.6f), At(34.4f, 20.2f), At(35.8f, 23.5f), At(35.5f, 27)))
            sketch.Tube(crook, gold, 1.9f);
        sketch.Line(mouth, At(29.8f, 19.9f), new SKColor(0x18, 0x16, 0x18), 2.3f);
        using (var body = Polygon(At(34.1f, 25), At(37.2f, 25), At(38, 51), At(31.4f, 51)))
        {
            sketch.Stroke(body, gold.Dark, 0.9f);
            sketch.FillAcross(body, At(32, 38), At(38, 38), gold.Body, gold.Light, gold.Body, gold.Dark);
        }

        // The bow at the bottom and the bell that turns up again in one shape.
        using (var bow = Curve(true, At(31.3f, 50), At(32.2f, 57), At(38, 61.6f), At(45.5f, 59.6f), At(49.3f, 52), At(51, 43),
            At(54.8f, 36.4f),
            At(50, 35), At(42.2f, 36.6f), At(44, 42), At(43.6f, 49), At(41, 52.6f), At(38.2f, 50)))
        {
            sketch.Stroke(bow, gold.Dark, 0.9f);
            sketch.FillAcross(bow, At(33, 60), At(52, 42), gold.Body, gold.Light, gold.Body, gold.Dark);
        }

        canvas.Save();
        canvas.RotateDegrees(-6, 48.4f, 35.8f);
        sketch.Ellipse(At(48.4f, 35.8f), 7, 2.7f, gold.Light);
        sketch.Ellipse(At(48.4f, 35.9f), 5.9f, 1.9f, gold.Dark);
        canvas.Restore();
        for (var i = 0; i < 5; i++)
        {
            sketch.Ellipse(At(35.6f - 0.1f * i, 30.5f + 4.4f * i), 1.3f, 1.3f, gold.Dark);
            sketch.Ellipse(At(35.5f - 0.1f * i, 30.4f + 4.4f * i), 0.9f, 0.9f, new SKColor(0xF6, 0xEE, 0xDA));
        }

        sketch.Ellipse(At(41.6f, 57.3f), 2, 2, gold.Dark);
        sketch.Ellipse(At(41.5f, 57.2f), 1.5f, 1.5f, gold.Light);
        var shift = 2 * (pose.LeftHand - 0.5f);
        figure.Arm(At(35.5f, 33), At(37.4f, 31.5f + shift), At(0.6f, 1));
        figure.Arm(At(14.5f, 33), At(32.6f, 44.5f + shift), At(-1, 1));
        canvas.Restore();
    }

    /// <summary>A pale rim that keeps a dark tube readable against a dark dress.</summary>
    private static void Halo(Sketch sketch, SKPoint from, SKPoint to, float width) =>
        sketch.Line(from, to, new SKColor(0xFF, 0xFF, 0xFF, 0x40), width + 1.6f);

    private static void Keys(Sketch sketch, SKPoint from, SKPoint to, int count, float size, float aside)
    {
        for (var i = 0; i < count; i++)
        {
            var key = Between(from, to, 0.12f + 0.8f * i / (count - 1));
            sketch.Ellipse(At(key.X + (i % 2 == 0 ? aside : -aside), key.Y), size, size, Silver.Body);
        }
    }

    /// <summary>A short band across a tube that runs from <paramref name="from"/> to <paramref name="to"/>.</summary>
    private static void Band(Sketch sketch, SKPoint at, SKPoint from, SKPoint to, float width, SKColor color)
    {
        var length = MathF.Sqrt((to.X - from.X) * (to.X - from.X) + (to.Y - from.Y) * (to.Y - from.Y));
        float x = -(to.Y - from.Y) / length * width / 2, y = (to.X - from.X) / length * width / 2;
        sketch.Line(At(at.X - x, at.Y - y), At(at.X + x, at.Y + y), color, 1.1f);
    }

    /// <summary>A flaring bell from half-width <paramref name="throat"/> to <paramref name="mouth"/>.</summary>
    private static void Bell(Sketch sketch, SKPoint from, SKPoint to, float throat, float mouth, Lustre lustre)
    {
        float dx = to.X - from.X, dy = to.Y - from.Y, length = MathF.Sqrt(dx * dx + dy * dy), ax = -dy / length, ay = dx / length;
        var middle = Between(from, to, 0.6f);
        var waist = throat + 0.3f * (mouth - throat);
        using var path = Curve(true, Offset(from, ax * throat, ay * throat), Offset(middle, ax * waist, ay * waist),
            Offset(to, ax * mouth, ay * mouth),
            Offset(to, -ax * mouth, -ay * mouth), Offset(middle, -ax * waist, -ay * waist), Offset(from, -ax * throat, -ay * throat));
        sketch.Stroke(path, new SKColor(0xFF, 0xFF, 0xFF, 0x58), 1.6f);
        sketch.FillAcross(path, Offset(to, ax * mouth, ay * mouth), Offset(to, -ax * mouth, -ay * mouth), lustre.Dark, lustre.Light,
            lustre.Body, lustre.Dark);
        sketch.Line(Offset(to, ax * mouth * 0.9f, ay * mouth * 0.9f), Offset(to, -ax * mouth * 0.9f, -ay * mouth * 0.9f),
            Silver.Body, 0.9f);
    }

    private static SKPoint Offset(SKPoint point, float x, float y) => At(point.X + x, point.Y + y);
}
