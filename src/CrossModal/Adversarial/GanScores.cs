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

    /// <summary>From the order that <see cref="ScoreTensors.Joined"/> gives them.</summary>
    internal static GanScores Of(ReadOnlySpan<float> scores) => new(scores[0], scores[1], scores[2], scores[3], scores[4]);

    /// <summary>The numbers as a checkpoint's text has them.</summary>
    internal string ToText() =>
        string.Create(CultureInfo.InvariantCulture, $"{DiscriminatorLoss:R} {GeneratorLoss:R} {Real:R} {Wrong:R} {Fake:R}");
}

/// <summary>What the discriminator gives some pairs.</summary>
/// <param name="Mean">The mean of their probabilities, [1].</param>
/// <param name="Each">The probability of each, where an observer wants them.</param>
internal readonly record struct PairScores(Tensor Mean, Tensor? Each);

/// <summary>The same on the device, as one step computes them: losses [1] each.</summary>
internal sealed record ScoreTensors
{
    public required Tensor DiscriminatorLoss { get; init; }

    public required Tensor GeneratorLoss { get; init; }

    public required PairScores Real { get; init; }

    public required PairScores Wrong { get; init; }

    public required PairScores Fake { get; init; }

    /// <summary>Losses and mean scores, [5].</summary>
    public Tensor Joined() => Tensor.Concatenate(0,
        [.. new[] { DiscriminatorLoss, GeneratorLoss, Real.Mean, Wrong.Mean, Fake.Mean }.Select(value => value.Reshape(1))]);
}
