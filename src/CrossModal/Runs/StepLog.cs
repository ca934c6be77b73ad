using System.Diagnostics;
using System.Text;
using CrossModal.Kernels;

namespace CrossModal.Runs;

/// <summary>
/// <c>steps.jsonl</c>: the steps of a training while it goes on, in a bounded number of lines, for whoever follows it from another process.
/// Lines are written once a second at most. When there are <see cref="StepSeries.StandardPoints"/>, neighbors are joined and the file is
/// written anew. It is there to be looked at: what cannot be written does not stop the training.
/// </summary>
internal sealed class StepLog : IDisposable
{
    private const int LongestLine = 4096;

    /// <summary>More than a log has.</summary>
    internal const long LargestFile = 64L << 20;

    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly StepSeries _series;
    private readonly StringBuilder _pending = new();
    private long _written = Stopwatch.GetTimestamp();
    private bool _failed;

    private StepLog(string path, StepSeries series) => (_path, _series) = (path, series);

    /// <summary>Goes on where a run's log stands, without what was made after <paramref name="step"/>.</summary>
    public static StepLog Open(string path, long step)
    {
        StepPoint[] kept = [];
        try
        {
            kept = [.. Read(path).Where(point => point.Step <= step)];
        }
        catch (BadInputException)
        {
            // None of ours, or not to be read: it begins anew, or is left alone where it cannot be written either.
        }

        var log = new StepLog(path, new StepSeries(StepSeries.StandardPoints, kept));
        if (File.Exists(path))
            log.Try(log.WriteAll);
        return log;
    }

    /// <summary>The lines of a log; those that are cut or none of ours are passed over.</summary>
    /// <exception cref="BadInputException">It is a folder, a pipe, or larger than a log can be.</exception>
    public static IEnumerable<StepPoint> Read(string path)
    {
        if (!BoundedFile.HasContent(path))
            return [];
        return BoundedFile.ReadLines(path, LongestLine, LargestFile, "lines of steps", "remove it")
            .Select(line => StepPoint.Parse(line.Line)).OfType<StepPoint>();
    }

    public void Add(TrainingStep step)
    {
        var (finished, joined) = _series.Add(StepPoint.Of(step));
        if (joined)
            Try(WriteAll);
        else if (finished is not null)
            _pending.Append(finished.ToLine()).Append('\n');
        if (_pending.Length > 0 && Stopwatch.GetElapsedTime(_written) > WriteEvery)
            Try(Append);
    }

    /// <summary>Writes what was not written yet.</summary>
    public void Dispose() => Try(Append);

    private void Append()
    {
        File.AppendAllText(_path, _pending.ToString());
        _pending.Clear();
    }

    private void WriteAll()
    {
        AtomicFile.WriteText(_path, string.Concat(_series.Read().Points.Select(point => point.ToLine() + "\n")));
        _pending.Clear();
    }

    private void Try(Action write)
    {
        if (_failed)
            return;
        try
        {
            write();
            _written = Stopwatch.GetTimestamp();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadInputException)
        {
            _failed = true;
        }
    }
}
