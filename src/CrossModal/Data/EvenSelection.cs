using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>Draws a smaller data set that is spread evenly: in turn over the classes and, within a class, in turn over its songs.</summary>
internal static class EvenSelection
{
    /// <summary>Positions of at most <paramref name="limit"/> of the items, rising; the same for the same seed.</summary>
    public static int[] Draw(IReadOnlyList<(int Class, int Song)> items, int limit, ulong seed)
    {
        if (items.Count <= limit)
            return [.. Enumerable.Range(0, items.Count)];
        var random = new CountedRandom(seed, RandomStreams.EvenSelection);

        // The order of the classes is drawn apart, so that sounds and images meet in the same classes even where there are fewer places
        // than classes.
        var order = new CountedRandom(seed, RandomStreams.EvenSelection + 1);
        var classes = Enumerable.Range(0, items.Count).GroupBy(i => items[i].Class).OrderBy(group => group.Key)
            .Select(group =>
                InTurn([.. group.GroupBy(i => items[i].Song).OrderBy(song => song.Key).Select(song => Shuffled([.. song], random))],
                random))
            .ToArray();
        var chosen = InTurn(classes, order)[..limit];
        Array.Sort(chosen);
        return chosen;
    }

    private static int[] InTurn(int[][] lists, CountedRandom random)
    {
        random.Shuffle<int[]>(lists);
        var result = new List<int>(lists.Sum(list => list.Length));
        for (var round = 0; lists.Length > 0; round++)
        {
            result.AddRange(lists.Select(list => list[round]));

            // Those that are used up are looked at no more: one long list among millions would cost millions of looks an entry.
            lists = Array.FindAll(lists, list => round + 1 < list.Length);
        }

        return [.. result];
    }

    private static int[] Shuffled(int[] items, CountedRandom random)
    {
        random.Shuffle<int>(items);
        return items;
    }
}
