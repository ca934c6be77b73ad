using SkiaSharp;
using static CrossModal.Data.Synthetic.Sketch;

namespace CrossModal.Data.Synthetic;

/// <summary>
/// Violin, viola, cello and double bass. Proportions of the body, in its own length: upper bout 0.47, waist 0.31, lower bout 0.58, nut 0.37
/// and scroll 0.66 above it, which are those of the violin; the double bass has sloping shoulders.
/// </summary>
internal static class BowedStrings
{
    private static readonly Lustre ViolinVarnish = new(new(0x6E, 0x28, 0x0A), new(0xD8, 0x6C, 0x1C), new(0xF4, 0xA4, 0x4C));
    private static readonly Lustre ViolaVarnish = new(new(0x2C, 0x10, 0x08), new(0x66, 0x2C, 0x16), new(0x92, 0x4A, 0x2A));
    private static readonly Lustre CelloVarnish = new(new(0x66, 0x24, 0x0C), new(0xB8, 0x52, 0x1C), new(0xE0, 0x8A, 0x40));
    private static readonly Lustre BassVarnish = new(new(0x40, 0x22, 0x0C), new(0x8A, 0x54, 0x22), new(0xB8, 0x80, 0x40));
    private static readonly SKColor Ebony = new(0x1E, 0x18, 0x18), StringColor = new(0xE8, 0xE2, 0xD4), Spruce = new(0xEC, 0xD0, 0x96);

    public static void Violin(Sketch sketch, PlayerLook look, Pose pose)
    {
        var figure = new Figure(sketch, look, 0.98f);
        SKPoint head = At(25.5f, 18), neck = At(24, 29.5f);
        figure.HairBehind(head);
        figure.Trunk(neck, 68);
        figure.Head(head, neck, 0.45f);
        var axis = new Axis(At(29, 28.5f), -13, 17.5f);
        Instrument(sketch, axis, ViolinVarnish.Shifted(0.06f * look.Finish), 0.86f, false);
        figure.Arm(At(34.5f, 35), axis.OnNeck(pose.LeftHand, 0.1f));
        var contact = axis.Point(0.45f, 0.035f * (1.5f - pose.String));
        BowAndArm(sketch, figure, contact, 128 + 5 * (pose.String - 1.5f), new Bow(24, pose.Stroke), At(12.5f, 34.5f));
    }

    public static void Viola(Sketch sketch, PlayerLook look, Pose pose)
    {
        var figure = new Figure(sketch, look, 0.95f);
        SKPoint head = At(22.5f, 15.5f), neck = At(21.5f, 26.5f);
        figure.HairBehind(head);
        figure.Trunk(neck, 68);
        figure.Head(head, neck, 0.45f);
        var axis = new Axis(At(26.5f, 26), 24, 21.5f);
        figure.Arm(At(32, 32), axis.OnNeck(pose.LeftHand, -0.02f), reach: 1.12f);
        Instrument(sketch, axis, ViolaVarnish.Shifted(0.05f * look.Finish), 0.92f, false);
        figure.Hand(axis.OnNeck(pose.LeftHand, 0.08f));
        var contact = axis.Point(0.45f, 0.035f * (1.5f - pose.String));
        BowAndArm(sketch, figure, contact, 160 + 5 * (pose.String - 1.5f), new Bow(25, pose.Stroke), At(10, 31.5f));
    }

    public static void Cello(Sketch sketch, PlayerLook look, Pose pose, Action lean)
    {
        var figure = new Figure(sketch, look, 0.82f);
        SKPoint head = At(27.5f, 10.5f), neck = At(28.5f, 20), hips = At(29.5f, 45);
        figure.Chair(hips, 66);
        figure.Leg(At(26, 45), At(13.5f, 45.5f), At(14, 66));
        figure.Leg(At(34, 45), At(48, 45.5f), At(47.5f, 66));
        lean();
        figure.HairBehind(head);
        figure.Trunk(neck, 47);
        figure.Head(head, neck, -0.15f);
        var axis = new Axis(At(30.5f, 61.5f), -79, 34);
        Instrument(sketch, axis, CelloVarnish.Shifted(0.06f * look.Finish), 1, false);
        figure.Arm(At(38, 24.5f), axis.OnNeck(pose.LeftHand, 0), At(1, 1), 1.02f);
        var contact = axis.Point(0.46f, 0.03f * (pose.String - 1.5f));
        BowAndArm(sketch, figure, contact, 176 - 6 * (pose.String - 1.5f), new Bow(27, pose.Stroke), At(19, 24.5f));
    }

