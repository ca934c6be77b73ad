using CrossModal.Imaging;

namespace CrossModal.Evaluation.Human;

/// <summary>Where a picture comes from.</summary>
/// <param name="Name"><c>real</c>, or the name of the run that drew it.</param>
/// <param name="IsGenerated">Whether a run drew it.</param>
internal sealed record RatingSource(string Name, bool IsGenerated)
{
    /// <summary>Pictures of the data set.</summary>
    public static RatingSource Real { get; } = new("real", false);

    /// <summary>Pictures that a run drew; a run that is called <c>real</c> gets another name, so that no table has two of them.</summary>
    public static RatingSource GeneratedBy(string run) => new(run == Real.Name ? $"run {run}" : run, true);
}

/// <summary>One picture to be rated, with the sound that is played to it.</summary>
/// <param name="Id">What it is, for the key: the sound's name in the data set. It is not shown to raters.</param>
/// <param name="Picture">As the networks see it: 64 × 64.</param>
/// <param name="Sound">22 050 amplitudes in [−1, 1] at 44.1 kHz: half a second.</param>
/// <param name="Instrument">The class of the sound.</param>
/// <param name="Source">Whether the picture is the sound's own or was drawn from it.</param>
internal sealed record RatingItem(string Id, RgbImage Picture, float[] Sound, string Instrument, RatingSource Source);
