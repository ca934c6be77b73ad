using CrossModal.Kernels;
using SkiaSharp;

namespace CrossModal.Data.Synthetic;

internal enum HairStyle { Short, Long, Bun, Curly }

internal enum DressStyle { Suit, Blouse, Plain, Shirt }

/// <summary>How a player looks and how the camera stands. The same player looks the same in every song.</summary>
internal sealed record PlayerLook
{
    public required SKColor Skin { get; init; }

    public required SKColor Hair { get; init; }

    public required HairStyle HairStyle { get; init; }

    public required SKColor Dress { get; init; }

    public required SKColor Accent { get; init; }

    public required DressStyle DressStyle { get; init; }

    public required SKColor Chair { get; init; }

    public required SKColor BackdropLight { get; init; }

    public required SKColor BackdropDark { get; init; }

    public required bool Glasses { get; init; }

    public required bool Beard { get; init; }

    /// <summary>Size in the frame, near 1.</summary>
    public required float Zoom { get; init; }

    /// <summary>Shift of the frame in scene units.</summary>
    public required SKPoint Shift { get; init; }

    /// <summary>Shade of this player's instrument, -1 darker to 1 lighter.</summary>
    public required float Finish { get; init; }

    private static readonly SKColor[] Skins = [new(0xF3, 0xCF, 0xB3), new(0xE2, 0xB0, 0x8A), new(0xB9, 0x80, 0x58), new(0x84, 0x55, 0x38)];
    private static readonly SKColor[] Hairs = [new(0x2A, 0x20, 0x1C), new(0x5B, 0x3A, 0x22), new(0xC9, 0x9A, 0x52), new(0x9A, 0x98, 0x96)];
    private static readonly SKColor[] Chairs = [new(0x3A, 0x3A, 0x40), new(0x6A, 0x3F, 0x2A), new(0x7A, 0x2C, 0x30), new(0x55, 0x62, 0x70)];

    private static readonly SKColor[] Dresses =
    [
        new(0x2E, 0x3F, 0x66), new(0x7C, 0x2B, 0x3A), new(0x2F, 0x66, 0x60), new(0x5C, 0x5F, 0x68),
        new(0x6A, 0x46, 0x78), new(0x4E, 0x7A, 0xA8), new(0x5A, 0x6B, 0x3A), new(0xD8, 0xD2, 0xC6),
    ];

    /// <summary>Backdrops: the lit middle and the darker rim.</summary>
    private static readonly (SKColor Light, SKColor Dark)[] Backdrops =
    [
        (new(0xE6, 0xDE, 0xD0), new(0xB4, 0xA6, 0x94)),
        (new(0xC4, 0xD3, 0xDE), new(0x86, 0x9C, 0xB0)),
        (new(0xCB, 0xD8, 0xC4), new(0x90, 0xA4, 0x8C)),
        (new(0xDD, 0xC9, 0xCC), new(0xA8, 0x8C, 0x96)),
    ];

    /// <summary>
    /// The look of a player. Within an instrument the players of training share out dresses, backdrops and the rest evenly, in a seeded
    /// order, so that none of them tells the instrument; the held-out player is a new combination of them.
    /// </summary>
    public static PlayerLook Of(ulong seed, int instrument, int player)
    {
        var own = Streams.Open(seed, Streams.Looks, instrument, player);
        var backdrop = Backdrops[Deal(seed, instrument, 0, player, Backdrops.Length)];
        var style = (HairStyle)Deal(seed, instrument, 3, player, 4);
        var dressStyle = (DressStyle)Deal(seed, instrument, 4, player, 4);
        return new PlayerLook
        {
            BackdropLight = Jitter(backdrop.Light, own, 6),
            BackdropDark = Jitter(backdrop.Dark, own, 6),
            Dress = Jitter(Dresses[Deal(seed, instrument, 1, player, Dresses.Length)], own, 10),
            Skin = Jitter(Skins[Deal(seed, instrument, 2, player, Skins.Length)], own, 6),
            HairStyle = style,
            DressStyle = dressStyle,
            Hair = Jitter(Hairs[Deal(seed, instrument, 5, player, Hairs.Length)], own, 8),
            Chair = Chairs[Deal(seed, instrument, 6, player, Chairs.Length)],
            Accent = dressStyle == DressStyle.Suit ? new SKColor(0xF2, 0xF0, 0xEA) : Jitter(new SKColor(0xE4, 0xDC, 0xD0), own, 12),
            Glasses = own.NextUniform() < 0.25f,
            Beard = style == HairStyle.Short && own.NextUniform() < 0.35f,
            Zoom = own.NextUniform(0.97f, 1.03f),
            Shift = new SKPoint(own.NextUniform(-1.2f, 1.2f), own.NextUniform(-0.8f, 0.8f)),
            Finish = own.NextUniform(-1, 1),
        };
    }

    /// <summary>Which of <paramref name="count"/> kinds a player gets: each kind equally often among the players of training.</summary>
    private static int Deal(ulong seed, int instrument, int attribute, int player, int count)
    {
        var random = Streams.Open(seed, Streams.Palette, instrument, attribute);
        Span<int> hand = stackalloc int[DatasetPlan.TrainPlayers];
        for (var i = 0; i < hand.Length; i++)
            hand[i] = i % count;
        random.Shuffle(hand);
        return player < hand.Length ? hand[player] : hand[random.NextInt(hand.Length)];
    }

    private static SKColor Jitter(SKColor color, CountedRandom random, int by)
    {
        return new SKColor(Channel(color.Red), Channel(color.Green), Channel(color.Blue));

        byte Channel(byte value) => (byte)Math.Clamp(value + random.NextInt(2 * by + 1) - by, 0, 255);
    }
}