    public static void DoubleBass(Sketch sketch, PlayerLook look, Pose pose, Action lean)
    {
        var figure = new Figure(sketch, look, 0.66f);
        SKPoint head = At(21, 13.5f), neck = At(21.5f, 21.5f);
        figure.Leg(At(18.5f, 40), At(17, 50), At(15.5f, 62));
        figure.Leg(At(24.5f, 40), At(25.5f, 50), At(25.5f, 62));
        lean();
        figure.HairBehind(head);
        figure.Trunk(neck, 43);
        figure.Head(head, neck, 0.25f);
        var axis = new Axis(At(37.5f, 61), -86, 36);
        sketch.Line(axis.Point(0, 0), axis.Point(-0.05f, 0), new SKColor(0x50, 0x50, 0x58), 1);
        Instrument(sketch, axis, BassVarnish.Shifted(0.06f * look.Finish), 1.05f, true);
        figure.Arm(At(29, 25), axis.OnNeck(pose.LeftHand, 0), At(0.4f, 1));
        var contact = axis.Point(0.42f, 0.025f * (pose.String - 1.5f));
        BowAndArm(sketch, figure, contact, 174 - 5 * (pose.String - 1.5f), new Bow(23, pose.Stroke), At(14.5f, 25));
    }

    /// <summary>A bow of some length, and how much of it has been drawn, 0 to 1.</summary>
    private readonly record struct Bow(float Length, float Stroke);

    /// <summary>
    /// The bow across the strings at <paramref name="contact"/>, and the arm that leads it; <paramref name="degrees"/> points from the
    /// contact towards the hand.
    /// </summary>
    private static void BowAndArm(Sketch sketch, Figure figure, SKPoint contact, float degrees, Bow bow, SKPoint shoulder)
    {
        var (sine, cosine) = MathF.SinCos(degrees * MathF.PI / 180);
        var (length, stroke) = bow;
        var reach = length * (0.1f + 0.78f * stroke);
        var hand = At(contact.X + cosine * reach, contact.Y + sine * reach);
        var tip = At(hand.X - cosine * length, hand.Y - sine * length);
        SKPoint aside = At(0.55f * sine, -0.55f * cosine);
        sketch.Line(At(hand.X + aside.X, hand.Y + aside.Y), At(tip.X + aside.X, tip.Y + aside.Y), new SKColor(0x4A, 0x20, 0x10), 1.15f);
        sketch.Line(At(hand.X - aside.X, hand.Y - aside.Y), At(tip.X - 0.3f * aside.X, tip.Y - 0.3f * aside.Y),
            new SKColor(0xF6, 0xF0, 0xE2), 0.75f);
        figure.Arm(shoulder, hand, At(-0.7f, 1));
        sketch.Line(hand, Between(hand, tip, 0.07f), new SKColor(0x20, 0x18, 0x18), 1.5f);
        figure.Hand(hand);
    }

