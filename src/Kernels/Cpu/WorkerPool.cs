using System.Runtime.CompilerServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>A loop body over [first, end). A struct, so that a loop costs no allocation and is compiled for its body.</summary>
internal interface IRangeBody
{
    void Run(int first, int end);
}

/// <summary>
/// A fixed set of threads that share the chunks of one loop at a time. It never nests: a loop started inside a loop runs on its own thread
/// alone. What a chunk computes must not depend on who runs it, so results are the same for any number of threads. Workers spin briefly
/// after each loop, because the loops of a training step follow each other within microseconds, and then sleep. The caller waits for
/// chunks, not for workers: a worker that wakes late, or not at all, costs nothing.
/// </summary>
/// <remarks>
/// A chunk is claimed by one compare-and-swap of the ticket, which holds the loop's number in its upper and the next chunk in its lower
/// half. A worker reads the ticket, then the loop's description, then swaps. The description changes only while the ticket is closed, so a
/// swap that succeeds proves that the description belongs to that ticket; a stale worker's swap fails.
/// </remarks>
internal sealed unsafe class WorkerPool : IDisposable
{
    private const int SpinsBeforeSleep = 2000;
    private const long Closed = int.MaxValue;

    [ThreadStatic]
    private static bool _inside;

    private readonly Thread[] _workers;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Lock _gate = new();

    // One loop's description; written only while the ticket is closed.
    private void* _body;
    private delegate*<void*, int, int, void> _run;
    private int _count, _chunk, _chunks;

    private long _ticket = Closed;
    private int _done, _sleeping;
    private volatile bool _stop;
    private volatile Exception? _error;

    public WorkerPool(int threads)
    {
        Threads = threads;
        _workers = new Thread[threads - 1];
        for (var i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Thread(Work) { IsBackground = true, Name = $"cpu-worker-{i + 1}" };
            _workers[i].Start();
        }
    }

    /// <summary>How many threads share a loop, the caller's among them.</summary>
    public int Threads { get; }

    /// <summary>How many workers have gone to sleep for want of loops.</summary>
    internal int Sleeping => Volatile.Read(ref _sleeping);

    /// <summary>
    /// Runs <paramref name="body"/> over [0, <paramref name="count"/>) in chunks of <paramref name="chunk"/>; returns when all are done.
    /// </summary>
    /// <exception cref="InvalidOperationException">A chunk threw; the first such exception is within, and every other chunk was run all the
    /// same.</exception>
    public void Run<TBody>(TBody body, int count, int chunk) where TBody : struct, IRangeBody
    {
        if (count <= 0)
            return;
        if (_workers.Length == 0 || _inside || count <= chunk)
        {
            body.Run(0, count);
            return;
        }

        lock (_gate)
        {
            _body = Unsafe.AsPointer(ref body);
            _run = &Invoke<TBody>;
            _count = count;
            _chunk = Math.Max(chunk, 1);
            _chunks = (count - 1) / _chunk + 1;
            _error = null;
            _done = 0;
            var epoch = (_ticket >> 32) + 1;
            Interlocked.Exchange(ref _ticket, epoch << 32);

            // A worker counts itself as sleeping before it looks at the ticket for the last time, and the ticket moved before this read:
            // one of the two sees the other.
            var sleeping = Volatile.Read(ref _sleeping);
            if (sleeping > 0)
                _wake.Release(Math.Min(sleeping, _chunks - 1));

            _inside = true;
            Drain();
            _inside = false;
            var wait = new SpinWait();
            while (Volatile.Read(ref _done) < _chunks)
                wait.SpinOnce(sleep1Threshold: -1);
            Interlocked.Exchange(ref _ticket, epoch << 32 | Closed);
            _body = null;
            if (_error is { } error)
                throw new InvalidOperationException($"a worker failed: {error.Message}", error);
        }
    }

    public void Dispose()
    {
        if (_stop)
            return;
        _stop = true;
        if (_workers.Length > 0)
            _wake.Release(_workers.Length);
        foreach (var worker in _workers)
            worker.Join();
        _wake.Dispose();
    }

    private static void Invoke<TBody>(void* body, int first, int end) where TBody : struct, IRangeBody =>
        Unsafe.AsRef<TBody>(body).Run(first, end);

    /// <summary>Claims and runs chunks until none is left.</summary>
    private void Drain()
    {
        while (true)
        {
            var ticket = Volatile.Read(ref _ticket);
            var body = _body;
            var run = _run;
            var (count, chunk) = (_count, _chunk);
            var index = (int)ticket;
            if (index >= Volatile.Read(ref _chunks))
                return;
            if (Interlocked.CompareExchange(ref _ticket, ticket + 1, ticket) != ticket)
                continue;
            try
            {
                var first = index * chunk;
                run(body, first, (int)Math.Min((long)first + chunk, count));
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref _error, error, null);
            }

            Interlocked.Increment(ref _done);
        }
    }

    private void Work()
    {
        _inside = true;
        var seen = 0L;
        while (!_stop)
        {
            for (var spins = 0; Epoch == seen && spins < SpinsBeforeSleep; spins++)
                Thread.SpinWait(16);
            if (Epoch == seen)
            {
                Interlocked.Increment(ref _sleeping);
                if (Epoch == seen && !_stop)
                    _wake.Wait();
                Interlocked.Decrement(ref _sleeping);
                continue;
            }

            seen = Epoch;
            Drain();
        }
    }

    private long Epoch => Volatile.Read(ref _ticket) >> 32;
}
