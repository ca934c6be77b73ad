using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// What is minimized: each a scalar, the mean over the batch. Logits are scores before sigmoid or softmax. Losses are computed in the
/// device's float type, whatever the type of the activations.
/// </summary>
public static class Losses
{
    /// <summary>
    /// −t·log σ(x) − (1 − t)·log(1 − σ(x)) for one target for all, computed without a logarithm of a small number: t·softplus(−x) + (1 −
    /// t)·softplus(x). Target 0.9 for real images is one-sided label smoothing (Salimans et al. 2016).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The target is outside [0, 1].</exception>
    /// <remarks>In one pass, unless somebody watches the tape: then by ops that can be followed, to the same numbers.</remarks>
    public static Tensor BinaryCrossEntropyWithLogits(Tensor logits, double target) => target switch
    {
        >= 0 and <= 1 when Tape.Watching is null && logits.Count is > 0 and <= int.MaxValue =>
            logits.LogisticLoss([new LogisticPart((int)logits.Count, target)], out _),
        1 => (-Whole(logits)).Softplus().Mean(),
        0 => Whole(logits).Softplus().Mean(),
        > 0 and < 1 => (Whole(logits).Softplus() - Whole(logits) * target).Mean(),
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, "binary cross entropy: the target must be in [0, 1]"),
    };

    /// <summary>The same with a target for each logit: softplus(x) − x·t.</summary>
    /// <exception cref="ShapeException">Logits and targets differ in shape or type.</exception>
    public static Tensor BinaryCrossEntropyWithLogits(Tensor logits, Tensor target)
    {
        (logits, target) = (Whole(logits), Whole(target));
        CheckSame("binary cross entropy", logits, target);
        return (logits.Softplus() - logits * target).Mean();
    }

    /// <summary>max(0, 1 − D(real)): with <see cref="HingeDiscriminatorFake"/> the hinge loss of Lim and Ye 2017.</summary>
    public static Tensor HingeDiscriminatorReal(Tensor scores) => (1 - Whole(scores)).Relu().Mean();

    /// <summary>max(0, 1 + D(fake)).</summary>
    public static Tensor HingeDiscriminatorFake(Tensor scores) => (Whole(scores) + 1).Relu().Mean();

    /// <summary>−D(fake).</summary>
    public static Tensor HingeGenerator(Tensor scores) => -scores.Mean();

    /// <summary>
    /// R1 (Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?"): ‖∂D/∂x‖² at the real images, the mean over the
    /// batch. The caller multiplies by γ / 2 and adds it to the discriminator's loss: its own gradient, one of second order, is then taken
    /// with the rest. It goes through every op that has a second derivative: spectral normalization, and batch normalization, too, whose
    /// gradient the tape then takes as a program of ops and not by its fused kernel. With batch normalization a score depends on its batch
    /// mates as well, so what is penalized is the gradient of the sum of all scores.
    /// </summary>
    /// <param name="realScores">One score, before any sigmoid, for each real image.</param>
    /// <param name="realImages">
    /// [batch, …], with <see cref="Tensor.RequiresGradient"/> set before the discriminator saw them. A pass of their own is cheapest:
    /// behind a pass that they share with wrong and fake images the gradient is computed for all of these.
    /// </param>
    /// <exception cref="ShapeException">Other than one score an image.</exception>
    /// <exception cref="ArgumentException">The scores were not computed from these images on the tape.</exception>
    public static Tensor GradientPenaltyR1(Tensor realScores, Tensor realImages)
    {
        if (realImages.Shape.Rank == 0 || realScores.Count != realImages.Shape[0])
            throw new ShapeException($"R1: scores {realScores.Shape} must be one for each of the images {realImages.Shape}");
        if (!Tape.Remembers(realScores, realImages))
        {
            throw new ArgumentException(
                $"R1: nothing on the tape leads from the scores {realScores.Shape} to the images {realImages.Shape}: "
                + "set RequiresGradient on them before the discriminator's pass, outside a pause");
        }

        var gradient = Tape.Gradients(realScores.Sum(), [realImages], differentiable: true)[0];
        return Whole(gradient).Square().Sum() * (1.0 / realImages.Shape[0]);
    }

    /// <summary>
    /// −Σ target · log softmax(logits), the mean over the rows of [batch, classes]. A class whose target is 0 adds nothing, be its logit
    /// −∞: it is masked out.
    /// </summary>
    /// <param name="target">Labels (int32, [batch]) or rows of probabilities like <paramref name="logits"/>.</param>
    /// <param name="labelSmoothing">ε: targets become (1 − ε) · target + ε / classes (Szegedy et al. 2016).</param>
    /// <exception cref="ShapeException">The logits have not two axes, or the target fits neither form.</exception>
    public static Tensor SoftmaxCrossEntropy(Tensor logits, Tensor target, double labelSmoothing = 0)
    {
        if (logits.Shape.Rank != 2)
            throw new ShapeException($"softmax cross entropy: logits {logits.Shape} must be [batch, classes]");
        var (batch, classes) = (logits.Shape[0], logits.Shape[1]);
        var labels = target.Type == ElementType.Int32 && target.Count == batch;
        if (labels)
            target = target.OneHot(classes);
        (logits, target) = (Whole(logits), Whole(target));
        CheckSame("softmax cross entropy", logits, target);
        if (labelSmoothing != 0)
            target = target.Affine(1 - labelSmoothing, labelSmoothing / classes);

        // A target that is itself learned has a gradient where it is 0, too.
        var asked = target.IsTracked ? logits.LogSoftmax() : logits.LogSoftmax().Where(target);
        return (labels && labelSmoothing == 0 ? asked : asked * target).Sum() * (-1.0 / batch);
    }

    /// <summary>(x − target)², the mean over all elements.</summary>
    /// <exception cref="ShapeException">The two differ in shape or type.</exception>
    public static Tensor MeanSquaredError(Tensor x, Tensor target)
    {
        (x, target) = (Whole(x), Whole(target));
        CheckSame("mean squared error", x, target);
        return (x - target).Square().Mean();
    }

    /// <summary>Σ weight · (x − target)² / Σ weight: an element of weight 0 counts for nothing. 0 where all weights are.</summary>
    /// <param name="weight">At least 0, shaped like <paramref name="x"/>.</param>
    /// <exception cref="ShapeException">The three differ in shape or type.</exception>
    public static Tensor MeanSquaredError(Tensor x, Tensor target, Tensor weight)
    {
        (x, target, weight) = (Whole(x), Whole(target), Whole(weight));
        CheckSame("mean squared error", x, target);
        CheckSame("mean squared error, weight", x, weight);
        return ((x - target).Square() * weight).Sum() / (weight.Sum() + 1e-12);
    }

    /// <summary>|x − target|, the mean over all elements.</summary>
    /// <exception cref="ShapeException">The two differ in shape or type.</exception>
    public static Tensor L1(Tensor x, Tensor target)
    {
        (x, target) = (Whole(x), Whole(target));
        CheckSame("L1 loss", x, target);
        return (x - target).Abs().Mean();
    }

    /// <summary>Activations of bfloat16 in the device's float type; anything else as it is.</summary>
    private static Tensor Whole(Tensor x) => x.Type == ElementType.BFloat16 ? x.To(x.Device.FloatType) : x;

    /// <summary>Refuses what broadcasting would silently turn into another loss.</summary>
    private static void CheckSame(string loss, Tensor a, Tensor b)
    {
        if (a.Shape != b.Shape || a.Type != b.Type)
            throw new ShapeException($"{loss}: {a.Type} {a.Shape} against {b.Type} {b.Shape}; they must be alike");
    }
}
