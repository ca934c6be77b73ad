using CrossModal.Evaluation.Metrics;

namespace CrossModal.Tests.Evaluation.Metrics;

public sealed class TwoSampleHalvesTests
{
    /// <summary>
    /// Ten songs of six moments for each of three classes, as the built-in data have them, the half of them by one player.
    /// </summary>
    [Fact]
    public void PairsStandTogetherAndPlayersOnOneSide()
    {
        var (classes, players) = (new int[180], new int[180]);
        for (var i = 0; i < classes.Length; i++)
        {
            var (label, song) = (i / 60, i / 6);
            (classes[i], players[i]) = (label, 100 * label + (song % 2 == 0 ? 99 : song % 10));
        }

        var samples = new GroupedSamples(classes, players);
        var (first, second) = TwoSampleHalves.Divide(samples, samples, paired: true, seed: 3)!.Value;
        Assert.Same(first.Generated, first.Real);
        Assert.Same(second.Generated, second.Real);
        Assert.Equal(Enumerable.Range(0, 180), first.Generated.Concat(second.Generated).Order());
        Assert.Empty(first.Generated.Select(i => players[i]).Intersect(second.Generated.Select(i => players[i])));
        foreach (var label in new[] { 0, 1, 2 })
            Assert.Equal(30, first.Generated.Count(i => classes[i] == label));

        var again = TwoSampleHalves.Divide(samples, samples, paired: true, seed: 3)!.Value;
        Assert.Equal(first.Generated, again.First.Generated);
        Assert.Contains(Enumerable.Range(4, 8), seed =>
            !TwoSampleHalves.Divide(samples, samples, true, (ulong)seed)!.Value.First.Generated.SequenceEqual(first.Generated));
    }

    /// <summary>Where songs cannot be divided evenly, classes make up for each other.</summary>
    [Fact]
    public void HalvesAreAsEvenAsGroupsAllow()
    {
        int[] classes = [.. Enumerable.Range(0, 80).Select(i => i / 20)];
        var samples = new GroupedSamples(classes, classes);
        var (first, second) = TwoSampleHalves.Divide(samples, samples, paired: true, seed: 1)!.Value;
        Assert.Equal((40, 40), (first.Generated.Length, second.Generated.Length));
        Assert.Empty(first.Generated.Select(i => classes[i]).Intersect(second.Generated.Select(i => classes[i])));
    }

    /// <summary>Sounds and photographs that belong together by class only: there are other numbers of them, and of each class.</summary>
    [Fact]
    public void NeitherKindHasMoreOfAClass()
    {
        var generated = new GroupedSamples([.. Enumerable.Range(0, 90).Select(i => i < 60 ? 0 : 1)], [.. Enumerable.Range(0, 90)
            .Select(i => i / 5)]);
        var real = new GroupedSamples([.. Enumerable.Range(0, 75).Select(i => i < 25 ? 0 : 1)], [.. Enumerable.Range(0, 75)]);
        var halves = TwoSampleHalves.Divide(generated, real, paired: false, seed: 5)!.Value;
        foreach (var half in new[] { halves.First, halves.Second })
        {
            Assert.Equal(half.Generated.Length, half.Real.Length);
            Assert.Equal(half.Generated.Select(i => generated.Classes[i]).Order(), half.Real.Select(i => real.Classes[i]).Order());
            Assert.InRange(half.Generated.Count(i => generated.Classes[i] == 0), 12, 13);
            Assert.InRange(half.Generated.Count(i => generated.Classes[i] == 1), 15, 15);
            Assert.Equal(half.Generated.Length, half.Generated.Distinct().Count());
        }

        Assert.Empty(halves.First.Generated.Select(i => generated.Groups[i]).Intersect(
            halves.Second.Generated.Select(i => generated.Groups[i])));
        Assert.Empty(halves.First.Real.Intersect(halves.Second.Real));
    }

    [Fact]
    public void FewSamplesHaveNoHalves()
    {
        Assert.NotNull(Divide(2 * TwoSampleHalves.Least, i => i));
        Assert.Null(Divide(2 * TwoSampleHalves.Least - 1, i => i));
        Assert.Null(Divide(1000, _ => 0));
        Assert.Throws<ArgumentException>(() => TwoSampleHalves.Divide(Of(40, i => i), Of(41, i => i), paired: true, seed: 1));
        Assert.Throws<ArgumentException>(() => new GroupedSamples([1, 2], [1]));

        static (TwoSampleHalf, TwoSampleHalf)? Divide(int count, Func<int, int> group) =>
            TwoSampleHalves.Divide(Of(count, group), Of(count, group), paired: true, seed: 1);

        static GroupedSamples Of(int count, Func<int, int> group) => new(new int[count], [.. Enumerable.Range(0, count).Select(group)]);
    }
}
