using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

public unsafe class WorkerPoolTests
{
    private readonly struct CountBody(int* counts, int add) : IRangeBody
    {
        public void Run(int first, int end)
        {
            for (var i = first; i < end; i++)
                Interlocked.Add(ref counts[i], add);
        }
    }

    private readonly struct NestedBody(WorkerPool pool, int* counts) : IRangeBody
    {
        public void Run(int first, int end)
        {
            for (var i = first; i < end; i++)
                pool.Run(new CountBody(counts + i * 10, 1), 10, 1);
        }
    }

    private readonly struct FailingBody(int* counts) : IRangeBody
    {
        public void Run(int first, int end)
        {
            Interlocked.Increment(ref counts[first]);
            if (first == 3)
                throw new ArithmeticException("three");
        }
    }

    /// <summary>
    /// Many short loops of changing length and body, more threads than cores, pauses in which all workers fall asleep: each element is
    /// visited exactly once a loop. A stale worker that ran a chunk of another loop would count twice, into the wrong array or with the
    /// wrong summand.
    /// </summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void EveryChunkRunsExactlyOnce(int threads)
    {
        using var pool = new WorkerPool(threads);
        var random = new CountedRandom((ulong)threads);
        var counts = stackalloc int[2 * 64];
        for (var loop = 0; loop < 5000; loop++)
        {
            int count = 1 + random.NextInt(64), chunk = 1 + random.NextInt(4), add = 1 + random.NextInt(1000),
                array = random.NextInt(2) * 64;
            new Span<int>(counts, 128).Clear();
            pool.Run(new CountBody(counts + array, add), count, chunk);
            for (var i = 0; i < 128; i++)
                Assert.Equal(i >= array && i < array + count ? add : 0, counts[i]);
            if (loop % 1000 == 0)
                Assert.True(SpinWait.SpinUntil(() => pool.Sleeping == threads - 1, TimeSpan.FromSeconds(30)), "workers stay awake");
        }
    }

    [Fact]
    public void LoopsFromSeveralThreadsTakeTurns()
    {
        using var pool = new WorkerPool(3);
        var wrong = 0;
        var callers = Enumerable.Range(0, 4).Select(caller => new Thread(() =>
        {
            var counts = stackalloc int[32];
            for (var loop = 1; loop <= 1000; loop++)
            {
                pool.Run(new CountBody(counts, caller + 1), 32, 1);
                for (var i = 0; i < 32; i++)
                {
                    if (counts[i] != loop * (caller + 1))
                        Interlocked.Increment(ref wrong);
                }
            }
        })).ToArray();
        foreach (var caller in callers)
            caller.Start();
        foreach (var caller in callers)
            caller.Join();
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void ALoopInsideALoopRunsOnItsOwnThread()
    {
        using var pool = new WorkerPool(4);
        var counts = stackalloc int[200];
        new Span<int>(counts, 200).Clear();
        pool.Run(new NestedBody(pool, counts), 20, 1);
        Assert.Equal(-1, new Span<int>(counts, 200).IndexOfAnyExcept(1));
    }

    [Fact]
    public void AnErrorReachesTheCallerAndThePoolGoesOn()
    {
        using var pool = new WorkerPool(2);
        var counts = stackalloc int[16];
        new Span<int>(counts, 16).Clear();
        var address = (nint)counts;
        var error = Assert.Throws<InvalidOperationException>(() => pool.Run(new FailingBody((int*)address), 16, 1));
        Assert.Contains("three", error.Message);
        Assert.Equal(-1, new Span<int>(counts, 16).IndexOfAnyExcept(1));
        pool.Run(new CountBody(counts, 1), 16, 1);
        Assert.Equal(-1, new Span<int>(counts, 16).IndexOfAnyExcept(2));
    }

    [Fact]
    public void RunAllocatesNothing()
    {
        using var pool = new WorkerPool(2);
        var counts = stackalloc int[64];
        Allocations.NoneBy(() =>
        {
            for (var i = 0; i < 1000; i++)
                pool.Run(new CountBody(counts, 1), 64, 1);
        });
    }
}
