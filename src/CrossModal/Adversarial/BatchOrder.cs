using CrossModal.Kernels;
using CrossModal.Kernels.Communication;
using CrossModal.Runs;

namespace CrossModal.Adversarial;

/// <summary>Which pairs each step of a run trains on: a function of seed and step number.</summary>
/// <param name="ranks">Who trains on a part of each batch.</param>
internal sealed class BatchOrder(IBatchSource batches, RunSettings run, Communicator ranks)
{
    private readonly Range _own = (ranks.Rank * ranks.OwnOf(run.Gan.Batch))..((ranks.Rank + 1) * ranks.OwnOf(run.Gan.Batch));
    private int[] _order = [];
    private int _epoch = -1;

    public int StepsPerEpoch { get; } = batches.Count / run.Gan.Batch;

    /// <summary>Sets what a step trains on, counted from 0.</summary>
    /// <returns>The numbers of its pairs, until the next call.</returns>
    public ReadOnlySpan<int> Load(long step)
    {
        var epoch = (int)(step / StepsPerEpoch);
        if (epoch != _epoch)
            (_order, _epoch) = (batches.Shuffled(epoch), epoch);
        var pairs = _order.AsSpan((int)(step % StepsPerEpoch) * run.Gan.Batch, run.Gan.Batch);
        batches.Load(pairs, _own, epoch, new CountedRandom(run.Seed, RandomStreams.WrongPairs | (ulong)step));
        return pairs;
    }
}
