using CrossModal.Models;

namespace CrossModal.Runs;

/// <summary>How the GAN is trained; the defaults are the preset <c>paper</c>.</summary>
internal sealed record GanSettings
{
    public int Epochs { get; init; } = 200;

    /// <summary>Stops after so many steps, whatever the epoch; 0: never.</summary>
    public int Steps { get; init; }

    public int Batch { get; init; } = 64;

    public double LearningRate { get; init; } = 2e-4;

    public double Beta1 { get; init; } = 0.5;

    public double Beta2 { get; init; } = 0.999;

    /// <summary>The learning rate is halved each time so many epochs have passed.</summary>
    public int HalveEvery { get; init; } = 100;

    /// <summary>Decay of the moving average of the generator's weights; 0: samples are made with the weights as they are.</summary>
    public double Ema { get; init; }

    /// <summary>
    /// Weight of the generator's mode-seeking term, which makes it listen to the noise; 0: none, and no second pass of the generator.
    /// </summary>
    public double ModeSeeking { get; init; }

    public AdversarialLoss Loss { get; init; } = AdversarialLoss.CrossEntropy;

    /// <summary>
    /// Whether the discriminator also sees real samples that do not belong to the condition (Reed et al. 2016); the paper's variant S2I-N
    /// has none.
    /// </summary>
    public bool WrongPairs { get; init; } = true;

    /// <summary>The discriminator's learning rate in multiples of the generator's (two time scales, Heusel et al. 2017).</summary>
    public double DiscriminatorRateRatio { get; init; } = 1;

    /// <summary>What cross-entropy asks of real pairs; 0.9 is one-sided label smoothing (Salimans et al. 2016).</summary>
    public double RealTarget { get; init; } = 1;

    /// <summary>γ of the gradient penalty γ/2 · ‖∂D/∂x‖² at real samples (R1, Mescheder et al. 2018); 0: none.</summary>
    public double R1 { get; init; }

    /// <summary>The penalty is computed every so many steps, and counts so many times (lazy regularization, Karras et al. 2020).</summary>
    public int R1Every { get; init; } = 16;

    /// <summary>Whether the discriminator sees real, wrong and fake samples changed at random (DiffAugment, Zhao et al. 2020).</summary>
    public bool Augment { get; init; }

    /// <summary>Weight of the auxiliary classifier's loss in both players' losses (Odena et al. 2017); 0: no such head.</summary>
    public double Auxiliary { get; init; }

    /// <summary>
    /// Weight, in both players' losses, of the head that tells from the sample what its condition's code says beside its class; 0: no such
    /// head. The discriminator is to tell it of real samples and nothing of generated ones, the generator to let its own say what the real
    /// ones of the same conditions say.
    /// </summary>
    public double CodeHead { get; init; }
}
