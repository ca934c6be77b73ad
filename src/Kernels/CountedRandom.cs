namespace CrossModal.Kernels;

/// <summary>
/// Random numbers for the host, counted: the generator Philox 4x32-10 (Salmon et al., SC 2011). Its whole state is (<see cref="Seed"/>,
/// <see cref="Stream"/>, <see cref="Position"/>), so it can be written into a checkpoint and continued.
/// </summary>
public sealed class CountedRandom(ulong seed, ulong stream = 0, ulong position = 0)
{
    /// <summary>The key.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>Which of the seed's sequences, all of them independent of each other.</summary>
    public ulong Stream { get; } = stream;

    /// <summary>How many 32-bit words were drawn so far.</summary>
    public ulong Position { get; private set; } = position;

    /// <summary>The next word, all of its bits random.</summary>
    public uint NextBits()
    {
        var (a, b, c, d) = Philox.Block(Seed, Position >> 2, Stream);
        return (Position++ & 3) switch { 0 => a, 1 => b, 2 => c, _ => d };
    }

    /// <summary>Uniform in (0, 1).</summary>
    public float NextUniform() => Philox.ToUniform(NextBits());

    /// <summary>
    /// Uniform in (<paramref name="low"/>, <paramref name="high"/>), neither of them included where float32 has a number between.
    /// </summary>
    public float NextUniform(float low, float high)
    {
        // Near an end that is larger than the step of the numbers in (0, 1), the sum is rounded to the end itself.
        var value = low + (high - low) * NextUniform();
        var (least, most) = (MathF.BitIncrement(low), MathF.BitDecrement(high));
        return least <= most ? Math.Clamp(value, least, most) : value;
    }

    /// <summary>
    /// Uniform integer in [0, <paramref name="bound"/>), without modulo bias worth speaking of (multiply-shift of 32 bits).
    /// </summary>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (int)(((ulong)NextBits() * (ulong)bound) >> 32);
    }

    /// <summary>Standard normal, by Box and Muller's transform; two words a number.</summary>
    public float NextNormal()
    {
        var radius = MathF.Sqrt(-2f * MathF.Log(NextUniform()));
        return radius * MathF.Cos(2f * MathF.PI * NextUniform());
    }

    /// <summary>Fisher and Yates' shuffle, in place.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
