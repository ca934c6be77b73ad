using SkiaSharp;
using static CrossModal.Data.Synthetic.Sketch;

namespace CrossModal.Data.Synthetic;

/// <summary>
/// Draws a player piece by piece; a scene puts its instrument between the pieces. Sizes are those of a close-up (head, trunk and arms fill
/// the frame) times <see cref="Scale"/>.
/// </summary>
internal sealed class Figure(Sketch sketch, PlayerLook look, float scale)
{
    public float Scale { get; } = scale;

    private SKColor Trousers => Lustre.Shade(look.Dress, -0.45f);

    private SKColor Shadow(SKColor color) => Lustre.Shade(color, -0.22f);

    /// <summary>Trunk from the shoulders at <paramref name="neck"/> down to <paramref name="bottom"/>, with the dress' front.</summary>
    public void Trunk(SKPoint neck, float bottom)
    {
        var s = Scale;
        float x = neck.X, y = neck.Y;
        using var body = Curve(true, At(x - 3 * s, y - 0.5f * s), At(x - 10 * s, y + 2.2f * s), At(x - 13 * s, y + 6 * s),
            At(x - 11.2f * s, y + 18 * s),
            At(x - 10.5f * s, bottom),
            At(x + 10.5f * s, bottom), At(x + 11.2f * s, y + 18 * s), At(x + 13 * s, y + 6 * s), At(x + 10 * s, y + 2.2f * s),
                At(x + 3 * s, y - 0.5f * s));
        sketch.FillAcross(body, At(x - 13 * s, y), At(x + 13 * s, y), Lustre.Shade(look.Dress, 0.12f), look.Dress, Shadow(look.Dress));
        switch (look.DressStyle)
        {
            case DressStyle.Suit:
                using (var shirt = Polygon(At(x - 3.6f * s, y - 0.5f * s), At(x + 3.6f * s, y - 0.5f * s), At(x, y + 13 * s)))
                    sketch.Fill(shirt, look.Accent);
                using (var bow = Polygon(At(x - 2.4f * s, y), At(x + 2.4f * s, y + 2.4f * s), At(x + 2.4f * s, y),
                    At(x - 2.4f * s, y + 2.4f * s)))
                    sketch.Fill(bow, Lustre.Shade(look.Dress, -0.6f));
                break;
            case DressStyle.Blouse:
                using (var opening = Polygon(At(x - 4 * s, y - 0.5f * s), At(x + 4 * s, y - 0.5f * s), At(x, y + 6.5f * s)))
                    sketch.Fill(opening, look.Skin);
                break;
            case DressStyle.Plain:
                sketch.Ellipse(At(x, y), 4.2f * s, 2.4f * s, look.Skin);
                break;
            default:
                sketch.Line(At(x, y + 2 * s), At(x, bottom), Shadow(look.Dress), 0.7f * s);
                using (var collar = Polygon(At(x - 4 * s, y - s), At(x, y + 2.6f * s), At(x + 4 * s, y - s), At(x + 3.4f * s, y + 3.2f * s),
                    At(x, y + 2.8f * s), At(x - 3.4f * s, y + 3.2f * s)))
                    sketch.Fill(collar, Lustre.Shade(look.Dress, 0.35f));
                break;
        }
    }

    /// <summary>The hair that falls behind neck and shoulders; drawn before the trunk.</summary>
    public void HairBehind(SKPoint head)
    {
        var s = Scale;
        if (look.HairStyle == HairStyle.Long)
        {
            using var fall = Curve(true, At(head.X, head.Y - 8 * s), At(head.X + 7.4f * s, head.Y - 2 * s),
                At(head.X + 7.6f * s, head.Y + 8 * s),
                At(head.X + 5 * s, head.Y + 13 * s),
                At(head.X - 5 * s, head.Y + 13 * s), At(head.X - 7.6f * s, head.Y + 8 * s), At(head.X - 7.4f * s, head.Y - 2 * s));
            sketch.Fill(fall, Shadow(look.Hair));
        }
        else if (look.HairStyle == HairStyle.Bun)
        {
            sketch.Ellipse(At(head.X, head.Y - 8.6f * s), 3.4f * s, 3 * s, Shadow(look.Hair));
        }
        else if (look.HairStyle == HairStyle.Curly)
        {
            sketch.Ellipse(At(head.X, head.Y - 1.5f * s), 8 * s, 8.2f * s, Shadow(look.Hair));
        }
    }

