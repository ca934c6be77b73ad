namespace CrossModal.Runs;

/// <summary>How a classifier is trained, or another of the networks beside the GAN.</summary>
internal sealed record ClassifierSettings
{
    public int Epochs { get; init; } = 20;

    /// <summary>On few examples there are more epochs, so that there are at least so many steps.</summary>
    public int MinimumSteps { get; init; } = 600;

    public int Batch { get; init; } = 64;

    public double LearningRate { get; init; } = 1e-3;

    /// <summary>L2 on the fully connected layers (Chen et al. 2017, Fig. 4).</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>Training pictures are shifted by up to so many pixels; sounds by so many frames.</summary>
    public int Shift { get; init; } = 2;

    /// <summary>
    /// Training pictures are mirrored, and magnified or reduced by a factor of up to 1 + zoom; 0: neither. Of the encoder of images alone.
    /// </summary>
    public double Zoom { get; init; }

    /// <summary>The epochs that there will be with so many steps in each.</summary>
    public int EpochsOf(int stepsPerEpoch) => Math.Max(Epochs, (MinimumSteps + stepsPerEpoch - 1) / stepsPerEpoch);
}
