using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;

namespace CrossModal.Runs;

/// <summary>How the GAN is trained; the defaults are the preset <c>paper</c>.</summary>
internal sealed record GanSettings
{
    [Within(1, int.MaxValue)]
    public int Epochs { get; init; } = 200;

    /// <summary>Stops after so many steps, whatever the epoch; 0: never.</summary>
    [Within(0, int.MaxValue)]
    public int Steps { get; init; }

    [Within(1, int.MaxValue)]
    public int Batch { get; init; } = 64;

    [Within(0, 1000)]
    public double LearningRate { get; init; } = 2e-4;

    [Within(0, 0.999999)]
    public double Beta1 { get; init; } = 0.5;

    [Within(0, 0.999999)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>The learning rate is halved each time so many epochs have passed.</summary>
    [Within(1, int.MaxValue)]
    public int HalveEvery { get; init; } = 100;

    /// <summary>Decay of the moving average of the generator's weights; 0: samples are made with the weights as they are.</summary>
    [Within(0, 0.999999)]
    public double Ema { get; init; }

    /// <summary>
    /// Weight of the generator's mode-seeking term, which makes it listen to the noise; 0: none, and no second pass of the generator.
    /// </summary>
    [Within(0, 100)]
    public double ModeSeeking { get; init; }

    public AdversarialLoss Loss { get; init; } = AdversarialLoss.CrossEntropy;

    /// <summary>
    /// Whether the discriminator also sees real samples that do not belong to the condition (Reed et al. 2016); the paper's variant S2I-N
    /// has none.
    /// </summary>
    public bool WrongPairs { get; init; } = true;

    /// <summary>The discriminator's learning rate in multiples of the generator's (two time scales, Heusel et al. 2017).</summary>
    [Within(0.01, 100)]
    public double DiscriminatorRateRatio { get; init; } = 1;

    /// <summary>What cross-entropy asks of real pairs; 0.9 is one-sided label smoothing (Salimans et al. 2016).</summary>
    [Within(0.5, 1)]
    public double RealTarget { get; init; } = 1;

    /// <summary>γ of the gradient penalty γ/2 · ‖∂D/∂x‖² at real samples (R1, Mescheder et al. 2018); 0: none.</summary>
    [Within(0, 1000)]
    public double R1 { get; init; }

    /// <summary>The penalty is computed every so many steps, and counts so many times (lazy regularization, Karras et al. 2020).</summary>
    [Within(1, int.MaxValue)]
    public int R1Every { get; init; } = 16;

    /// <summary>Whether the discriminator sees real, wrong and fake samples changed at random (DiffAugment, Zhao et al. 2020).</summary>
    public bool Augment { get; init; }

    /// <summary>
    /// Whether batch normalization takes the statistics of all ranks' samples rather than those of each rank's own; without effect on one
    /// rank.
    /// </summary>
    public bool SyncBatchNorm { get; init; }

    /// <summary>Weight of the auxiliary classifier's loss in both players' losses (Odena et al. 2017); 0: no such head.</summary>
    [Within(0, 100)]
    public double Auxiliary { get; init; }

    /// <summary>
    /// Weight, in both players' losses, of the head that tells from the sample what its condition's code says beside its class; 0: no such
    /// head. The discriminator is to tell it of real samples and nothing of generated ones, the generator to let its own say what the real
    /// ones of the same conditions say.
    /// </summary>
    [Within(0, 1000)]
    public double CodeHead { get; init; }

    /// <summary>
    /// Weight of a variational autoencoder beside the GAN (Larsen et al. 2016; with a condition, Bao et al. 2017): the generator is to give
    /// back each real sample from the noise that a network tells of the sample; 0: no such term and network.
    /// </summary>
    [Within(0, 1000)]
    public double Vae { get; init; }

    public static WordSetting<AdversarialLoss> LossSetting { get; } = new("loss", "The game: the paper's cross-entropy, or hinge.",
        [.. AdversarialLoss.All.Select(loss => (loss.Word, loss))], run => run.Gan.Loss,
        (run, value) => run with { Gan = run.Gan with { Loss = value } });

    public static NumberSetting EmaSetting { get; } = Number("ema",
        "Decay of the moving average of the generator's weights that samples are made with; 0: none.", nameof(Ema), gan => gan.Ema,
        (gan, value) => gan with { Ema = value });

    public static NumberSetting DiscriminatorRateSetting { get; } = Number("discriminator-rate",
        "The discriminator's learning rate in multiples of the generator's.", nameof(DiscriminatorRateRatio),
        gan => gan.DiscriminatorRateRatio,
        (gan, value) => gan with { DiscriminatorRateRatio = value });

    public static NumberSetting R1Setting { get; } = Number("r1",
        "Strength of the penalty on the discriminator's slope at real samples, every 16 steps; 0: none.", nameof(R1), gan => gan.R1,
        (gan, value) => gan with { R1 = value }, IsOfOneDirection);

    public static NumberSetting RealTargetSetting { get; } = Number("real-target",
        "What cross-entropy asks of real pairs; 0.9 is one-sided label smoothing.", nameof(RealTarget), gan => gan.RealTarget,
        (gan, value) => gan with { RealTarget = value });

    public static WordSetting<bool> AugmentSetting { get; } = new("augment",
        "Whether the discriminator sees all samples changed at random (DiffAugment).", [("on", true), ("off", false)],
        run => run.Gan.Augment, (run, value) => run with { Gan = run.Gan with { Augment = value } })
    {
        AppliesTo = IsOfOneDirection,
    };

    public static NumberSetting AuxiliarySetting { get; } = Number("auxiliary",
        "Weight of a head of the discriminator that names the instrument; 0: none.", nameof(Auxiliary), gan => gan.Auxiliary,
        (gan, value) => gan with { Auxiliary = value }, IsOfOneDirection);

    public static NumberSetting CodeHeadSetting { get; } = Number("code-head",
        "Weight of a head of the discriminator that tells from the sample what the condition's code says beside its instrument; 0: none. "
            + "The pose scenario has one.",
        nameof(CodeHead), gan => gan.CodeHead, (gan, value) => gan with { CodeHead = value }, IsOfOneDirection);

    public static NumberSetting ModeSeekingSetting { get; } = Number("mode-seeking",
        "Weight of the term that makes the generator listen to the noise; 0: none.", nameof(ModeSeeking), gan => gan.ModeSeeking,
        (gan, value) => gan with { ModeSeeking = value });

    public static NumberSetting VaeSetting { get; } = Number("vae",
        "Weight of a variational autoencoder beside the GAN: the generator gives back real samples from the noise that a network tells of "
            + "them; 0: none.",
        nameof(Vae), gan => gan.Vae, (gan, value) => gan with { Vae = value }, IsOfOneDirection);

    public static WordSetting<bool> SyncBatchNormSetting { get; } = new("sync-batch-norm",
        "With several ranks (docs/scaling.md), whether batch normalization takes the statistics of all of them: exact, and slower.",
        [("on", true), ("off", false)], run => run.Gan.SyncBatchNorm,
        (run, value) => run with { Gan = run.Gan with { SyncBatchNorm = value } })
    {
        Default = "off",
    };

    /// <summary>Those that a user may choose, in the order of the help.</summary>
    public static IReadOnlyList<Setting> Declared { get; } =
    [
        LossSetting, EmaSetting, DiscriminatorRateSetting, R1Setting, RealTargetSetting, AugmentSetting, AuxiliarySetting, CodeHeadSetting,
        ModeSeekingSetting, VaeSetting, SyncBatchNormSetting,
    ];

    /// <summary>The generator's learning rate in an epoch, counted from 0.</summary>
    public double RateIn(int epoch) => LearningRate * Schedules.HalveEvery(HalveEvery)(epoch);

    /// <summary>CMCGAN's step has no such part.</summary>
    private static bool IsOfOneDirection(RunKind kind) => kind.Directions.Count == 1;

    private static NumberSetting Number(string name, string help, string property, Func<GanSettings, double> get,
        Func<GanSettings, double, GanSettings> set, Func<RunKind, bool>? appliesTo = null) =>
        new(name, help, WithinAttribute.Of<GanSettings>(property), run => get(run.Gan),
            (run, value) => run with { Gan = set(run.Gan, value) })
        {
            AppliesTo = appliesTo ?? (kind => kind.Directions.Count > 0),
        };
}
