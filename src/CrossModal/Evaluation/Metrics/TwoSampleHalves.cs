using CrossModal.Kernels;

namespace CrossModal.Evaluation.Metrics;

/// <summary>What samples are of.</summary>
/// <param name="Classes">The class of each.</param>
/// <param name="Groups">The player or song of each, a number of its own over all classes: those of one group look alike.</param>
internal sealed record GroupedSamples(int[] Classes, int[] Groups)
{
    public int Count { get; } = Classes.Length == Groups.Length ? Classes.Length
        : throw new ArgumentException($"{Classes.Length} classes, but {Groups.Length} groups", nameof(Groups));
}

/// <summary>One of two halves: the generated and the real samples in it, as many of the one as of the other in each class.</summary>
internal sealed record TwoSampleHalf(int[] Generated, int[] Real)
{
    public int Count => Generated.Length + Real.Length;
}

/// <summary>
/// Divides generated and real samples into two halves for the two-sample test, so that all that can be told is which is which: no group
/// stands on both sides, and neither kind has more samples of a class than the other.
/// </summary>
internal static class TwoSampleHalves
{
    /// <summary>A half with fewer generated samples teaches nothing.</summary>
    public const int Least = 16;

    /// <param name="paired">
    /// Whether generated sample i and real sample i are of the same moment: they then stand in the same half. Else the two kinds have no
    /// group in common, and each is divided by itself.
    /// </param>
    /// <returns>Null where a half would have fewer than <see cref="Least"/> of each.</returns>
    public static (TwoSampleHalf First, TwoSampleHalf Second)? Divide(GroupedSamples generated, GroupedSamples real, bool paired,
        ulong seed)
    {
        if (paired && generated.Count != real.Count)
            throw new ArgumentException($"{generated.Count} samples cannot be paired one to one with {real.Count}", nameof(paired));
        var random = new CountedRandom(seed, RandomStreams.TwoSampleHalves);
        var sides = InSecond(generated, random);
        var realSides = paired ? sides : InSecond(real, random);
        var (first, second) = (Half(false), Half(true));
        return Math.Min(first.Generated.Length, second.Generated.Length) < Least ? null : (first, second);

        TwoSampleHalf Half(bool inSecond)
        {
            var (made, found) = (ByClass(generated, sides, inSecond), ByClass(real, realSides, inSecond));
            return paired ? new TwoSampleHalf(made.Samples, made.Samples)
                : new TwoSampleHalf(Even(made.Classes, found.Classes), Even(found.Classes, made.Classes));
        }
    }

    /// <summary>Group by group, the largest first, each to the side that has fewer of its class, or fewer of all, or to either.</summary>
    private static bool[] InSecond(GroupedSamples samples, CountedRandom random)
    {
        var sides = new bool[samples.Count];
        var ahead = 0;
        foreach (var ofClass in Enumerable.Range(0, samples.Count).GroupBy(i => samples.Classes[i]).OrderBy(ofClass => ofClass.Key))
        {
            int[][] groups = [.. ofClass.GroupBy(i => samples.Groups[i]).Select(group => group.ToArray())];
            random.Shuffle<int[]>(groups);
            var aheadInClass = 0;
            foreach (var group in groups.OrderByDescending(group => group.Length))
            {
                var lead = aheadInClass != 0 ? aheadInClass : ahead;
                var inSecond = lead != 0 ? lead > 0 : random.NextInt(2) == 1;
                foreach (var i in group)
                    sides[i] = inSecond;
                aheadInClass += inSecond ? -group.Length : group.Length;
                ahead += inSecond ? -group.Length : group.Length;
            }
        }

        return sides;
    }

    private static (int[] Samples, ILookup<int, int> Classes) ByClass(GroupedSamples samples, bool[] sides, bool side)
    {
        int[] chosen = [.. Enumerable.Range(0, samples.Count).Where(i => sides[i] == side)];
        return (chosen, chosen.ToLookup(i => samples.Classes[i]));
    }

    /// <summary>Of each class no more than the others have of it, evenly spread.</summary>
    private static int[] Even(ILookup<int, int> samples, ILookup<int, int> others) =>
        [.. samples.OrderBy(ofClass => ofClass.Key).SelectMany(ofClass =>
        {
            var (all, most) = (ofClass.ToArray(), Math.Min(ofClass.Count(), others[ofClass.Key].Count()));
            return Enumerable.Range(0, most).Select(k => all[(int)((long)k * all.Length / most)]);
        })];
}
