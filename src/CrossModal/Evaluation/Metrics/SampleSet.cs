using CrossModal.Kernels;

namespace CrossModal.Evaluation.Metrics;

/// <summary>What was generated, and so what its Fréchet distance is called.</summary>
internal enum Modality
{
    Image,
    Sound,
}

/// <summary>
/// Everything that the metrics of one split are measured from: generated samples as the judge sees them, and real ones beside them.
/// </summary>
/// <param name="Modality">What was generated.</param>
/// <param name="Classes">How many classes the judge knows.</param>
/// <param name="TrueClass">[count] the class of the condition that each sample was generated from.</param>
/// <param name="Named">[count] the class that the judge named.</param>
/// <param name="Probabilities">[count, classes] the judge's probabilities, after the softmax.</param>
/// <param name="Features">[count, length] the judge's features.</param>
/// <param name="RealFeatures">[real, length] the same judge's features of real samples of the same split; may be empty.</param>
/// <param name="RealClass">[real] their classes.</param>
internal sealed record SampleSet(Modality Modality, int Classes, int[] TrueClass, int[] Named, float[] Probabilities, FeatureRows Features,
    FeatureRows RealFeatures, int[] RealClass)
{
    /// <summary>
    /// [count] the song of each sample's condition, numbered over all classes: windows of one song overlap. Null where samples are
    /// independent.
    /// </summary>
    public int[]? Song { get; init; }

    /// <summary>
    /// [real] the song of each real sample, numbered as in <see cref="Song"/>. Null where they are independent or, if <see cref="Paired"/>,
    /// the same as <see cref="Song"/>.
    /// </summary>
    public int[]? RealSong { get; init; }

    /// <summary>The classes' names; those that lack one go by their number.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>Whether real sample i is the one recorded together with the condition of generated sample i.</summary>
    public bool Paired { get; init; }

    /// <summary>
    /// [count] the class that the judge named when each sample was generated from the condition that
    /// <see cref="MismatchSensitivity.Derangement"/> gave it; null if that was not done.
    /// </summary>
    public int[]? MismatchedNamed { get; init; }

    /// <summary>Real training samples, as many of each class as were generated; null if there are none.</summary>
    public RealSamples? Training { get; init; }

    /// <summary>Several samples of some conditions; null if there are none.</summary>
    public DiversitySamples? Diversity { get; init; }

    /// <summary>
    /// The songs of generated and of real samples as they are drawn again: pairs that are of no song are songs of their own. Null where
    /// samples are independent.
    /// </summary>
    internal (int[]? Generated, int[]? Real) Songs()
    {
        var song = Song ?? (Paired ? [.. Enumerable.Range(0, TrueClass.Length)] : null);
        return (song, RealSong ?? (Paired ? song : null));
    }

    /// <summary>Refuses an empty set, arrays that do not fit together and classes that there are not.</summary>
    internal void Check()
    {
        if (TrueClass.Length == 0)
            throw new BadInputException("metrics: there are no generated samples; generate at least one");
        var (count, real) = (TrueClass.Length, RealFeatures.Count);
        RequireLength(Named, count, nameof(Named));
        RequireLength(Song, count, nameof(Song));
        RequireLength(MismatchedNamed, count, nameof(MismatchedNamed));
        RequireLength(RealClass, real, nameof(RealClass));
        RequireLength(RealSong, real, nameof(RealSong));
        if (Features.Count != count || Probabilities.Length != (long)count * Classes)
            throw new ArgumentException(
                $"{count} samples of {Classes} classes, but {Features.Count} rows of features and {Probabilities.Length} probabilities");
        if (Paired && real != count)
            throw new ArgumentException($"{count} samples cannot be paired one to one with {real}");
        foreach (var c in TrueClass.Concat(Named).Concat(RealClass).Concat(MismatchedNamed ?? []))
        {
            if (c < 0 || c >= Classes)
                throw new ArgumentException($"there is no class {c} among {Classes}");
        }
    }

    private static void RequireLength(int[]? values, int length, string name)
    {
        if (values is not null && values.Length != length)
            throw new ArgumentException($"{name} has {values.Length} entries for {length} samples");
    }
}
