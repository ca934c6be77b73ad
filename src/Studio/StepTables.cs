using CrossModal.Kernels;
using CrossModal.Runs;

namespace CrossModal.Studio;

/// <summary>
/// The steps of runs as tables: of the run that is trained here from memory, of others from their <c>steps.jsonl</c>, of which only what
/// was added since the last look is read.
/// </summary>
internal sealed class StepTables(TrainDesk desk)
{
    /// <summary>Logs that are kept in memory at most; each has a thousand points.</summary>
    private const int MostKept = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StepFile> _files = new(StringComparer.Ordinal);

    /// <summary>All points of a run, or those after a step, where the one who asks has the others.</summary>
    /// <param name="after">The last point that is known; 0 for none.</param>
    /// <param name="stride">What points stood for then.</param>
    /// <exception cref="BadInputException">The log cannot be read.</exception>
    public StepTable Of(ShelvedRun run, long after, int stride)
    {
        var (points, now) = desk.StepsOf(run.Folder) ?? (run.Has(run.Folder.Steps) ? Read(run.Folder.Steps) : ([], 1));
        var whole = after == 0 || stride != now || points.Length == 0 || points[^1].Step < after;
        return Table(whole ? points : points[(Array.FindLastIndex(points, point => point.Step <= after) + 1)..], now, whole);
    }

    private (StepPoint[] Points, int Stride) Read(string path)
    {
        lock (_gate)
        {
            if (!_files.TryGetValue(path, out var file))
            {
                if (_files.Count == MostKept)
                    _files.Remove(_files.MinBy(kept => kept.Value.Used).Key);
                _files[path] = file = new StepFile(path);
            }

            return file.Read();
        }
    }

    private static StepTable Table(StepPoint[] points, int stride, bool whole)
    {
        return new StepTable(stride, whole, Of(point => point.Step), Of(point => point.LearningRate),
            Of(point => point.DiscriminatorLoss), Of(point => point.GeneratorLoss), Of(point => point.ScoreReal),
            Known(point => point.ScoreWrong), Of(point => point.ScoreFake), Known(point => point.Milliseconds),
            Known(point => point.DiscriminatorGradient), Known(point => point.GeneratorGradient), StepPoint.Bins,
            points.Any(point => point.Scores is not null) ? Of(point => point.Scores is null ? null : Shares(point.Scores)) : null);

        T[] Of<T>(Func<StepPoint, T> choose) => Array.ConvertAll(points, point => choose(point));

        float?[]? Known(Func<StepPoint, float?> choose) => Array.Exists(points, point => choose(point) is not null) ? Of(choose) : null;
    }

    /// <summary>Each kind of pairs by itself, so that it is seen however many steps a point stands for.</summary>
    private static byte[] Shares(int[] counts)
    {
        var shares = new byte[counts.Length];
        for (var first = 0; first < counts.Length; first += StepPoint.Bins)
        {
            var most = Math.Max(1, counts.AsSpan(first, StepPoint.Bins).ToArray().Max());
            for (var i = first; i < first + StepPoint.Bins; i++)
                shares[i] = (byte)(255L * counts[i] / most);
        }

        return shares;
    }
}
