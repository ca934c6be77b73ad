using CrossModal.Data;
using CrossModal.Data.Synthetic;

namespace CrossModal.Evaluation;

/// <summary>
/// What can be seen of a player's pose, a number each: how the hand lies (the left hand on strings, keys and valves; the trombone's slide),
/// the dynamics that show in the body, how high a wind instrument is raised (louder, higher); and two that follow the time in the bar and
/// not the half second that is heard: where the bow is, and how the body leans.
/// </summary>
/// <param name="Classes">The instrument of each example.</param>
/// <param name="Songs">Its song, unique over all instruments: neighboring windows overlap.</param>
/// <param name="Values">[count, components], standardized within each instrument once <see cref="Standardized"/> has made it.</param>
/// <param name="Known">Whether a component means anything for the example, shaped likewise.</param>
internal sealed record PoseTargets(int[] Classes, int[] Songs, float[] Values, bool[] Known)
{
    public const int Hand = 0, Dynamics = 1, Raised = 2, Bow = 3, Sway = 4;

    /// <summary>Their names in reports, in order.</summary>
    public static IReadOnlyList<string> Components { get; } = ["hand", "dynamics", "raised", "bow", "sway"];

    /// <summary>Those that a sound can ask for.</summary>
    public static IReadOnlyList<int> Asked { get; } = [Hand, Dynamics, Raised];

    public int Count => Classes.Length;

    /// <summary>The poses of a split's pairs: those that its sounds were played in and its images show.</summary>
    /// <param name="split">Of a layout that <see cref="DatasetLayout.IsPaired"/>: sound and image of a number belong together.</param>
    public static PoseTargets Of(PairSplit split, PoseTable poses, IReadOnlyList<string> classes)
    {
        var count = split.SoundCount;
        var numbers = count * Components.Count;
        var targets = new PoseTargets([.. Enumerable.Range(0, count).Select(split.SoundClass)], new int[count], new float[numbers],
            new bool[numbers]);
        var songs = new Dictionary<(int Class, int Song), int>();
        for (var i = 0; i < count; i++)
        {
            var song = (targets.Classes[i], split.Song(i));
            songs.TryAdd(song, songs.Count);
            targets.Songs[i] = songs[song];
            targets.Write(i, poses.Of(split.ImageName(i)), classes[targets.Classes[i]]);
        }

        return targets;
    }

    /// <summary>Examples that were chosen, in the order given.</summary>
    public PoseTargets Rows(IReadOnlyList<int> rows) => new([.. rows.Select(i => Classes[i])], [.. rows.Select(i => Songs[i])],
        [.. rows.SelectMany(i => Values.Skip(i * Components.Count).Take(Components.Count))],
            [.. rows.SelectMany(i => Known.Skip(i * Components.Count).Take(Components.Count))]);

    /// <summary>
    /// Every component with mean 0 and deviation 1 within each instrument of <paramref name="like"/>; one that never changes there is
    /// unknown.
    /// </summary>
    public PoseTargets Standardized(PoseTargets like)
    {
        var (values, known) = (new float[Values.Length], new bool[Known.Length]);
        for (var component = 0; component < Components.Count; component++)
        {
            foreach (var group in Enumerable.Range(0, Count).GroupBy(i => Classes[i]))
            {
                double[] there = [.. Enumerable.Range(0, like.Count).Where(i =>
                    like.Classes[i] == group.Key && like.Known[At(i, component)]).Select(i => (double)like.Values[At(i, component)])];
                var mean = there.Length == 0 ? 0 : there.Average();
                var deviation = there.Length == 0 ? 0 : Math.Sqrt(there.Average(value => (value - mean) * (value - mean)));
                foreach (var i in group.Select(i => At(i, component)))
                {
                    known[i] = Known[i] && deviation > 1e-6;
                    values[i] = known[i] ? (float)((Values[i] - mean) / deviation) : 0;
                }
            }
        }

        return this with { Values = values, Known = known };
    }

    internal static int At(int example, int component) => example * Components.Count + component;

    private void Write(int i, Pose pose, string instrument)
    {
        var (strings, slide) = (pose.String >= 0, instrument == "trombone");
        Set(Hand, slide ? pose.Stroke : pose.LeftHand, true);
        Set(Dynamics, pose.Dynamics, true);
        Set(Raised, pose.Stroke, !strings && !slide);
        Set(Bow, pose.Stroke, strings);
        Set(Sway, pose.Sway, true);

        void Set(int component, float value, bool known) =>
            (Values[At(i, component)], Known[At(i, component)]) = (known ? value : 0, known);
    }
}
