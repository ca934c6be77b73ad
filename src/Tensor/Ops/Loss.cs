using CrossModal.Kernels;

namespace CrossModal.Tensors;

public sealed partial class Tensor
{
    /// <summary>
    /// The mean of t · softplus(−x) + (1 − t) · softplus(x): cross-entropy of logits with one target. Loss and gradient come out of one
    /// pass; the gradient of the gradient is a program of ops.
    /// </summary>
    internal Tensor LogisticLoss(double target)
    {
        var call = Device.Call("logistic loss");
        var (loss, slope) = (call.Result([], SumType), call.Result(Shape, Type));
        call.Backend.LogisticLoss(target, call[this], call[loss], call[slope]);
        return loss.DeriveJointly("logistic loss", $"target {target}", [this], (g, _) =>
            [Tape.IsPaused ? slope * g : (Sigmoid() - target) * (g * (1.0 / Count))]);
    }
}
