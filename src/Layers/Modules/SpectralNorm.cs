using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// Divides a weight by its largest singular value σ (Miyato et al. 2018), so that the layer is 1-Lipschitz. σ = uᵀMv, M the weight as a
/// matrix [outputs, rest]; u and v are found by power iteration, one round a training pass, going on from where the last one stopped. The
/// gradient goes through σ with u and v held fixed (their gradient analysis).
/// </summary>
/// <param name="left">u, [outputs]: kept between passes.</param>
/// <param name="right">v, [rest].</param>
/// <param name="outputsLast">Whether the weight's last axis is the outputs; else its first is.</param>
internal sealed class SpectralNorm(Tensor left, Tensor right, bool outputsLast)
{
    /// <summary>
    /// Rounds before the first pass, so that σ is near the truth from the start; 15 as PyTorch's <c>parametrizations.spectral_norm</c>.
    /// </summary>
    private const int FirstRounds = 15;

    private const double Epsilon = 1e-12;

    /// <summary>Draws u and runs the first rounds.</summary>
    public void Start(Tensor weight, RandomStream random)
    {
        using var pause = Tape.Paused();
        using var scope = new Scope();
        left.CopyFrom(Unit(random.Normal(left.Shape)));
        var matrix = Matrix(weight);
        for (var round = 0; round < FirstRounds; round++)
            Iterate(matrix);
    }

    /// <summary>weight / σ, differentiable by the weight.</summary>
    /// <param name="training">Whether to run a round of the power iteration first.</param>
    public Tensor Normalize(Tensor weight, bool training)
    {
        var matrix = Matrix(weight);
        var (u, v) = (left, right);
        if (training)
        {
            // The tape holds this pass's own u and v, not the buffers, which a second pass before the gradient would overwrite.
            using var pause = Tape.Paused();
            (u, v) = Iterate(matrix.Detach());
        }

        var product = outputsLast
            ? v.Reshape(1, -1).MatrixProduct(matrix).MatrixProduct(u.Reshape(-1, 1))
            : u.Reshape(1, -1).MatrixProduct(matrix).MatrixProduct(v.Reshape(-1, 1));
        return weight / product.Reshape(1);
    }

    /// <summary>v = Mᵀu / ‖Mᵀu‖, u = Mv / ‖Mv‖, written into the buffers and returned.</summary>
    private (Tensor Left, Tensor Right) Iterate(Tensor matrix)
    {
        var v = Unit(matrix.MatrixProduct(left.Reshape(-1, 1), transposeThis: !outputsLast).Reshape(right.Shape));
        var u = Unit(matrix.MatrixProduct(v.Reshape(-1, 1), transposeThis: outputsLast).Reshape(left.Shape));
        left.CopyFrom(u);
        right.CopyFrom(v);
        return (u, v);
    }

    private Tensor Matrix(Tensor weight) => outputsLast ? weight.Reshape(-1, left.Shape[0]) : weight.Reshape(left.Shape[0], -1);

    private static Tensor Unit(Tensor vector) => vector / (vector.Square().Sum().Sqrt() + Epsilon);
}
