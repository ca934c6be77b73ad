using System.Text;
using CrossModal.Kernels;

namespace CrossModal.Runs;

/// <summary>A <c>steps.jsonl</c> that another process writes: what was read of it, and how far.</summary>
internal sealed class StepFile(string path)
{
    private StepSeries _series = new(StepSeries.StandardPoints);
    private string _beginning = "";
    private long _read;

    /// <summary>When it was asked for last.</summary>
    public long Used { get; private set; }

    /// <summary>The points there are now. Half a line at the end is read once it is whole.</summary>
    /// <exception cref="BadInputException">It is no file, or larger than a log can be.</exception>
    public (StepPoint[] Points, int Stride) Read()
    {
        Used = Environment.TickCount64;
        if (!BoundedFile.HasContent(path))
        {
            Forget();
            return ([], 1);
        }

        using var stream = BoundedFile.Open(path, StepLog.LargestFile, "lines of steps", "remove it");
        using var reader = new StreamReader(stream, Encoding.UTF8);

        // A log that was joined, or gone back in, was written anew: it is shorter than it was, or begins with another line.
        var beginning = reader.ReadLine() ?? "";
        if (beginning != _beginning || stream.Length < _read)
            Forget();
        _beginning = beginning;
        reader.DiscardBufferedData();
        stream.Position = _read;
        var added = new byte[stream.Length - _read];
        stream.ReadExactly(added);
        var end = added.AsSpan().LastIndexOf((byte)'\n') + 1;
        _read += end;
        var points = Encoding.UTF8.GetString(added, 0, end).Split('\n').Select(StepPoint.Parse).OfType<StepPoint>();
        var (kept, _) = _series.Read();
        _series = new StepSeries(StepSeries.StandardPoints, [.. kept, .. points]);
        return _series.Read();
    }

    private void Forget() => (_series, _beginning, _read) = (new StepSeries(StepSeries.StandardPoints), "", 0);
}
