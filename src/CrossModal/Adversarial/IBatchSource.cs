using CrossModal.Kernels;

namespace CrossModal.Adversarial;

/// <summary>
/// Where the batches of a model come from. What a batch holds is a function of pairs, epoch and the random numbers given.
/// </summary>
internal interface IBatchSource
{
    /// <summary>Pairs of an epoch.</summary>
    int Count { get; }

    /// <summary>The order of an epoch: every pair once.</summary>
    int[] Shuffled(int epoch);

    /// <summary>Sets what the model's next step trains on.</summary>
    /// <param name="pairs">The whole batch; random numbers are drawn for each of it, in this order.</param>
    /// <param name="own">Which of it this rank trains on.</param>
    void Load(ReadOnlySpan<int> pairs, Range own, int epoch, CountedRandom random);
}

/// <summary>A model and the batches that are loaded into it.</summary>
internal sealed record AdversarialTraining(AdversarialModel Model, IBatchSource Batches) : IDisposable
{
    public void Dispose() => Model.Dispose();
}
