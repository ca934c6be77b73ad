using CrossModal.Kernels;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary>
/// Shows how far a job is: bars on a terminal, plain lines now and then in a file or a pipe. Stages that are over in a moment leave nothing
/// behind. May be called from several threads.
/// </summary>
internal sealed class ConsoleReporter(IAnsiConsole console, bool live, TimeProvider time) : IRunReporter, IDisposable
{
    /// <summary>A shorter stage is not worth a line.</summary>
    private static readonly TimeSpan Momentary = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly LiveBars _bars = new(console, time);

    public IRunStage Stage(string name, long total, string unit)
    {
        var progress = new StageProgress(Excerpt.OneLine(name), total, unit, time);
        return live ? new BarStage(this, progress) : new LineStage(this, progress, time);
    }

    public void Message(string text) => Write(text);

    public void Warning(string text)
    {
        text = Excerpt.OneLine(text);
        lock (_gate)
        {
            if (live)
                _bars.WriteAbove($"warning: {text}", new Style(Color.Yellow));
            else
                console.Profile.Out.Writer.WriteLine($"warning: {text}");
        }
    }

    /// <summary>Takes down whatever is still drawn.</summary>
    public void Dispose()
    {
        lock (_gate)
            _bars.Clear();
    }

    private void Write(string line)
    {
        line = Excerpt.OneLine(line);
        lock (_gate)
        {
            // Spectre breaks lines at the terminal's edge, which spoils paths for copying: it is asked only where bars must make room.
            if (_bars.Drawn)
                _bars.WriteAbove(line, Style.Plain);
            else
                console.Profile.Out.Writer.WriteLine(line);
        }
    }

    /// <summary>A stage as a bar.</summary>
    private sealed class BarStage : IRunStage
    {
        private readonly ConsoleReporter _reporter;
        private readonly StageProgress _progress;
        private readonly ProgressTask _bar;
        private bool _ended;

        public BarStage(ConsoleReporter reporter, StageProgress progress)
        {
            (_reporter, _progress) = (reporter, progress);
            lock (reporter._gate)
                _bar = reporter._bars.Add(progress);
        }

        public void Report(long done, string? detail = null) => _progress.Report(done, detail);

        public void Dispose()
        {
            lock (_reporter._gate)
            {
                if (_ended)
                    return;
                _ended = true;
                _reporter._bars.Remove(_bar);
            }

            if (_progress.Elapsed >= Momentary)
                _reporter.Write(_progress.Summary());
        }
    }

    /// <summary>A stage as lines: one when it turns out to take its time, one every ten seconds at most, one at its end.</summary>
    private sealed class LineStage : IRunStage
    {
        private readonly Lock _own = new();
        private readonly ConsoleReporter _reporter;
        private readonly StageProgress _progress;
        private readonly TimeProvider _time;
        private readonly ITimer _announcement;
        private long _lastLine;
        private bool _announced, _ended;

        public LineStage(ConsoleReporter reporter, StageProgress progress, TimeProvider time)
        {
            (_reporter, _progress, _time) = (reporter, progress, time);
            _lastLine = time.GetTimestamp();
            _announcement = time.CreateTimer(_ => Announce(), null, Momentary, Timeout.InfiniteTimeSpan);
        }

        public void Report(long done, string? detail = null)
        {
            _progress.Report(done, detail);
            lock (_own)
            {
                if (_ended || _time.GetElapsedTime(_lastLine) < BetweenLines)
                    return;
                _lastLine = _time.GetTimestamp();
                var percent = _progress.Total > 0 ? $"{Math.Min(100, 100 * done / _progress.Total)} %, " : "";
                _reporter.Write($"{_progress.Name}: {percent}{_progress.Describe()}");
            }
        }

        public void Dispose()
        {
            lock (_own)
            {
                if (_ended)
                    return;
                _ended = true;
                _announcement.Dispose();
                if (_announced)
                    _reporter.Write(_progress.Summary());
            }
        }

        private void Announce()
        {
            lock (_own)
            {
                if (_ended)
                    return;
                _announced = true;
                _reporter.Write(_progress.Total > 0 ? $"{_progress.Name}: {_progress.Total} {_progress.Unit}"
                    : $"{_progress.Name}: started");
            }
        }
    }
}
