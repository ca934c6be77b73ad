using CrossModal.Kernels;
using CrossModal.Runs;

namespace CrossModal;

/// <summary>What <see cref="TrainedRun.Train"/> trains.</summary>
public sealed record TrainingRequest
{
    /// <summary>
    /// <c>s2i</c>, sound to image; <c>i2s</c>, image to sound (Chen et al. 2017); or <c>cmcgan</c>, both in one model (Hao et al. 2018).
    /// </summary>
    public string Model { get; init; } = RunKind.SoundToImage.Name;

    /// <summary>
    /// <c>synthetic</c> for songs and players that are made up and kept in the cache, or the folder of a data set: in the layout of
    /// Sub-URMP, or with one folder per class.
    /// </summary>
    public string Data { get; init; } = RunOptions.StandardData;

    /// <summary>
    /// <c>tiny</c>, every part of a run in seconds, too small to learn; <c>quick</c>, for two cores; <c>paper</c>, the paper's networks and
    /// schedule; <c>best</c>, for the best samples.
    /// </summary>
    public string Preset { get; init; } = RunOptions.StandardPreset;

    /// <summary>The device to compute on.</summary>
    public DeviceSettings Device { get; init; } = new();

    /// <summary>Passes over the training pairs for the GAN; null where the preset decides. Excludes <see cref="Steps"/>.</summary>
    public int? Epochs { get; init; }

    /// <summary>Steps of the GAN instead of epochs.</summary>
    public int? Steps { get; init; }

    /// <summary>At most so many training pairs; synthetic data are made that large. Null where the preset decides.</summary>
    public int? Pairs { get; init; }

    /// <summary>The seed of weights, noise and order: the same seed on the same device gives the same weights.</summary>
    public ulong Seed { get; init; } = RunOptions.StandardSeed;
}
