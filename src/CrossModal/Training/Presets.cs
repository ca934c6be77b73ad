using CrossModal.Kernels;
using CrossModal.Models;

namespace CrossModal.Training;

/// <summary>Named sets of settings.</summary>
public static class Presets
{
    /// <summary>
    /// Minutes on two cores: half the paper's channels, a discriminator with normalised weights, which bears a higher learning rate, a moving average of the generator, and a
    /// term that makes it listen to the noise.
    /// </summary>
    public static RunConfiguration Quick { get; } = new()
    {
        Command = "", Data = "", Preset = "quick", Device = "", Seed = 0, Pairs = 3120,
        Model = new ModelConfiguration { Width = 32, SpectralNorm = true },
        SoundClassifier = new ClassifierSettings { Epochs = 12 },
        SoundAutoencoder = new ClassifierSettings { Epochs = 30, LearningRate = 2e-3, WeightDecay = 0 },
        ImageClassifier = new ClassifierSettings { Epochs = 3, MinimumSteps = 400 },
        Gan = new GanSettings { Epochs = 44, LearningRate = 8e-4, HalveEvery = 16, Ema = 0.995, ModeSeeking = 0.02 },
    };

    /// <summary>The paper's networks and loss; where it gives no figure, Reed et al. 2016.</summary>
    public static RunConfiguration Paper { get; } = new()
    {
        Command = "", Data = "", Preset = "paper", Device = "", Seed = 0,
    };

    /// <summary>Seconds: every part of a run, too small to learn. For trying a device, a change, or the CUDA kernels on <c>cuda-sim</c>.</summary>
    public static RunConfiguration Tiny { get; } = new()
    {
        Command = "", Data = "", Preset = "tiny", Device = "", Seed = 0, Pairs = 52,
        Model = new ModelConfiguration { Width = 4 },
        SoundClassifier = new ClassifierSettings { Epochs = 2, MinimumSteps = 0, Batch = 16 },
        SoundAutoencoder = new ClassifierSettings { Epochs = 2, MinimumSteps = 0, Batch = 16, WeightDecay = 0 },
        SoundEncoder = new ClassifierSettings { Epochs = 2, MinimumSteps = 0, Batch = 16, WeightDecay = 0 },
        ImageClassifier = new ClassifierSettings { Epochs = 1, MinimumSteps = 0, Batch = 16 },
        PoseRegressor = new ClassifierSettings { Epochs = 1, MinimumSteps = 0, Batch = 16 },
        Gan = new GanSettings { Epochs = 2, Batch = 8 },
    };

    public static IReadOnlyList<string> Names { get; } = ["tiny", "quick", "paper"];

    /// <exception cref="BadInputException">No such preset.</exception>
    public static RunConfiguration Find(string name) => name switch
    {
        "tiny" => Tiny,
        "quick" => Quick,
        "paper" => Paper,
        _ => throw new BadInputException($"--preset {name}: no such preset; choose one of {string.Join(", ", Names)}"),
    };
}