    /// <summary>
    /// Neck, head, face and hair. <paramref name="turn"/> is -1 for a player who looks far to the left of the picture, 1 far to the right.
    /// </summary>
    public void Head(SKPoint head, SKPoint neck, float turn)
    {
        var s = Scale;
        sketch.Line(At(head.X, head.Y + 4 * s), At(neck.X, neck.Y + 0.5f * s), Shadow(look.Skin), 5.4f * s);
        float x = head.X, y = head.Y, aside = 2.3f * turn * s;
        var ear = Shadow(look.Skin);
        if (turn < 0.5f)
            sketch.Ellipse(At(x + (5.6f - Math.Max(0, -turn) * 3) * s, y + 0.6f * s), 1.1f * s, 1.7f * s, ear);
        if (turn > -0.5f)
            sketch.Ellipse(At(x - (5.6f - Math.Max(0, turn) * 3) * s, y + 0.6f * s), 1.1f * s, 1.7f * s, ear);
        using (var face = Curve(true, At(x, y - 7.2f * s), At(x + 5.4f * s, y - 3 * s), At(x + 5 * s + 0.3f * aside, y + 3 * s),
            At(x + 0.5f * aside, y + 7.4f * s),
            At(x - 5 * s + 0.3f * aside, y + 3 * s), At(x - 5.4f * s, y - 3 * s)))
            sketch.FillAcross(face, At(x - 6 * s, y), At(x + 6 * s, y), Lustre.Shade(look.Skin, 0.1f), look.Skin, Shadow(look.Skin));

        var feature = Lustre.Shade(look.Skin, -0.68f);
        foreach (var side in (ReadOnlySpan<float>)[-1, 1])
        {
            var eye = At(x + aside + side * 2.3f * s * (1 - 0.25f * Math.Abs(turn)), y + 0.2f * s);
            sketch.Ellipse(eye, 0.85f * s, 0.75f * s, feature);
            sketch.Line(At(eye.X - 1.2f * s, eye.Y - 1.9f * s), At(eye.X + 1.2f * s, eye.Y - 1.9f * s), Lustre.Shade(look.Hair, -0.2f),
                0.6f * s);
            if (look.Glasses)
                sketch.Ring(eye, 1.7f * s, 1.5f * s, new SKColor(0x30, 0x30, 0x38), 0.5f * s);
        }

        sketch.Line(At(x + 1.4f * aside, y + 1.2f * s), At(x + 1.5f * aside, y + 2.8f * s), Shadow(look.Skin), 0.9f * s);
        if (look.Beard)
        {
            using var beard = Curve(true, At(x - 4.6f * s + 0.4f * aside, y + 2.6f * s), At(x + aside, y + 4 * s),
                At(x + 4.6f * s + 0.4f * aside, y + 2.6f * s),
                At(x + 3 * s + 0.5f * aside, y + 6.6f * s), At(x + 0.5f * aside, y + 8.2f * s), At(x - 3 * s + 0.5f * aside, y + 6.6f * s));
            sketch.Fill(beard, look.Hair);
        }

        sketch.Line(At(x + aside - 1.3f * s, y + 4.9f * s), At(x + aside + 1.3f * s, y + 4.9f * s), new SKColor(0x9A, 0x48, 0x44),
            0.9f * s);
        HairInFront(head, turn);
    }

    private void HairInFront(SKPoint head, float turn)
    {
        var s = Scale;
        float x = head.X, y = head.Y;
        var low = look.HairStyle switch { HairStyle.Long => 4, HairStyle.Curly => 1, HairStyle.Bun => -0.5f, _ => -0.5f };
        var part = -turn * 2 * s;
        using var cap = Curve(true, At(x - 6 * s, y + low * s), At(x - 6.3f * s, y - 4 * s), At(x, y - 8.6f * s),
            At(x + 6.3f * s, y - 4 * s),
            At(x + 6 * s, y + low * s),
            At(x + 4.6f * s, y - 2.4f * s), At(x + 1.5f * s - part, y - 4.6f * s), At(x - 4.6f * s, y - 2.4f * s));
        sketch.FillAcross(cap, At(x - 6 * s, y - 6 * s), At(x + 6 * s, y), Lustre.Shade(look.Hair, 0.16f), look.Hair, Shadow(look.Hair));
    }

