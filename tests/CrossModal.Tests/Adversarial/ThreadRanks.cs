using CrossModal.Kernels;
using CrossModal.Kernels.Communication;
using CrossModal.Tensors;

namespace CrossModal.Tests.Adversarial;

/// <summary>Ranks that are threads of this process: what MPI carries between processes is handed over here.</summary>
internal static class ThreadRanks
{
    /// <summary>Runs the same work on each rank, with a device of its own; their results, in order.</summary>
    public static T[] Run<T>(int size, Func<Device> open, Func<Device, T> work)
    {
        using var board = new Board(size);
        var results = new T[size];
        var errors = new List<Exception>();
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                using var device = open();
                device.Ranks = new Member(board, rank);
                results[rank] = work(device);
            }
            catch (Exception error)
            {
                lock (errors)
                    errors.Add(error);
                board.Fail();
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return errors.Count == 0 ? results : throw errors.FirstOrDefault(error => error is not OperationCanceledException) ?? errors[0];
    }

    /// <summary>Where ranks lay down what they have and take what the others have.</summary>
    private sealed class Board(int size) : IDisposable
    {
        private readonly Barrier _barrier = new(size);
        private readonly CancellationTokenSource _failed = new();
        private readonly object?[] _laid = new object?[size];

        public int Size => size;

        /// <summary>What each rank laid down, once all have; the array of each rank is its own.</summary>
        public object?[] Exchange(int rank, object? value)
        {
            _laid[rank] = value;
            _barrier.SignalAndWait(_failed.Token);
            var all = _laid.ToArray();
            _barrier.SignalAndWait(_failed.Token);
            return all;
        }

        public void Fail() => _failed.Cancel();

        public void Dispose()
        {
            _barrier.Dispose();
            _failed.Dispose();
        }
    }

    private sealed class Member(Board board, int rank) : Communicator
    {
        public override int Rank => rank;

        public override int Size => board.Size;

        public override int LocalSize => board.Size;

        public override string Description => "threads";

        protected override void SumOf(DeviceArray array)
        {
            if (array.Type == ElementType.Float64)
                Sum(array.Span<double>(), (a, b) => a + b);
            else
                Sum(array.Span<float>(), (a, b) => a + b);
        }

        public override bool Any(bool value) => board.Exchange(rank, value).Contains(true);

        public override byte[] Share(byte[] bytes) => (byte[])board.Exchange(rank, bytes)[0]!;

        public override void Abort(int exitCode) => board.Fail();

        public override void Dispose()
        {
        }

        private void Sum<T>(Span<T> values, Func<T, T, T> add)
        {
            var all = board.Exchange(rank, values.ToArray());
            ((T[])all[0]!).CopyTo(values);
            foreach (var other in all.Skip(1).Cast<T[]>())
            {
                for (var i = 0; i < values.Length; i++)
                    values[i] = add(values[i], other[i]);
            }
        }
    }
}
