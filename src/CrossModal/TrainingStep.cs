namespace CrossModal;

/// <summary>What one step of a GAN gave. Scores are means over the batch of the discriminator's probabilities, 0 to 1.</summary>
/// <param name="Step">Its number, from 1.</param>
/// <param name="LearningRate">The generator's.</param>
/// <param name="DiscriminatorLoss">What the discriminator minimized.</param>
/// <param name="GeneratorLoss">What the generator minimized.</param>
/// <param name="Real">The score of real pairs.</param>
/// <param name="Wrong">The score of real samples with a condition of another class; null where there are no such pairs.</param>
/// <param name="Fake">The score of generated samples.</param>
public readonly record struct TrainingStep(long Step, double LearningRate, double DiscriminatorLoss, double GeneratorLoss, double Real,
    double? Wrong, double Fake)
{
    /// <summary>Pairs in the step.</summary>
    public int Batch { get; init; }

    /// <summary>From the step before to this one; null after anything else came between: the beginning, a measurement, a save.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The most bytes that the device has held for the training so far.</summary>
    public long DeviceBytes { get; init; }

    /// <summary>The scores sample by sample and the norms of the gradients; null unless they were wanted before the step.</summary>
    public StepDetail? Detail { get; init; }
}
