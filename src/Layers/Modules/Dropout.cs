using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// In training each element is kept with a probability, scaled by its reciprocal, and else zero (Srivastava et al. 2014); otherwise nothing
/// happens.
/// </summary>
public sealed class Dropout : Layer
{
    private readonly RandomStream _random;
    private readonly double _keep;

    /// <summary>A layer without parameters.</summary>
    /// <param name="random">Where the masks are drawn from, anew at each pass; not owned. Its position belongs into the checkpoint.</param>
    /// <param name="keep">The probability of keeping, in (0, 1]; the probability of dropping is 1 − keep.</param>
    public Dropout(RandomStream random, double keep)
        : base(random.Device)
    {
        if (!(keep > 0 && keep <= 1))
            throw new ArgumentOutOfRangeException(nameof(keep), keep, "dropout: the probability of keeping must be in (0, 1]");
        (_random, _keep) = (random, keep);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => Training && _keep < 1 ? x * _random.DropoutMask(x.Shape, _keep).To(x.Type) : x;
}
