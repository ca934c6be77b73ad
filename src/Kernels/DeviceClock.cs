using System.Diagnostics;

namespace CrossModal.Kernels;

/// <summary>
/// Moments in the order of a device's work: how long the work between two of them took, without a wait of the host in between. On a GPU
/// they are events in its stream, and on a device that does what it is asked before it returns, the clock of the host.
/// </summary>
internal abstract class DeviceClock : IDisposable
{
    /// <summary>The moment when everything asked so far is done gets this number.</summary>
    public abstract void Mark(int moment);

    /// <summary>From one moment to a later one; waits for the later.</summary>
    public abstract double Milliseconds(int from, int to);

    public abstract void Dispose();
}

/// <summary>Of a device that is never behind.</summary>
internal sealed class HostClock(int moments) : DeviceClock
{
    private readonly long[] _stamps = new long[moments];

    public override void Mark(int moment) => _stamps[moment] = Stopwatch.GetTimestamp();

    public override double Milliseconds(int from, int to) => Stopwatch.GetElapsedTime(_stamps[from], _stamps[to]).TotalMilliseconds;

    public override void Dispose()
    {
    }
}
