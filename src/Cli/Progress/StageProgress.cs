namespace CrossModal.Cli;

/// <summary>How far a stage is, how fast it goes and how long it will take. May be written and read by several threads.</summary>
internal sealed class StageProgress
{
    // The rate is that of the last seconds: a warm-up must not spoil it for ever, one slow step must not make it jump.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenSamples = TimeSpan.FromSeconds(0.5);

    // A first report that comes at once says where a resumed stage goes on, not what was done in no time.
    private static readonly TimeSpan ResumeReport = TimeSpan.FromSeconds(0.1);

    private readonly Lock _gate = new();
    private readonly Queue<(long Time, long Done)> _samples = new();
    private readonly TimeProvider _time;
    private readonly long _opened;
    private (long Time, long Done) _last;
    private bool _reported;
    private long _first;
    private string? _detail;

    public StageProgress(string name, long total, string unit, TimeProvider time)
    {
        (Name, Total, Unit, _time) = (name, total, unit, time);
        _opened = time.GetTimestamp();
        _samples.Enqueue(_last = (_opened, 0));
    }

    public string Name { get; }

    /// <summary>Units of the whole stage; 0 or less where nobody knows.</summary>
    public long Total { get; }

    public string Unit { get; }

    public long Done
    {
        get
        {
            lock (_gate)
                return _last.Done;
        }
    }

    public string? Detail
    {
        get
        {
            lock (_gate)
                return _detail;
        }
    }

    public TimeSpan Elapsed => _time.GetElapsedTime(_opened);

    /// <summary>Units a second of late; null before there is anything to go by.</summary>
    public double? Rate
    {
        get
        {
            lock (_gate)
                return RateBetween(_samples.Peek(), _last);
        }
    }

    /// <summary>Time to the end at the rate of late; null where it cannot be told.</summary>
    public TimeSpan? Left => Rate is { } rate and > 0 && Total > 0 ? TimeSpan.FromSeconds(Math.Max(0, Total - Done) / rate) : null;

    public void Report(long done, string? detail)
    {
        lock (_gate)
        {
            _last = (_time.GetTimestamp(), done);
            _detail = detail ?? _detail;
            if (!_reported)
            {
                _reported = true;
                if (_time.GetElapsedTime(_opened, _last.Time) < ResumeReport)
                {
                    _first = done;
                    _samples.Clear();
                    _samples.Enqueue(_last);
                    return;
                }
            }

            if (_time.GetElapsedTime(_samples.Last().Time, _last.Time) < BetweenSamples)
                return;
            _samples.Enqueue(_last);
            while (_samples.Count > 2 && _time.GetElapsedTime(_samples.Peek().Time, _last.Time) > Window)
                _samples.Dequeue();
        }
    }

    /// <summary>Count, rate, time left and detail: what stands beside a bar.</summary>
    public string Describe()
    {
        var parts = new List<string> { Total > 0 ? $"{Done}/{Total} {Unit}" : $"{Done} {Unit}" };
        if (Rate is { } rate and > 0)
            parts.Add($"{Number(rate)} {Unit}/s");
        if (Left is { } left && Done < Total)
            parts.Add($"{Clock(left)} left");
        if (Detail is { Length: > 0 } detail)
            parts.Add(detail);
        return string.Join(", ", parts);
    }

    /// <summary>The line that stays when the stage is over.</summary>
    public string Summary()
    {
        var head = Total <= 0 || Done >= Total ? $"{Name}: {Done} {Unit} in {Clock(Elapsed)}"
            : $"{Name}: stopped at {Done}/{Total} {Unit} after {Clock(Elapsed)}";
        long first;
        lock (_gate)
            first = _first;
        var overall = Elapsed > TimeSpan.Zero ? (Done - first) / Elapsed.TotalSeconds : 0;
        return head + (overall > 0 ? $" ({Number(overall)} {Unit}/s)" : "") + (Detail is { Length: > 0 } detail ? $", {detail}" : "");
    }

    /// <summary>Minutes and seconds, hours before them where there are any.</summary>
    public static string Clock(TimeSpan time)
    {
        var seconds = (long)Math.Round(time.TotalSeconds);
        return seconds < 3600 ? $"{seconds / 60}:{seconds % 60:00}" : $"{seconds / 3600}:{seconds / 60 % 60:00}:{seconds % 60:00}";
    }

    /// <summary>Three figures, more only where they stand before the point.</summary>
    public static string Number(double value) => value.ToString(value switch
    {
        >= 100 => "0",
        >= 10 => "0.0",
        >= 0.1 => "0.00",
        _ => "0.000",
    });

    private double? RateBetween((long Time, long Done) from, (long Time, long Done) to)
    {
        var seconds = _time.GetElapsedTime(from.Time, to.Time).TotalSeconds;
        return seconds > 0 && to.Done > from.Done ? (to.Done - from.Done) / seconds : null;
    }
}
