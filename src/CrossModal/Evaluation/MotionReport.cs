using CrossModal.Evaluation.Metrics;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>
/// Whether the player of a song moves as a real one does. The pictures of one song have one noise, as when a song is drawn; neighbors are
/// those of a tenth of a second later.
/// </summary>
/// <param name="Jump">How far a picture lies from the one before, the root of the mean square over its numbers, where black to white is 2;
/// the mean over all neighbors.</param>
/// <param name="RealJump">The same of the real pictures of the same moments.</param>
/// <param name="Ratio">The one by the other: 1 moves as much as a real player, far below it stands still, far above it flickers; 0 where
/// real players do not move.</param>
/// <param name="Following">How much the two belong together, over all neighbors: 1 moves when and as far as the real player does, 0 at any
/// time.</param>
/// <param name="Poses">Along the time of each song, how the pose that a picture shows follows the one that the sound asks for.</param>
/// <param name="RealPoses">The same of real pictures.</param>
public sealed record MotionReport(Interval Jump, Interval RealJump, Interval Ratio, Interval Following,
    IReadOnlyDictionary<string, PoseFigure> Poses, IReadOnlyDictionary<string, PoseFigure> RealPoses)
{
    /// <summary>For the screen.</summary>
    internal IEnumerable<(string Name, string Value)> Rows()
    {
        yield return ("motion: from picture to picture of a song", $"{Jump.Value:0.000}, real {RealJump.Value:0.000}, ratio "
            + $"{Ratio.Value:0.00} [{Ratio.Low:0.00}, {Ratio.High:0.00}]");
        yield return ("  moves when the real player does", $"{Following.Value:0.00} [{Following.Low:0.00}, {Following.High:0.00}]");
        foreach (var (component, figure) in Poses)
            yield return ($"  {component} along the time of a song", PoseReport.Describe(figure, RealPoses[component]));
    }

    /// <summary>Measures pictures of one split in the order of time; null where no song has two of them.</summary>
    /// <param name="generated">Of all its sounds, each song with one noise.</param>
    /// <param name="real">The pictures that belong to them.</param>
    /// <param name="songs">The song of each.</param>
    internal static (Interval Jump, Interval RealJump, Interval Ratio, Interval Following)? Jumps(ExampleSet generated, ExampleSet real,
        int[] songs, ulong seed, CancellationToken cancel = default)
    {
        int[] second = [.. Enumerable.Range(1, Math.Max(0, songs.Length - 1)).Where(i => songs[i] == songs[i - 1])];
        if (second.Length == 0)
            return null;
        var (made, there) = (Distances(generated, second), Distances(real, second));
        int[] song = [.. second.Select(i => songs[i])];
        return (Bootstrap.Mean(made, seed, song, cancel), Bootstrap.Mean(there, seed, song, cancel),
            Bootstrap.Percentile(made.Length, drawn => Sum(there, drawn) is > 0 and var moved ? Sum(made, drawn) / moved : 0, seed, song,
                cancel: cancel),
            Bootstrap.Percentile(made.Length, drawn => PoseCorrelation.Pearson(made, there, drawn), seed, song, cancel: cancel));

        static double Sum(double[] values, ReadOnlySpan<int> drawn)
        {
            var sum = 0.0;
            foreach (var i in drawn)
                sum += values[i];
            return sum;
        }
    }

    /// <summary>How far each of the chosen pictures lies from the one before.</summary>
    private static double[] Distances(ExampleSet pictures, int[] second)
    {
        var length = (int)pictures.Shape.Count;
        var (before, after) = (new float[length], new float[length]);
        return Array.ConvertAll(second, i =>
        {
            pictures.Read(i - 1, before);
            pictures.Read(i, after);
            return Math.Sqrt(before.Zip(after, (a, b) => ((double)a - b) * (a - b)).Average());
        });
    }
}
