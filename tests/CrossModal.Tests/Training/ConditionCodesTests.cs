using CrossModal.Training;

namespace CrossModal.Tests.Training;

public sealed class ConditionCodesTests
{
    /// <summary>
    /// Two classes far apart: beside the class, each number is left with mean 0, and with a deviation of nearly 1 where it changes at all.
    /// </summary>
    [Fact]
    public void WhatCodesSayBesideTheirClassHasNoClassInIt()
    {
        float[] values = [10, 5, 12, 5, 14, 5, -3, 0.25f, -3, 0.75f];
        var codes = new ConditionCodes(5, 2, values, [1, 1, 1, 0, 0], ["a", "b", "c", "d", "e"]);
        var within = codes.WithinClasses();
        var deviation = Math.Sqrt(8.0 / 3) + 0.02;
        float[] expected = [(float)(-2 / deviation), 0, 0, 0, (float)(2 / deviation), 0, 0, (float)(-0.25 / 0.27), 0, (float)(0.25 / 0.27)];
        Assert.Equal(expected.Length, within.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], within[i], 1e-6f);
        Assert.Equal([10, 5, 12, 5, 14, 5, -3, 0.25f, -3, 0.75f], values);
    }

    [Fact]
    public void SpreadTakesEverySoManyth()
    {
        var codes = new ConditionCodes(10, 1, new float[10], new int[10], new string[10]);
        Assert.Equal([0, 2, 5, 7], codes.Spread(4));
        Assert.Equal(Enumerable.Range(0, 10), codes.Spread(10));
    }
}
