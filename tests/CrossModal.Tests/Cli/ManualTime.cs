namespace CrossModal.Tests.Cli;

/// <summary>A clock that a test moves on by hand, with its timers. May be used by several threads.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Alarm> _alarms = [];
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_gate)
            return _now.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state));
        alarm.Change(dueTime, period);
        return alarm;
    }

    public void Advance(double seconds)
    {
        Alarm[] due;
        lock (_gate)
        {
            _now += TimeSpan.FromSeconds(seconds);
            due = [.. _alarms.Where(alarm => alarm.Due <= _now)];
            _alarms.RemoveAll(due.Contains);
        }

        foreach (var alarm in due)
            alarm.Ring();
    }

    private sealed class Alarm(ManualTime time, Action callback) : ITimer
    {
        private readonly Lock _ringing = new();
        private bool _disposed;

        public TimeSpan Due { get; private set; }

        public void Ring()
        {
            lock (_ringing)
            {
                if (!_disposed)
                    callback();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(Timeout.InfiniteTimeSpan, period);
            lock (time._gate)
            {
                time._alarms.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                Due = time._now + dueTime;
                time._alarms.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
                time._alarms.Remove(this);
        }

        /// <summary>Waits for a callback that is running, as the system's timers do.</summary>
        public ValueTask DisposeAsync()
        {
            lock (_ringing)
                _disposed = true;
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
