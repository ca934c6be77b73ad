using Lane = System.Runtime.Intrinsics.Vector512<float>;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// A minimal filtering algorithm F(m, r) (Winograd, "Arithmetic Complexity of Computations", 1980; for convolutions Lavin and Gray 2016): m
/// outputs of r taps, y_i = Σ_t d_{i+t}·g_t, with m + r − 1 multiplications in place of m·r. y = Aᵀ[(G g) ⊙ (Bᵀ d)], where the matrices
/// are those of Toom and Cook's interpolation at m + r − 2 points and infinity. The gradients of this bilinear form need the transposes of
/// the same matrices: of the input B[(G g) ⊙ (A y)], of the taps Gᵀ[(Bᵀ d) ⊙ (A y)]. Each method replaces a column of up to six numbers,
/// for sixteen channels at once, by its product with one matrix; along both axes this makes the two-dimensional F(m×m, r×r). What a column
/// has beyond its inputs is not read.
/// </summary>
internal interface IWinogradTile
{
    /// <summary>Outputs along one axis, m.</summary>
    static abstract int Outputs { get; }

    /// <summary>Taps along one axis, r.</summary>
    static abstract int Taps { get; }

    /// <summary>Of the convolutions whose phases have so many taps.</summary>
    static abstract int Stride { get; }

    /// <summary>Inputs along one axis and multiplications: m + r − 1.</summary>
    static abstract int Points { get; }

    /// <summary>d ← Bᵀ d.</summary>
    static abstract void Input(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5);

    /// <summary>
    /// p ← B p. Only tiles of phases need it: the input gradient of a convolution with stride one is such a convolution itself.
    /// </summary>
    static virtual void InputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5) =>
        throw new NotSupportedException("Only tiles of phases make an input gradient by the transposes.");

    /// <summary>y ← Aᵀ p: from points to outputs.</summary>
    static abstract void Output(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5);

    /// <summary>p ← A y: from outputs to points.</summary>
    static abstract void OutputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5);

    /// <summary>u ← G g: from taps to points.</summary>
    static abstract void Kernel(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5);

    /// <summary>g ← Gᵀ u: from points to taps.</summary>
    static abstract void KernelTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5);
}
