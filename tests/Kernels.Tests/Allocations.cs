namespace CrossModal.Kernels.Tests;

/// <summary>What a call leaves on the managed heap.</summary>
internal static class Allocations
{
    private const int Rounds = 5;

    /// <summary>
    /// Asserts that a warm call allocates nothing. What a call itself allocates comes back every time; what the runtime makes once in a
    /// process (the event behind a lock that was waited for, say) comes at any moment, so that one round in five without an allocation is
    /// the proof.
    /// </summary>
    public static void NoneBy(Action call)
    {
        call();
        var fewest = long.MaxValue;
        for (var round = 0; round < Rounds && fewest > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            call();
            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, fewest);
    }
}
