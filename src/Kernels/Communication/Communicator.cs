using System.Diagnostics;
using System.Text;

namespace CrossModal.Kernels.Communication;

/// <summary>
/// The processes that train one model together, its ranks, and what they tell one another. All ranks make the same calls in the same order;
/// each call returns when this rank may go on. Not for several threads at once.
/// </summary>
internal abstract class Communicator : IDisposable
{
    private readonly List<Action> _endings = [];

    /// <summary>This process alone.</summary>
    public static Communicator Alone { get; } = new SingleProcess();

    /// <summary>This process's number, from 0.</summary>
    public abstract int Rank { get; }

    /// <summary>How many ranks there are.</summary>
    public abstract int Size { get; }

    /// <summary>How many of them run on this machine.</summary>
    public abstract int LocalSize { get; }

    /// <summary>This process's number among those of this machine, from 0.</summary>
    public virtual int LocalRank => Rank % LocalSize;

    /// <summary>Whether this is rank 0, which alone writes files, measures and prints.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>What carries the messages, such as <c>Open MPI 4.1.4</c>.</summary>
    public abstract string Description { get; }

    /// <summary>
    /// Whether <see cref="Sum"/> takes arrays in a GPU's memory, in the order of the work that the device was given; else a device hands
    /// over copies in the host's.
    /// </summary>
    public virtual bool TakesDeviceMemory => false;

    /// <summary>Replaces each array (float32 or float64) by its sum over all ranks, the same bits on each.</summary>
    public void Sum(params ReadOnlySpan<DeviceArray> arrays)
    {
        var began = Stopwatch.GetTimestamp();
        SumEach(arrays);
        Summing += Stopwatch.GetElapsedTime(began);
    }

    /// <summary>
    /// How long <see cref="Sum"/> has taken so far, the wait for slower ranks included; in a GPU's memory only how long it took to ask.
    /// </summary>
    public TimeSpan Summing { get; private set; }

    /// <inheritdoc cref="Sum"/>
    protected virtual void SumEach(ReadOnlySpan<DeviceArray> arrays)
    {
        foreach (var array in arrays)
            SumOf(array);
    }

    /// <summary>Replaces one array by its sum over all ranks.</summary>
    protected abstract void SumOf(DeviceArray array);

    /// <summary>
    /// Whether it is true on any rank. A rank that comes early sleeps rather than spins, so that others have the processor.
    /// </summary>
    public abstract bool Any(bool value);

    /// <summary>Rank 0's bytes, on every rank; waits as <see cref="Any"/> does.</summary>
    public abstract byte[] Share(byte[] bytes);

    /// <summary>Rank 0's text, on every rank.</summary>
    public string Share(string text) => Encoding.UTF8.GetString(Share(Encoding.UTF8.GetBytes(text)));

    /// <summary>Ends all ranks at once, with this exit code.</summary>
    public abstract void Abort(int exitCode);

    /// <summary>Has <paramref name="work"/> done when all ranks have come to their end, before they take leave of one another.</summary>
    public void AtTheEnd(Action work) => _endings.Add(work);

    /// <summary>Waits for the other ranks and takes leave of them.</summary>
    public abstract void Dispose();

    /// <summary>Does what <see cref="AtTheEnd"/> was given.</summary>
    protected void End()
    {
        foreach (var work in _endings)
            work();
        _endings.Clear();
    }

    /// <summary>
    /// How many samples of a batch are this rank's own: ranks take equal parts of it, in their order.
    /// </summary>
    /// <exception cref="ArgumentException">They cannot be equal.</exception>
    public int OwnOf(int batch) => batch % Size == 0 ? batch / Size
        : throw new ArgumentException($"a batch of {batch} is not shared out equally among {Size} ranks");

    private sealed class SingleProcess : Communicator
    {
        public override int Rank => 0;

        public override int Size => 1;

        public override int LocalSize => 1;

        public override string Description => "one process";

        protected override void SumOf(DeviceArray array)
        {
        }

        public override bool Any(bool value) => value;

        public override byte[] Share(byte[] bytes) => bytes;

        public override void Abort(int exitCode) => Environment.Exit(exitCode);

        public override void Dispose()
        {
        }
    }
}
