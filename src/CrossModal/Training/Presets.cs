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
        ImageClassifier = new ClassifierSettings { Epochs = 3, MinimumSteps = 400 },
        Gan = new GanSettings { Epochs = 44, LearningRate = 8e-4, HalveEvery = 16, Ema = 0.995, ModeSeeking = 0.02 },
    };

    /// <summary>The paper's networks and loss; where it gives no figure, Reed et al. 2016.</summary>
    public static RunConfiguration Paper { get; } = new()
    {
        Command = "", Data = "", Preset = "paper", Device = "", Seed = 0,
    };

    public static IReadOnlyList<string> Names { get; } = ["quick", "paper"];

    /// <exception cref="BadInputException">No such preset.</exception>
    public static RunConfiguration Find(string name) => name switch
    {
        "quick" => Quick,
        "paper" => Paper,
        _ => throw new BadInputException($"--preset {name}: no such preset; choose one of {string.Join(", ", Names)}"),
    };
}
