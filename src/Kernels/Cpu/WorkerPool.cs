using System.Runtime.CompilerServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>A loop body over [first, end). A struct, so that a loop costs no allocation and is compiled for its body.</summary>
internal interface IRangeBody
{
    void Run(int first, int end);
}

/// <summary>
/// A fixed set of threads that share the chunks of one loop at a time. It never nests: a loop started inside a loop runs on its own thread alone.
/// What a chunk computes must not depend on who runs it, so results are the same for any number of threads.
/// Workers spin briefly after each loop, because the loops of a training step follow each other within microseconds, and then sleep.
/// </summary>
internal sealed unsafe class WorkerPool : IDisposable
{
    private const int SpinsBeforeSleep = 4000;

    [ThreadStatic]
    private static bool _inside;

    private readonly Thread[] _workers;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Lock _gate = new();

    // One loop's description; written by the caller before the epoch moves on.
    private void* _body;
    private delegate*<void*, int, int, void> _run;
    private int _count, _chunk;

    private volatile int _epoch;
    private int _next, _active, _sleeping;
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

    /// <summary>Runs <paramref name="body"/> over [0, <paramref name="count"/>) in chunks of <paramref name="chunk"/>; returns when all are done.</summary>
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
            (_count, _chunk, _error) = (count, Math.Max(chunk, 1), null);
            Volatile.Write(ref _next, 0);
            Volatile.Write(ref _active, _workers.Length);
            _epoch++;
            var sleeping = Volatile.Read(ref _sleeping);
            Interlocked.MemoryBarrier();
            sleeping = Volatile.Read(ref _sleeping);
            if (sleeping > 0)
                _wake.Release(sleeping);
            Drain();
            var wait = new SpinWait();
            while (Volatile.Read(ref _active) > 0)
                wait.SpinOnce(sleep1Threshold: -1);
            if (_error is { } error)
                throw new InvalidOperationException($"a worker failed: {error.Message}", error);
        }
    }

    public void Dispose()
    {
        _stop = true;
        _epoch++;
        if (_workers.Length > 0)
            _wake.Release(_workers.Length);
        foreach (var worker in _workers)
            worker.Join();
        _wake.Dispose();
    }

    private static void Invoke<TBody>(void* body, int first, int end) where TBody : struct, IRangeBody => Unsafe.AsRef<TBody>(body).Run(first, end);

    private void Drain()
    {
        _inside = true;
        try
        {
            while (true)
            {
                var first = (long)(Interlocked.Increment(ref _next) - 1) * _chunk;
                if (first >= _count)
                    break;
                _run(_body, (int)first, (int)Math.Min(first + _chunk, _count));
            }
        }
        catch (Exception error)
        {
            _error = error;
        }
        finally
        {
            _inside = false;
        }
    }

    private void Work()
    {
        var seen = 0;
        while (true)
        {
            for (var spins = 0; _epoch == seen && spins < SpinsBeforeSleep; spins++)
                Thread.SpinWait(16);
            if (_epoch == seen)
            {
                Interlocked.Increment(ref _sleeping);
                // The caller reads _sleeping after moving the epoch on; whoever comes second sees the other.
                while (_epoch == seen)
                    _wake.Wait(50);
                Interlocked.Decrement(ref _sleeping);
            }

            seen = _epoch;
            if (_stop)
                return;
            Drain();
            Interlocked.Decrement(ref _active);
        }
    }
}
