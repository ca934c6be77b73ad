using System.Text.Json.Serialization;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>What a discriminator's logits cost it.</summary>
/// <param name="Loss">A scalar.</param>
/// <param name="Shown">
/// The loss, and the mean probabilities of real, wrong (where there are such) and generated pairs, [3 or 4], outside any gradient.
/// </param>
internal readonly record struct Judgement(Tensor Loss, Tensor Shown);

/// <summary>
/// The game that generator and discriminator play, on logits. Another game is another property here, and its place in <see cref="All"/>:
/// the command line, <c>run.json</c> and both kinds of GAN know it by that.
/// </summary>
[JsonConverter(typeof(Converter))]
internal sealed class AdversarialLoss
{
    private readonly Func<Tensor, double, Tensor> _real;
    private readonly Func<Tensor, Tensor> _unreal, _generator;

    /// <param name="name">As <c>run.json</c> has it.</param>
    /// <param name="word">As the command line has it.</param>
    /// <param name="real">What the discriminator asks of real pairs, given what is asked of them at most.</param>
    /// <param name="unreal">What it asks of wrong pairs and of fakes.</param>
    /// <param name="generator">What the generator asks of its own.</param>
    private AdversarialLoss(string name, string word, Func<Tensor, double, Tensor> real, Func<Tensor, Tensor> unreal,
        Func<Tensor, Tensor> generator) =>
        (Name, Word, _real, _unreal, _generator) = (name, word, real, unreal, generator);

    /// <summary>−log S_r − (log(1 − S_w) + log(1 − S_f)) / 2 against −log S_f (Chen et al. 2017, after Reed et al. 2016).</summary>
    public static AdversarialLoss CrossEntropy { get; } = new("CrossEntropy", "cross-entropy",
        real: Losses.BinaryCrossEntropyWithLogits,
        unreal: logits => Losses.BinaryCrossEntropyWithLogits(logits, 0),
        generator: logits => Losses.BinaryCrossEntropyWithLogits(logits, 1));

    /// <summary>max(0, 1 − D_r) + (max(0, 1 + D_w) + max(0, 1 + D_f)) / 2 against −D_f (Lim and Ye 2017).</summary>
    public static AdversarialLoss Hinge { get; } = new("Hinge", "hinge",
        real: (logits, _) => Losses.HingeDiscriminatorReal(logits),
        unreal: Losses.HingeDiscriminatorFake,
        generator: Losses.HingeGenerator);

    /// <summary>All games there are.</summary>
    public static IReadOnlyList<AdversarialLoss> All { get; } = [CrossEntropy, Hinge];

    /// <summary>As <c>run.json</c> has it.</summary>
    public string Name { get; }

    /// <summary>As the command line has it.</summary>
    public string Word { get; }

    /// <summary>The discriminator's loss, a scalar.</summary>
    /// <param name="real">Logits of real pairs.</param>
    /// <param name="wrong">Logits of wrong pairs; null without them, and fakes then count in full.</param>
    /// <param name="fake">Logits of generated samples.</param>
    /// <param name="realTarget">What cross-entropy asks of real pairs; under 1 for one-sided label smoothing.</param>
    public Tensor Discriminator(Tensor real, Tensor? wrong, Tensor fake, double realTarget)
    {
        var unreal = wrong is null ? _unreal(fake) : (_unreal(wrong) + _unreal(fake)) * 0.5;
        return _real(real, realTarget) + unreal;
    }

    /// <summary>
    /// The same, and what is shown of it, of the logits of real, wrong (0: none) and generated pairs, which lie one behind the other.
    /// Cross-entropy is computed in one pass, unless somebody watches the tape, who is shown every op of it.
    /// </summary>
    public Judgement Judge(Tensor logits, int real, int wrong, int fake, double realTarget)
    {
        if (this == CrossEntropy && Tape.Watching is null)
        {
            LogisticPart[] asked = wrong == 0 ? [new(real, realTarget), new(fake, 0)]
                : [new(real, realTarget), new(wrong, 0, 0.5), new(fake, 0, 0.5)];
            return new(logits.LogisticLoss(asked, out var shown), shown);
        }

        var (ofReal, ofFake) = (logits.Slice(0, 0, real), logits.Slice(0, real + wrong, fake));
        var ofWrong = wrong == 0 ? null : logits.Slice(0, real, wrong);
        var loss = Discriminator(ofReal, ofWrong, ofFake, realTarget);
        using var pause = Tape.Paused();
        var means = new[] { ofReal, ofWrong, ofFake }.OfType<Tensor>().Select(part => part.To(part.Device.FloatType).Sigmoid().Mean());
        return new(loss, Tensor.Concatenate(0, [.. means.Prepend(loss).Select(value => value.Reshape(1))]));
    }

    /// <summary>The generator's loss, a scalar, of the logits of its own samples.</summary>
    public Tensor Generator(Tensor fake) => _generator(fake);

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal sealed class Converter() : NamedConverter<AdversarialLoss>(() => All, loss => loss.Name);
}
