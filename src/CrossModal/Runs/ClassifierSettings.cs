using CrossModal.Kernels;
using CrossModal.Models;

namespace CrossModal.Runs;

/// <summary>How a classifier is trained, or another of the networks beside the GAN.</summary>
internal sealed record ClassifierSettings
{
    private const int FewPictures = 2048, StepsOnFew = 2500;
    private const double ZoomOnFew = 0.35;

    [Within(0, 1_000_000)]
    public int Epochs { get; init; } = 20;

    /// <summary>On few examples there are more epochs, so that there are at least so many steps.</summary>
    [Within(0, 1_000_000_000)]
    public int MinimumSteps { get; init; } = 600;

    [Within(1, int.MaxValue)]
    public int Batch { get; init; } = 64;

    [Within(0, 1000)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>L2 on the fully connected layers (Chen et al. 2017, Fig. 4).</summary>
    [Within(0, 1000)]
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>Training pictures are shifted by up to so many pixels; sounds by so many frames.</summary>
    [Within(0, 64)]
    public int Shift { get; init; } = 2;

    /// <summary>
    /// Training pictures are mirrored, and magnified or reduced by a factor of up to 1 + zoom; 0: neither. Of the encoder and the judge of
    /// images alone.
    /// </summary>
    [Within(0, 8)]
    public double Zoom { get; init; }

    /// <summary>
    /// Numbers of the layer behind the convolutions (Chen et al. 2017, Fig. 4 and 5: 1024). Most of a classifier's weights are in it.
    /// </summary>
    [Within(1, 1 << 16)]
    public int Hidden { get; init; } = FeatureNetwork.PaperHidden;

    /// <summary>
    /// The same for so many training pictures. Where they are few, there are more steps, on pictures mirrored and zoomed, so that what is
    /// learned is what they show, and not which they are. Where no least number of steps is asked for, nothing changes.
    /// </summary>
    public ClassifierSettings OnPictures(int count) => count >= FewPictures || MinimumSteps == 0 ? this : this with
    {
        MinimumSteps = Math.Max(MinimumSteps, StepsOnFew),
        Zoom = Zoom > 0 ? Zoom : ZoomOnFew,
    };

    /// <summary>The epochs that there will be with so many steps in each.</summary>
    public int EpochsOf(int stepsPerEpoch) => Math.Max(Epochs, (MinimumSteps + stepsPerEpoch - 1) / stepsPerEpoch);
}
