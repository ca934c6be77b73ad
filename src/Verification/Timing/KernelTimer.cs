using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>How long one call takes.</summary>
/// <param name="Rounds">How many measurements were made.</param>
/// <param name="Repeats">Calls in a measurement.</param>
internal readonly record struct KernelTime(double MedianMs, double MinMs, double MaxMs, int Rounds, int Repeats);

/// <summary>
/// Times calls that are too short for a clock: many of them between two waits, launched as one where the device can do so (a CUDA graph),
/// so that neither the clock's nor the launches' own time counts. The median of some rounds is the figure, the fastest and the slowest are
/// its spread.
/// </summary>
internal static class KernelTimer
{
    private const double LeastMs = 5;
    private const int Rounds = 7, MaximumLaunch = 512, MaximumRepeats = 1 << 20;

    /// <param name="call">The call with this number; numbers go round, so that calls may take turns in several sets of arrays.</param>
    /// <param name="sets">How many numbers there are.</param>
    /// <param name="clock">Times the calls; null for the system's.</param>
    public static KernelTime Measure(Backend backend, int sets, Action<int> call, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        double Time(Action work)
        {
            var start = clock.GetTimestamp();
            work();
            backend.Synchronize();
            return clock.GetElapsedTime(start).TotalMilliseconds;
        }

        // Once on each set: kernels are compiled, providers chosen and scratch memory taken before any clock runs.
        for (var i = 0; i < sets; i++)
            call(i);
        backend.Synchronize();

        // One launch goes round all sets a whole number of times.
        var repeats = RoundUp(Math.Min(MaximumLaunch, CountFor(LeastMs, count => Time(() => Loop(call, sets, count)))), sets);
        using var graph = backend.CaptureGraph(() => Loop(call, sets, repeats));
        Action launch = graph is not null ? graph.Launch : () => Loop(call, sets, repeats);
        var launches = CountFor(LeastMs, count => Time(() => Loop(_ => launch(), 1, count)));
        var times = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
            times[round] = Time(() => Loop(_ => launch(), 1, launches)) / ((double)launches * repeats);
        Array.Sort(times);
        return new KernelTime(times[Rounds / 2], times[0], times[^1], Rounds, launches * repeats);
    }

    /// <summary>How many calls last so long: their number is doubled until it can be told.</summary>
    private static int CountFor(double leastMs, Func<int, double> measure)
    {
        for (var count = 1; ; count *= 2)
        {
            var ms = measure(count);
            if (ms >= leastMs || count >= MaximumRepeats)
                return count;
            if (ms >= leastMs / 4)
                return (int)Math.Ceiling(count * leastMs / ms);
        }
    }

    private static int RoundUp(int count, int step) => (count + step - 1) / step * step;

    private static void Loop(Action<int> call, int sets, int count)
    {
        for (var i = 0; i < count; i++)
            call(i % sets);
    }
}
