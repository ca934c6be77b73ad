using CrossModal.Kernels;
using CrossModal.Models;

namespace CrossModal.Runs;

/// <summary>Named sets of settings.</summary>
internal static class Presets
{
    /// <summary>
    /// Minutes on two cores: half the paper's channels, a discriminator with normalized weights, which bears a higher learning rate, and
    /// twice the generator's, a moving average of the generator, which doubles its sides by repeating pixels, an autoencoder beside the
    /// game, whose noise tells of player and background, and a quarter of the paper's batch, for four times as many steps.
    /// </summary>
    public static RunSettings Quick { get; } = Named("quick") with
    {
        Pairs = 3120,
        Model = new ModelSettings { Width = 32, NoiseSize = 32, SpectralNorm = true, Upsampling = true },
        SoundClassifier = new ClassifierSettings { Epochs = 12 },
        SoundAutoencoder = new ClassifierSettings { Epochs = 30, LearningRate = 2e-3, WeightDecay = 0 },
        ImageClassifier = new ClassifierSettings { Epochs = 3, MinimumSteps = 400 },
        ImageEncoder = new ClassifierSettings { Epochs = 3, MinimumSteps = 400 },
        Gan = new GanSettings
        {
            Epochs = 36,
            Batch = 16,
            LearningRate = 8e-4,
            DiscriminatorRateRatio = TwoRates,
            HalveEvery = 13,
            Ema = 0.995,
            Vae = 10,
        },
    };

    /// <summary>The paper's networks and loss; where it gives no figure, Reed et al. 2016.</summary>
    public static RunSettings Paper { get; } = Named("paper");

    /// <summary>
    /// Quick for a hundred epochs, with a longer moving average; and an encoder of images that is trained longer, on pictures mirrored and
    /// zoomed.
    /// </summary>
    public static RunSettings Best { get; } = Quick with
    {
        Preset = "best",
        Pairs = 0,
        ImageEncoder = new ClassifierSettings { Epochs = 3, MinimumSteps = 2500, Zoom = 0.35 },
        Gan = Quick.Gan with { Epochs = 100, HalveEvery = 36, Ema = 0.999 },
    };

    /// <summary>
    /// Best for a hundred photographs of a class or fewer, where what the autoencoder gives back is a fog: in its place what steadies a GAN
    /// whose discriminator soon knows every picture.
    /// </summary>
    public static RunSettings Photos { get; } = Best with
    {
        Preset = "photos",
        Model = Best.Model with { NoiseSize = Paper.Model.NoiseSize },
        Gan = Steadied(Best.Gan),
    };

    /// <summary>
    /// A preset for the pose scenario, where the autoencoder was not found to help: in its place the term that makes the generator listen
    /// to the noise; and where there are more epochs than quick has, what steadies a GAN through them.
    /// </summary>
    public static RunSettings ForPoses(RunSettings preset)
    {
        if (!preset.Model.Upsampling)
            return preset;
        var gan = preset.Gan.Epochs > Quick.Gan.Epochs
            ? Steadied(preset.Gan) : WithoutAutoencoder(preset.Gan) with { DiscriminatorRateRatio = Paper.Gan.DiscriminatorRateRatio };
        return preset with { Model = preset.Model with { NoiseSize = Paper.Model.NoiseSize }, Gan = gan };
    }

    /// <summary>
    /// A preset for spectrograms and for both directions in one model, with which the upsampling generator and small batches were not tried
    /// either: as for poses, with transposed convolutions and the paper's batch.
    /// </summary>
    public static RunSettings ForSpectrograms(RunSettings preset)
    {
        if (!preset.Model.Upsampling)
            return preset;
        var poses = ForPoses(preset);
        return poses with { Model = poses.Model with { Upsampling = false }, Gan = poses.Gan with { Batch = Paper.Gan.Batch } };
    }

