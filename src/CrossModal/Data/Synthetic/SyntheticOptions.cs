namespace CrossModal.Data.Synthetic;

/// <summary>What to generate. The data set is a pure function of everything here but <see cref="Threads"/>.</summary>
internal sealed record SyntheticOptions
{
    public ulong Seed { get; init; } = 2017;

    /// <summary>Pairs of sound and picture an instrument in the split <c>train</c>; at least 1.</summary>
    public int TrainPairsPerInstrument { get; init; } = 240;

    /// <summary>Pairs of sound and picture an instrument in the split <c>validation</c>; at least 1.</summary>
    public int ValidationPairsPerInstrument { get; init; } = 60;

    /// <summary>Pixels from left to right, at least 64. The player fills the square in the middle, whatever the size.</summary>
    public int PictureWidth { get; init; } = ScenePainter.ImageSize;

    /// <summary>Pixels from top to bottom, at least 64.</summary>
    public int PictureHeight { get; init; } = ScenePainter.ImageSize;

    /// <summary>Songs rendered at the same time; 0 takes every core. It changes the speed, never the samples.</summary>
    public int Threads { get; init; }
}
