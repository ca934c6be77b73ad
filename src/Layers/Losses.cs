using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>What is minimised: each a scalar, the mean over the batch. Logits are scores before sigmoid or softmax.</summary>
public static class Losses
{
    /// <summary>
    /// −t·log σ(x) − (1 − t)·log(1 − σ(x)) for one target for all, computed without a logarithm of a small number: t·softplus(−x) + (1 − t)·softplus(x).
    /// Target 0.9 for real images is one-sided label smoothing (Salimans et al. 2016).
    /// </summary>
    public static Tensor BinaryCrossEntropyWithLogits(Tensor logits, double target) => target switch
    {
        1 => (-logits).Softplus().Mean(),
        0 => logits.Softplus().Mean(),
        > 0 and < 1 => (logits.Softplus() - logits * target).Mean(),
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, "binary cross entropy: the target must be in [0, 1]"),
    };

    /// <summary>The same with a target for each logit: softplus(x) − x·t.</summary>
    public static Tensor BinaryCrossEntropyWithLogits(Tensor logits, Tensor target)
    {
        CheckSame("binary cross entropy", logits, target);
        return (logits.Softplus() - logits * target).Mean();
    }

    /// <summary>max(0, 1 − D(real)): with <see cref="HingeDiscriminatorFake"/> the hinge loss of Lim and Ye 2017.</summary>
    public static Tensor HingeDiscriminatorReal(Tensor scores) => (1 - scores).Relu().Mean();

    /// <summary>max(0, 1 + D(fake)).</summary>
    public static Tensor HingeDiscriminatorFake(Tensor scores) => (scores + 1).Relu().Mean();

    /// <summary>−D(fake).</summary>
    public static Tensor HingeGenerator(Tensor scores) => -scores.Mean();

    /// <summary>−Σ target · log softmax(logits), the mean over the rows of [batch, classes].</summary>
    /// <param name="target">Labels (int32, [batch]) or rows of probabilities like <paramref name="logits"/>.</param>
    /// <param name="labelSmoothing">ε: targets become (1 − ε) · target + ε / classes (Szegedy et al. 2016).</param>
    public static Tensor SoftmaxCrossEntropy(Tensor logits, Tensor target, double labelSmoothing = 0)
    {
        if (logits.Shape.Rank != 2)
            throw new ArgumentException($"softmax cross entropy: logits {logits.Shape} must be [batch, classes]");
        var (batch, classes) = (logits.Shape[0], logits.Shape[1]);
        if (target.Type == ElementType.Int32 && target.Count == batch)
            target = target.OneHot(classes);
        CheckSame("softmax cross entropy", logits, target);
        if (labelSmoothing != 0)
            target = target.Affine(1 - labelSmoothing, labelSmoothing / classes);
        return (logits.LogSoftmax() * target).Sum() * (-1.0 / batch);
    }

    /// <summary>(x − target)², the mean over all elements.</summary>
    public static Tensor MeanSquaredError(Tensor x, Tensor target)
    {
        CheckSame("mean squared error", x, target);
        return (x - target).Square().Mean();
    }

    /// <summary>Σ weight · (x − target)² / Σ weight: an element of weight 0 counts for nothing. 0 where all weights are.</summary>
    /// <param name="weight">At least 0, shaped like <paramref name="x"/>.</param>
    public static Tensor MeanSquaredError(Tensor x, Tensor target, Tensor weight)
    {
        CheckSame("mean squared error", x, target);
        CheckSame("mean squared error, weight", x, weight);
        return ((x - target).Square() * weight).Sum() / (weight.Sum() + 1e-12);
    }

    /// <summary>|x − target|, the mean over all elements.</summary>
    public static Tensor L1(Tensor x, Tensor target)
    {
        CheckSame("L1 loss", x, target);
        return (x - target).Abs().Mean();
    }

    /// <summary>Refuses what broadcasting would silently turn into another loss.</summary>
    private static void CheckSame(string loss, Tensor a, Tensor b)
    {
        if (a.Shape != b.Shape || a.Type != b.Type)
            throw new ArgumentException($"{loss}: {a.Type} {a.Shape} against {b.Type} {b.Shape}; they must be alike");
    }
}
