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
    void Load(ReadOnlySpan<int> pairs, int epoch, CountedRandom random);
}

/// <summary>A model and the batches that are loaded into it.</summary>
internal sealed record AdversarialTraining(AdversarialModel Model, IBatchSource Batches) : IDisposable
{
    public void Dispose() => Model.Dispose();
}