    /// <summary>
    /// The mode-seeking term in place of the autoencoder, and hinge loss, two learning rates, R1, augmentation and an auxiliary classifier.
    /// What each is worth by itself is measured in docs/experiments.md.
    /// </summary>
    private static GanSettings Steadied(GanSettings gan) => WithoutAutoencoder(gan) with
    {
        LearningRate = Quick.Gan.LearningRate / 2,
        DiscriminatorRateRatio = TwoRates,
        Loss = AdversarialLoss.Hinge,
        R1 = 0.2,
        Augment = true,
        Auxiliary = 0.2,
    };

    private static GanSettings WithoutAutoencoder(GanSettings gan) => gan with { Vae = 0, ModeSeeking = ModeSeekingWeight };

    /// <summary>
    /// Best with half of its channels, classifiers of a tenth of their weights, and sixty epochs of as many pairs as quick has: a run of a
    /// few megabytes, to be handed on. Those in <c>models</c> are made by it.
    /// </summary>
    public static RunSettings Small { get; } = Best with
    {
        Preset = "small",
        Pairs = Quick.Pairs,
        Model = Best.Model with { Width = 16 },
        SoundClassifier = Best.SoundClassifier with { Hidden = SmallHidden },
        ImageClassifier = Best.ImageClassifier with { Hidden = SmallHidden },
        ImageEncoder = Quick.ImageEncoder with { Hidden = SmallHidden },
        Gan = Best.Gan with { Epochs = 60, HalveEvery = 22 },
    };

    private const int SmallHidden = 96;

    /// <summary>The discriminator's rate beside the generator's (Heusel et al. 2017): normalized weights learn slowly.</summary>
    private const double TwoRates = 2;

    internal const double ModeSeekingWeight = 0.02;

    /// <summary>
    /// Seconds: every part of a run, too small to learn. For trying a device, a change, or the CUDA kernels on <c>cuda-sim</c>.
    /// </summary>
    public static RunSettings Tiny { get; } = Named("tiny") with
    {
        Pairs = 52,
        Model = new ModelSettings { Width = 4 },
        SoundClassifier = new ClassifierSettings { Epochs = 2, MinimumSteps = 0, Batch = 16 },
        SoundAutoencoder = new ClassifierSettings { Epochs = 2, MinimumSteps = 0, Batch = 16, WeightDecay = 0 },
        SoundEncoder = new ClassifierSettings { Epochs = 2, MinimumSteps = 0, Batch = 16, WeightDecay = 0 },
        ImageClassifier = new ClassifierSettings { Epochs = 1, MinimumSteps = 0, Batch = 16 },
        ImageEncoder = new ClassifierSettings { Epochs = 1, MinimumSteps = 0, Batch = 16 },
        PoseRegressor = new ClassifierSettings { Epochs = 1, MinimumSteps = 0, Batch = 16 },
        Gan = new GanSettings { Epochs = 2, Batch = 8 },
    };

    /// <summary>What each is for, in one line for the help.</summary>
    public const string Meaning =
        "tiny: every part of a run in seconds, too small to learn; quick: narrow networks and few epochs, for two cores; "
        + "paper: the paper's networks and schedule; best: quick for 100 epochs; "
        + "photos: best for sound to image of a hundred photographs of a class or fewer; "
        + "small: best with narrower networks, a run of a few megabytes to be handed on.";

    public static IReadOnlyList<string> Names { get; } = ["tiny", "quick", "paper", "best", "photos", "small"];

    /// <exception cref="BadInputException">No such preset.</exception>
    public static RunSettings Find(string name) => name switch
    {
        "tiny" => Tiny,
        "quick" => Quick,
        "paper" => Paper,
        "best" => Best,
        "photos" => Photos,
        "small" => Small,
        _ => throw new SettingException("preset", $"{name}: no such preset; choose one of {string.Join(", ", Names)}"),
    };

    /// <summary>The defaults under a preset's name, without what only a run knows.</summary>
    private static RunSettings Named(string preset) =>
        new() { Kind = RunKind.SoundToImage, Data = "", Preset = preset, Device = "", Seed = 0 };
}
