using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Adversarial;

/// <summary>The losses of both games, on logits.</summary>
internal static class AdversarialLosses
{
    /// <param name="wrong">Null without wrong pairs; the fakes then count in full.</param>
    /// <param name="realTarget">What cross-entropy asks of real pairs; under 1 for one-sided label smoothing.</param>
    public static Tensor Discriminator(AdversarialLoss loss, Tensor real, Tensor? wrong, Tensor fake, double realTarget)
    {
        var unreal = wrong is null ? Fake(fake) : (Fake(wrong) + Fake(fake)) * 0.5;
        return (loss == AdversarialLoss.Hinge ? Losses.HingeDiscriminatorReal(real) : Losses.BinaryCrossEntropyWithLogits(real, realTarget))
            + unreal;

        Tensor Fake(Tensor logits) =>
            loss == AdversarialLoss.Hinge ? Losses.HingeDiscriminatorFake(logits) : Losses.BinaryCrossEntropyWithLogits(logits, 0);
    }

    public static Tensor Generator(AdversarialLoss loss, Tensor fake) =>
        loss == AdversarialLoss.Hinge ? Losses.HingeGenerator(fake) : Losses.BinaryCrossEntropyWithLogits(fake, 1);

    /// <summary>The mean probability that logits give, [1], outside any gradient.</summary>
    public static Tensor Score(Tensor logits)
    {
        using var pause = Tape.Paused();
        return logits.Sigmoid().Mean().Reshape(1);
    }

    /// <summary>
    /// How near two samples of the same condition lie for the distance of their noises (Mao et al. 2019, the mode-seeking term): mean |z₁ −
    /// z₂| / mean |x₁ − x₂|. Small when noise makes a difference.
    /// </summary>
    public static Tensor ModeSeeking(Tensor sample, Tensor noise, Tensor otherSample, Tensor otherNoise) =>
        (noise - otherNoise).Abs().Mean() / ((sample - otherSample).Abs().Mean() + 1e-5);
}