    /// <summary>
    /// Draws body, neck, scroll and strings. <paramref name="girth"/> is the width relative to a violin's, less when it is seen aslant.
    /// </summary>
    private static void Instrument(Sketch sketch, Axis axis, Lustre varnish, float girth, bool slopingShoulders)
    {
        var canvas = sketch.Canvas;
        canvas.Save();
        canvas.Concat(axis.Matrix);
        using (var neck = Polygon(At(0.97f, 0.05f), At(1.40f, 0.035f), At(1.40f, -0.035f), At(0.97f, -0.05f)))
            sketch.Fill(neck, varnish.Dark);
        using (var pegBox = Curve(false, At(1.37f, 0), At(1.5f, 0.0f), At(1.58f, 0.015f)))
            sketch.Stroke(pegBox, varnish.Dark, 0.085f);
        foreach (var peg in (ReadOnlySpan<float>)[1.44f, 1.53f])
            sketch.Line(At(peg, -0.1f), At(peg, 0.1f), Ebony, 0.035f);
        sketch.Ellipse(At(1.62f, 0.01f), 0.06f, 0.06f, varnish.Body);
        using (var outline = slopingShoulders ? BassOutline(girth) : Outline(girth))
        {
            sketch.Stroke(outline, varnish.Dark, 0.06f);
            sketch.FillAcross(outline, At(0.5f, -0.3f * girth), At(0.5f, 0.3f * girth), varnish.Dark, varnish.Body, varnish.Light,
                varnish.Body, varnish.Dark);
        }

        foreach (var side in (ReadOnlySpan<float>)[-1, 1])
        {
            using var hole = Curve(false, At(0.56f, side * 0.095f * girth), At(0.5f, side * 0.115f * girth),
                At(0.4f, side * 0.125f * girth),
                At(0.33f, side * 0.16f * girth));
            sketch.Stroke(hole, Ebony, 0.03f);
        }

        using (var tailpiece = Polygon(At(0.06f, 0.025f), At(0.32f, 0.05f), At(0.32f, -0.05f), At(0.06f, -0.025f)))
            sketch.Fill(tailpiece, Ebony);
        using (var fingerboard = Polygon(At(0.62f, 0.052f), At(1.37f, 0.034f), At(1.37f, -0.034f), At(0.62f, -0.052f)))
            sketch.Fill(fingerboard, Ebony);
        sketch.Line(At(0.4f, -0.06f), At(0.4f, 0.06f), Spruce, 0.035f);
        for (var i = 0; i < 4; i++)
        {
            var y = (i - 1.5f) * 0.022f;
            sketch.Line(At(0.32f, y), At(1.37f, y * 0.7f), StringColor.WithAlpha(0xB0), 0.008f);
        }

        canvas.Restore();
    }

    private static SKPath Outline(float girth) => Mirrored(girth,
        [(1.0f, 0.05f), (0.985f, 0.14f), (0.92f, 0.215f), (0.82f, 0.235f), (0.72f, 0.205f), (0.63f, 0.158f), (0.52f, 0.152f), (0.43f, 0.2f),
            (0.33f, 0.27f),
            (0.21f, 0.293f), (0.1f, 0.25f), (0.02f, 0.13f)]);

    private static SKPath BassOutline(float girth) => Mirrored(girth,
        [(1.06f, 0.045f), (0.99f, 0.075f), (0.92f, 0.15f), (0.84f, 0.205f), (0.76f, 0.215f), (0.67f, 0.18f), (0.57f, 0.155f),
            (0.47f, 0.19f), (0.36f, 0.27f),
            (0.22f, 0.3f), (0.1f, 0.26f), (0.02f, 0.14f)]);

    private static SKPath Mirrored(float girth, ReadOnlySpan<(float Along, float Across)> half)
    {
        var points = new SKPoint[2 * half.Length + 1];
        for (var i = 0; i < half.Length; i++)
        {
            points[i] = At(half[i].Along, half[i].Across * girth);
            points[^(i + 1)] = At(half[i].Along, -half[i].Across * girth);
        }

        points[half.Length] = At(0, 0);
        return Curve(true, points);
    }

    /// <summary>
    /// Where an instrument lies: its tail, the direction from tail to scroll in degrees (0 to the right, -90 upwards) and the length of its
    /// body.
    /// </summary>
    private readonly record struct Axis(SKPoint Tail, float Degrees, float Length)
    {
        private const float Nut = 1.37f, Bridge = 0.4f;

        public SKMatrix Matrix => SKMatrix.CreateScale(Length, Length)
            .PostConcat(SKMatrix.CreateRotationDegrees(Degrees))
            .PostConcat(SKMatrix.CreateTranslation(Tail.X, Tail.Y));

        public SKPoint Point(float along, float across) => Matrix.MapPoint(along, across);

        /// <summary>The place on the string that is <paramref name="fraction"/> of its length from the nut, a little aside of it.</summary>
        public SKPoint OnNeck(float fraction, float across) => Point(Nut - 0.05f - fraction * (Nut - Bridge) * 0.8f, across);
    }
}
