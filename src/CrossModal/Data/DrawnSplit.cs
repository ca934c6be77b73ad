using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>
/// Draws the validation split of a data set that comes without: about 15 % of the songs of each class, where names tell songs, else of its
/// files.
/// </summary>
internal sealed class DrawnSplit(string folder, DatasetFindings findings)
{
    private const double ValidationShare = 0.15;

    /// <summary>Fixed, and not the seed of a run: a run evaluated under another seed must not meet its training files again.</summary>
    private const ulong Seed = 2017;

    private readonly SortedDictionary<string, int> _rules = new(StringComparer.Ordinal);

    /// <summary>What was done, for a report.</summary>
    public string Rule => "no split is given, so about 15 % of each class are drawn for validation: "
        + string.Join(", ", _rules.Select(rule => $"{rule.Key} ({rule.Value} {(rule.Value == 1 ? "class" : "classes")})"));

    /// <summary>The songs of a class that are drawn.</summary>
    /// <param name="number">Of the class.</param>
    public HashSet<int> Validation(string name, int number, SongsOfClass songs, bool isSound)
    {
        var (kind, one) = isSound ? ("sounds", "recording") : ("images", "image");
        if (songs.Places.Count > 0)
        {
            var rule = songs.Example is { } example ? $"{kind} by song, as names like '{example}' tell" : $"{kind} file by file";
            var same = _rules.Keys.FirstOrDefault(known => (songs.Example is null) == known.EndsWith("file", StringComparison.Ordinal)
                && known.StartsWith(kind, StringComparison.Ordinal)) ?? rule;
            _rules[same] = _rules.GetValueOrDefault(same) + 1;
        }

        if (songs.Count < 2)
        {
            findings.Errors.Add(songs.Example is { } example
                ? $"{folder}: class '{name}' has one {one} only, of which names like '{example}' tell that all its {kind} are parts, so "
                    + "none is left for validation; add others, rename the files, or add a manifest.csv"
                : $"{folder}: class '{name}' has one {one} only, so none is left for validation; add files, or a manifest.csv");
            return [];
        }

        int[] order = [.. Enumerable.Range(0, songs.Count)];
        new CountedRandom(Seed, (ulong)number * 2 + (isSound ? 1u : 0)).Shuffle<int>(order);
        var drawn = Math.Max(1, (int)Math.Round(songs.Count * ValidationShare));

        // Where songs are of very different length, one alone can be most of the class: then the shortest ones are taken.
        if (2 * order.Take(drawn).Sum(songs.SizeOf) > songs.Places.Count)
            order = [.. order.OrderBy(songs.SizeOf)];
        return [.. order[..drawn]];
    }
}

/// <summary>
/// Which of the files of a class were cut from the same recording. Neighboring windows of one are nearly the same, so that all of them
/// belong on one side of a split.
/// </summary>
/// <param name="Places">Of each file: the number of its song, and its time in milliseconds or -1.</param>
/// <param name="Example">A name that tells a song; null where names tell none, and each file is one of its own.</param>
internal sealed record SongsOfClass(IReadOnlyList<(int Number, int Milliseconds)> Places, string? Example)
{
    /// <summary>Times in the names of Sub-URMP are multiples of this.</summary>
    private const int Step = 50;

    private readonly int[] _sizes = [.. Places.GroupBy(place => place.Number).OrderBy(song => song.Key).Select(song => song.Count())];

    public int Count => _sizes.Length;

    public int SizeOf(int song) => _sizes[song];

    /// <summary>
    /// Names tell songs where at least half of a class are like <c>banjo03_1500</c>, with times as those of windows, and several of one
    /// song. Other names with two numbers, such as those that a camera gives, tell a day or a take.
    /// </summary>
    public static SongsOfClass Of(IReadOnlyList<string> names)
    {
        string[] stems = [.. names.Select(name => Path.GetFileNameWithoutExtension(name))];
        var parsed = stems.Select(SongName.Parse).ToArray();
        var windows = parsed.OfType<(int Song, int Milliseconds)>().ToArray();
        var tell = 2 * windows.Length >= names.Count && windows.All(window => window.Milliseconds % Step == 0)
            && windows.Select(window => window.Song).Distinct().Count() < windows.Length;
        string[] songs = [.. stems.Select((stem, i) => tell && parsed[i] is not null ? stem[..stem.LastIndexOf('_')] : names[i])];
        string[] distinct = [.. songs.Distinct()];
        var numbers = Enumerable.Range(0, distinct.Length).ToDictionary(i => distinct[i], StringComparer.Ordinal);
        return new SongsOfClass([.. songs.Select((song, i) => (numbers[song], parsed[i]?.Milliseconds ?? -1))],
            tell ? stems[Array.FindIndex(parsed, place => place is not null)] : null);
    }
}
