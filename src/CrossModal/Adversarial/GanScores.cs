using System.Globalization;
using CrossModal.Tensors;

namespace CrossModal.Adversarial;

/// <summary>
/// What a step's losses and scores were, or the sums of several; scores are probabilities of being real and belonging together,
/// <see cref="Wrong"/> NaN where there are no wrong pairs.
/// </summary>
internal readonly record struct GanScores(float DiscriminatorLoss, float GeneratorLoss, float Real, float Wrong, float Fake)
{
    internal const int Count = 5;

    public bool IsFinite => float.IsFinite(DiscriminatorLoss) && float.IsFinite(GeneratorLoss);

    public static GanScores operator +(GanScores a, GanScores b) => new(a.DiscriminatorLoss + b.DiscriminatorLoss,
        a.GeneratorLoss + b.GeneratorLoss, a.Real + b.Real, a.Wrong + b.Wrong, a.Fake + b.Fake);

    public static GanScores operator /(GanScores sums, int steps) => new(sums.DiscriminatorLoss / steps, sums.GeneratorLoss / steps,
        sums.Real / steps, sums.Wrong / steps, sums.Fake / steps);

    /// <summary>From the order of <see cref="ToText"/>.</summary>
    internal static GanScores Of(ReadOnlySpan<float> scores) => new(scores[0], scores[1], scores[2], scores[3], scores[4]);

    /// <summary>From the order in which <see cref="ScoreTensors"/> has them, the generator's loss last.</summary>
    internal static GanScores OfStep(ReadOnlySpan<float> scores) => new(scores[0], scores[4], scores[1], scores[2], scores[3]);

    /// <summary>The numbers as a checkpoint's text has them.</summary>
    internal string ToText() =>
        string.Create(CultureInfo.InvariantCulture, $"{DiscriminatorLoss:R} {GeneratorLoss:R} {Real:R} {Wrong:R} {Fake:R}");
}

/// <summary>The same on the device, as one step computes them.</summary>
/// <param name="Judged">The discriminator's loss, and the mean scores of real, wrong and generated pairs, [4].</param>
/// <param name="GeneratorLoss">[1].</param>
/// <param name="Each">The score of each pair in that order, where an observer wants them.</param>
internal sealed record ScoreTensors(Tensor Judged, Tensor GeneratorLoss, Tensor? Each);
