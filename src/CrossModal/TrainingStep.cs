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
    double? Wrong, double Fake);