    /// <summary>
    /// An arm from shoulder to hand, its elbow found so that upper arm and forearm keep their lengths, on the side that lies more towards
    /// <paramref name="elbowTowards"/> (a direction; downwards if none is given). An arm bent far is one seen from the front, and is drawn
    /// foreshortened.
    /// </summary>
    public void Arm(SKPoint shoulder, SKPoint hand, SKPoint? elbowTowards = null, float reach = 1)
    {
        var s = Scale;
        var towards = elbowTowards ?? At(0, 1);
        float dx = hand.X - shoulder.X, dy = hand.Y - shoulder.Y, length = MathF.Sqrt(dx * dx + dy * dy) + 1e-3f;
        var extent = 24.5f * s * reach;
        extent *= Math.Clamp(1.3f * length / extent, 0.55f, 1);
        float upper = 0.51f * extent, fore = 0.49f * extent;
        var distance = Math.Min(length, extent - 0.05f);
        var along = (upper * upper - fore * fore + distance * distance) / (2 * distance);
        var across = MathF.Sqrt(Math.Max(0, upper * upper - along * along));
        if (-dy * towards.X + dx * towards.Y < 0)
            across = -across;
        var elbow = At(shoulder.X + (dx * along - dy * across) / length, shoulder.Y + (dy * along + dx * across) / length);
        using var sleeve = Polyline(shoulder, elbow, Between(elbow, hand, 0.86f));
        sketch.Stroke(sleeve, Lustre.Shade(look.Dress, -0.42f), 6.1f * s);
        sketch.Stroke(sleeve, Lustre.Shade(look.Dress, 0.05f), 5 * s);
        sketch.Line(Between(elbow, hand, 0.9f), hand, look.Skin, 2.8f * s);
        Hand(hand);
    }

    public void Hand(SKPoint at)
    {
        sketch.Ellipse(at, 2.5f * Scale, 2.3f * Scale, Shadow(look.Skin));
        sketch.Ellipse(At(at.X - 0.2f * Scale, at.Y - 0.2f * Scale), 2.1f * Scale, 1.9f * Scale, look.Skin);
    }

    /// <summary>Back, seat and legs of a chair under a player whose hips are at <paramref name="hips"/>.</summary>
    public void Chair(SKPoint hips, float floor)
    {
        var s = Scale;
        var wood = new Lustre(Lustre.Shade(look.Chair, -0.4f), look.Chair, Lustre.Shade(look.Chair, 0.25f));
        sketch.Rectangle(hips.X - 11 * s, hips.Y - 19 * s, hips.X + 11 * s, hips.Y - 8 * s, 2 * s, wood.Dark);
        sketch.Rectangle(hips.X - 10.2f * s, hips.Y - 18.2f * s, hips.X + 10.2f * s, hips.Y - 8.8f * s, 1.6f * s, wood.Body);
        foreach (var side in (ReadOnlySpan<float>)[-1, 1])
        {
            sketch.Line(At(hips.X + side * 10.5f * s, hips.Y - 12 * s), At(hips.X + side * 10.5f * s, hips.Y + 2 * s), wood.Dark, 1.8f * s);
            sketch.Line(At(hips.X + side * 10.5f * s, hips.Y + 2 * s), At(hips.X + side * 11.5f * s, floor), wood.Dark, 1.8f * s);
        }

        sketch.Rectangle(hips.X - 12 * s, hips.Y + 0.5f * s, hips.X + 12 * s, hips.Y + 4 * s, 1.2f * s, wood.Body);
    }

    /// <summary>A leg from the hip over the knee to the foot.</summary>
    public void Leg(SKPoint hip, SKPoint knee, SKPoint foot)
    {
        var s = Scale;
        using var leg = Polyline(hip, knee, foot);
        sketch.Stroke(leg, Lustre.Shade(Trousers, -0.45f), 7.6f * s);
        sketch.Stroke(leg, Trousers, 6.4f * s);
        sketch.Line(At(foot.X - 0.8f * s, foot.Y), At(foot.X + 0.8f * s + Math.Sign(foot.X - hip.X) * 1.6f * s, foot.Y + 0.4f * s),
            new SKColor(0x22, 0x1E, 0x20), 4.4f * s);
    }

    private static SKPath Polyline(SKPoint a, SKPoint b, SKPoint c)
    {
        var path = new SKPath();
        path.MoveTo(a);
        path.LineTo(b);
        path.LineTo(c);
        return path;
    }
}
