using CrossModal.Kernels;

namespace CrossModal.Kernels.Tests;

public class PhiloxTests
{
    /// <summary>The known answers of Random123's kat_vectors file for philox4x32-10 (Salmon et al., version 1.14).</summary>
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u,
        0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u,
        0x24126ea1u)]
    public void MatchesTheKnownAnswers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3)
    {
        var block = Philox.Block(k0 | (ulong)k1 << 32, c0 | (ulong)c1 << 32, c2 | (ulong)c3 << 32);
        Assert.Equal((r0, r1, r2, r3), block);
    }

    [Fact]
    public void UniformNumbersStayInsideTheOpenInterval()
    {
        Assert.InRange(Philox.ToUniform(0), float.Epsilon, 1e-7f);
        Assert.InRange(Philox.ToUniform(uint.MaxValue), 1 - 1e-7f, MathF.BitDecrement(1));
    }

    /// <summary>Where an interval holds three numbers beside its ends, every other draw would be rounded to an end.</summary>
    [Fact]
    public void AnIntervalOfTheCallersIsOpenToo()
    {
        var random = new CountedRandom(3);
        var (low, high) = (1000f, 1000 + 4 * (MathF.BitIncrement(1000) - 1000));
        for (var i = 0; i < 200; i++)
            Assert.InRange(random.NextUniform(low, high), MathF.BitIncrement(low), MathF.BitDecrement(high));

        // Elsewhere the numbers are those of the formula, and an interval with nothing inside gives what it has.
        var (drawn, formula) = (new CountedRandom(4), new CountedRandom(4));
        for (var i = 0; i < 1000; i++)
            Assert.Equal(-1 + 4 * formula.NextUniform(), drawn.NextUniform(-1, 3));
        Assert.Equal(7, drawn.NextUniform(7, 7));
    }
}
