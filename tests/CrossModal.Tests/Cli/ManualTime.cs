namespace CrossModal.Tests.Cli;

/// <summary>A clock that a test moves on by hand, with its timers.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<Alarm> _alarms = [];
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, period);
        var alarm = new Alarm(() => callback(state), _now + dueTime);
        _alarms.Add(alarm);
        return alarm;
    }

    public void Advance(double seconds)
    {
        _now += TimeSpan.FromSeconds(seconds);
        foreach (var alarm in _alarms)
            alarm.RingIfDue(_now);
    }

    private sealed class Alarm(Action ring, TimeSpan due) : ITimer
    {
        private bool _done;

        public void RingIfDue(TimeSpan now)
        {
            if (_done || now < due)
                return;
            _done = true;
            ring();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose() => _done = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
