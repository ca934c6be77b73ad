namespace CrossModal;

/// <summary>
/// What one step of a GAN gave sample by sample, and how steep the way was. Computed only for an observer that wants it
/// (<see cref="IRunReporter.WantsDetail"/>). Scores are the discriminator's probabilities, 0 to 1.
/// </summary>
public sealed class StepDetail
{
    internal StepDetail(float[] real, float[] wrong, float[] fake, double discriminatorGradient, double generatorGradient)
    {
        (Real, Wrong, Fake) = (real, wrong, fake);
        (DiscriminatorGradient, GeneratorGradient) = (discriminatorGradient, generatorGradient);
    }

    /// <summary>The score of each real pair of the batch.</summary>
    public IReadOnlyList<float> Real { get; }

    /// <summary>The score of each real sample with a condition of another class; empty where there are no such pairs.</summary>
    public IReadOnlyList<float> Wrong { get; }

    /// <summary>The score of each generated sample; in a run of both directions images, then sounds.</summary>
    public IReadOnlyList<float> Fake { get; }

    /// <summary>The Euclidean norm of the gradient of all that the discriminator minimized, by all its parameters.</summary>
    public double DiscriminatorGradient { get; }

    /// <summary>The same of the generator.</summary>
    public double GeneratorGradient { get; }
}
