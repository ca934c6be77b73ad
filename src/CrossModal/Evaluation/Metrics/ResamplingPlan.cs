using CrossModal.Kernels;

namespace CrossModal.Evaluation.Metrics;

/// <summary>
/// How generated and real samples are drawn again for a distance between the two sets: in units (songs where they are known), of which each
/// gets a weight. Where both sets are of the same songs, a song is drawn for both at once. More than <see cref="MostUnits"/> units are
/// thrown together at random into so many groups: groups of independent samples are independent too.
/// </summary>
internal sealed class ResamplingPlan
{
    /// <summary>Beyond so many, more units make the bootstrap slower and no better.</summary>
    public const int MostUnits = 256;


    private readonly ulong _seed;
    private readonly int[] _generatedSizes, _realSizes;

    /// <param name="generated">How many generated samples there are.</param>
    /// <param name="song">The song of each generated sample; null where samples are independent.</param>
    /// <param name="real">How many real samples there are.</param>
    /// <param name="realSong">The song of each real sample, numbered as in <paramref name="song"/>; null where samples are
    /// independent.</param>
    public ResamplingPlan(int generated, int[]? song, int real, int[]? realSong, ulong seed)
    {
        _seed = seed;
        Joint = song is not null && realSong is not null;
        if (Joint)
        {
            var all = Dense([.. song!, .. realSong!], seed);
            (GeneratedUnit, RealUnit) = (all[..generated], all[generated..]);
        }
        else
        {
            (GeneratedUnit, RealUnit) =
                (Dense(song ?? [.. Enumerable.Range(0, generated)], seed), Dense(realSong ?? [.. Enumerable.Range(0, real)], seed));
        }

        if (GeneratedUnit.Length != generated || RealUnit.Length != real)
            throw new ArgumentException($"{generated} and {real} samples, but songs of {GeneratedUnit.Length} and {RealUnit.Length}");
        var units = (Generated: Count(GeneratedUnit), Real: Count(RealUnit));
        if (Joint)
            units = (Math.Max(units.Generated, units.Real), Math.Max(units.Generated, units.Real));
        (_generatedSizes, _realSizes) = (Sizes(GeneratedUnit, units.Generated), Sizes(RealUnit, units.Real));
    }

    /// <summary>Whether the same units are drawn for both sets.</summary>
    public bool Joint { get; }

    /// <summary>The unit of each generated sample.</summary>
    public int[] GeneratedUnit { get; }

    /// <summary>The unit of each real sample.</summary>
    public int[] RealUnit { get; }

    /// <summary>How many generated samples each unit has.</summary>
    public ReadOnlySpan<int> GeneratedSizes => _generatedSizes;

    /// <summary>How many real samples each unit has.</summary>
    public ReadOnlySpan<int> RealSizes => _realSizes;

    /// <summary>
    /// How often each unit was drawn. Draws that leave fewer than two different samples of a set, of which no distance can be said, are
    /// drawn anew.
    /// </summary>
    public (int[] Generated, int[] Real) Weights(int resample)
    {
        var random = Bootstrap.Random(_seed, resample);
        while (true)
        {
            var generated = Draw(random, _generatedSizes.Length);
            var real = Joint ? generated : Draw(random, _realSizes.Length);
            if (Different(generated, _generatedSizes) > 1 && Different(real, _realSizes) > 1)
                return (generated, real);
        }
    }

    /// <summary>What is not drawn again: every unit once.</summary>
    public (int[] Generated, int[] Real) Once() => (Ones(_generatedSizes.Length), Ones(_realSizes.Length));

    /// <summary>
    /// The real units in two halves, drawn by the seed and as even in samples as units allow: 1 in the one or in the other. Null if a half
    /// would have fewer than two samples.
    /// </summary>
    public (int[] First, int[] Second)? RealHalves()
    {
        int[] order = [.. Enumerable.Range(0, _realSizes.Length)];
        new CountedRandom(_seed, RandomStreams.RealHalves).Shuffle<int>(order);
        var (first, second, ahead) = (new int[order.Length], new int[order.Length], 0);
        foreach (var u in order.OrderByDescending(u => _realSizes[u]))
        {
            (ahead > 0 ? second : first)[u] = 1;
            ahead += ahead > 0 ? -_realSizes[u] : _realSizes[u];
        }

        return Different(first, _realSizes) > 1 && Different(second, _realSizes) > 1 ? (first, second) : null;
    }

    private static int[] Draw(CountedRandom random, int units)
    {
        var weights = new int[units];
        for (var k = 0; k < units; k++)
            weights[random.NextInt(units)]++;
        return weights;
    }

    private static int Different(int[] weights, int[] sizes)
    {
        var count = 0;
        for (var u = 0; u < sizes.Length; u++)
            count += weights[u] > 0 ? sizes[u] : 0;
        return count;
    }

    private static int[] Dense(int[] ids, ulong seed)
    {
        var numbers = new Dictionary<int, int>();
        foreach (var id in ids)
            numbers.TryAdd(id, numbers.Count);
        var groups = Enumerable.Range(0, numbers.Count).ToArray();
        if (groups.Length > MostUnits)
        {
            new CountedRandom(seed, RandomStreams.ResamplingGroups).Shuffle<int>(groups);
            groups = [.. groups.Select(g => g % MostUnits)];
        }

        return [.. ids.Select(id => groups[numbers[id]])];
    }

    private static int Count(int[] units) => units.Length == 0 ? 0 : units.Max() + 1;

    private static int[] Ones(int length) => [.. Enumerable.Repeat(1, length)];

    private static int[] Sizes(int[] unit, int units)
    {
        var sizes = new int[units];
        foreach (var u in unit)
            sizes[u]++;
        return sizes;
    }
}
