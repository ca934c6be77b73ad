using CrossModal.Kernels;

namespace CrossModal.Tensors;

public sealed partial class Tensor
{
    /// <summary>
    /// Cross-entropy of logits, of which several parts lie one behind the other: Σ over the parts of weight · the mean of t · softplus(−x)
    /// + (1 − t) · softplus(x). Loss, gradient and the mean probabilities come out of one pass; the gradient of the gradient is a program
    /// of ops.
    /// </summary>
    /// <param name="parts">Together as many as the logits, <see cref="LogisticPart.Most"/> at most.</param>
    /// <param name="shown">The loss, and of each part the mean of σ(x), [1 + parts], outside any gradient.</param>
    /// <exception cref="ShapeException">The parts are more or fewer than the logits.</exception>
    internal Tensor LogisticLoss(ReadOnlySpan<LogisticPart> parts, out Tensor shown)
    {
        var all = parts.ToArray();
        if (all.Length > LogisticPart.Most || all.Sum(part => (long)part.Count) != Count || all.Any(part => part.Count < 1))
            throw new ShapeException($"logistic loss: parts of {string.Join(", ", all.Select(part => part.Count))} of {Shape}");
        var call = Device.Call("logistic loss");
        shown = call.Result([1 + all.Length], SumType);
        var slope = call.Result(Shape, Type);
        call.Backend.LogisticLoss(all, call[this], call[shown], call[slope]);
        return shown.View([], 0).DeriveJointly("logistic loss", $"{all.Length} parts", [this], (g, _) =>
            [Tape.IsPaused ? slope * g : DifferentiableSlope(all) * g], slope);
    }

    /// <summary>weight · (σ(x) − t) / count, as a tensor program.</summary>
    private Tensor DifferentiableSlope(LogisticPart[] parts)
    {
        var (start, flat) = (0, Reshape((int)Count));
        return Concatenate(0, [.. parts.Select(part =>
        {
            var own = flat.Slice(0, start, part.Count);
            start += part.Count;
            return own.Sigmoid().Affine(part.Weight / part.Count, -part.Target * part.Weight / part.Count);
        })]).Reshape(Shape);
    }
}
