using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Adversarial;

/// <summary>
/// What a step's losses and scores were; scores are probabilities of being real and belonging together, <see cref="Wrong"/> NaN where there
/// are no wrong pairs.
/// </summary>
internal readonly record struct GanScores(float DiscriminatorLoss, float GeneratorLoss, float Real, float Wrong, float Fake)
{
    public bool IsFinite => float.IsFinite(DiscriminatorLoss) && float.IsFinite(GeneratorLoss);
}

/// <summary>Networks that play against each other, and one step of both; what <see cref="GanLoop{TModel}"/> trains.</summary>
internal interface IAdversarialModel : IDisposable
{
    Device Device { get; }

    /// <summary>The generator's rate; the discriminator's keeps its ratio to it.</summary>
    double LearningRate { set; }

    /// <summary>One step of the discriminator and one of the generator on the batch that was set.</summary>
    void Step();

    /// <summary>Begins to read the losses of the step that was asked for last; returns at once. At most two may be on their way.</summary>
    void BeginReadScores();

    /// <summary>The losses of the earliest step whose reading was begun; waits for that step alone.</summary>
    GanScores FinishReadScores();

    /// <summary>Whether no weight and no running statistic is a NaN or an infinity; reads them all back.</summary>
    bool HasFiniteWeights();

    /// <summary>Makes the averaged weights (or the present ones, where none are averaged) those that samples are made with.</summary>
    void UpdateSampler();

    /// <summary>All that a resumed run needs: weights, averages, optimizers, positions of random streams.</summary>
    Checkpoint CreateCheckpoint();
}

/// <summary>
/// Where the batches of a model come from. What a batch holds is a function of pairs, epoch and the random numbers given.
/// </summary>
/// <typeparam name="TModel">The model that takes them.</typeparam>
internal interface IBatchSource<in TModel> where TModel : IAdversarialModel
{
    /// <summary>Pairs of an epoch.</summary>
    int Count { get; }

    /// <summary>The order of an epoch: every pair once.</summary>
    int[] Shuffled(int epoch);

    /// <summary>Sets what the model's next step trains on.</summary>
    void Load(TModel model, ReadOnlySpan<int> pairs, int epoch, Kernels.CountedRandom random);
}
