using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lane = System.Runtime.Intrinsics.Vector512<float>;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// A minimal filtering algorithm F(m, 2) (Winograd, "Arithmetic Complexity of Computations", 1980; for convolutions Lavin and Gray 2016): m
/// outputs of two taps, y_i = d_i·g_0 + d_{i+1}·g_1, with m + 1 multiplications in place of 2m. y = Aᵀ[(G g) ⊙ (Bᵀ d)], where the matrices
/// are those of Toom and Cook's interpolation at m points and infinity. The gradients of this bilinear form need the transposes of the same
/// matrices: of the input B[(G g) ⊙ (A y)], of the taps Gᵀ[(Bᵀ d) ⊙ (A y)]. Each method replaces a column of up to five numbers, for
/// sixteen channels at once, by its product with one matrix; along both axes this makes the two-dimensional F(m×m, 2×2). What a column has
/// beyond its inputs is not read.
/// </summary>
internal interface IWinogradTile
{
    /// <summary>Outputs along one axis, m.</summary>
    static abstract int Outputs { get; }

    /// <summary>Inputs along one axis and multiplications: m + 1.</summary>
    static abstract int Points { get; }

    /// <summary>d ← Bᵀ d.</summary>
    static abstract void Input(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4);

    /// <summary>p ← B p.</summary>
    static abstract void InputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4);

    /// <summary>y ← Aᵀ p: from points to outputs.</summary>
    static abstract void Output(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4);

    /// <summary>p ← A y: from outputs to points.</summary>
    static abstract void OutputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4);

    /// <summary>u ← G g: from two taps to points.</summary>
    static abstract void Taps(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4);

    /// <summary>g ← Gᵀ u: from points to two taps.</summary>
    static abstract void TapsTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4);
}

/// <summary>F(2×2, 2×2), of points 0, 1 and infinity: 9 multiplications for 16.</summary>
internal readonly struct WinogradTwo : IWinogradTile
{
    public static int Outputs => 2;

    public static int Points => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4)
    {
        v0 -= v1;
        v2 -= v1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void InputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4) => v1 -= v0 + v2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4)
    {
        v0 += v1;
        v1 += v2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OutputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4)
    {
        v2 = v1;
        v1 += v0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Taps(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4) =>
        OutputTransposed(ref v0, ref v1, ref v2, ref v3, ref v4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TapsTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4) =>
        Output(ref v0, ref v1, ref v2, ref v3, ref v4);
}

/// <summary>
/// F(4×4, 2×2): 25 multiplications for 64. The points are ±3/8, ±5/4 and infinity: their rounding error is as small as that of the best of
/// all choices of points, and a third of that of 0, ±1 and 2, their powers are exact in float32, and pairs of points share their even and
/// odd parts. The denominators of the interpolation are in G.
/// </summary>
internal readonly struct WinogradFour : IWinogradTile
{
    private const float A = 3f / 8, B = 5f / 4, A2 = A * A, B2 = B * B, ScaleA = 1 / (2 * A * (A2 - B2)), ScaleB = 1 / (2 * B * (B2 - A2));

    public static int Outputs => 4;

    public static int Points => 5;

    /// <summary>Rows of Bᵀ: the coefficients of (x² − b²)(x ± a), (x² − a²)(x ± b) and (x² − a²)(x² − b²).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4)
    {
        Lane evenA = Add(v2, -B2, v0), oddA = Add(v3, -B2, v1), evenB = Add(v2, -A2, v0), oddB = Add(v3, -A2, v1);
        v4 = Add(Add(v4, A2 * B2, v0), -(A2 + B2), v2);
        v0 = Add(oddA, A, evenA);
        v1 = Add(oddA, -A, evenA);
        v2 = Add(oddB, B, evenB);
        v3 = Add(oddB, -B, evenB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void InputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4)
    {
        Lane sumA = v0 + v1, sumB = v2 + v3, differenceA = (v0 - v1) * A, differenceB = (v2 - v3) * B;
        v0 = Add(Add(v4 * (A2 * B2), -B2, differenceA), -A2, differenceB);
        v1 = Add(sumA * -B2, -A2, sumB);
        v2 = Add(differenceA + differenceB, -(A2 + B2), v4);
        v3 = sumA + sumB;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4)
    {
        Lane sumA = v0 + v1, sumB = v2 + v3, differenceA = v0 - v1, differenceB = v2 - v3;
        v0 = sumA + sumB;
        v1 = Add(differenceA * A, B, differenceB);
        v2 = Add(sumA * A2, B2, sumB);
        v3 = Add(Add(v4, A2 * A, differenceA), B2 * B, differenceB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OutputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4)
    {
        Lane evenA = Add(v0, A2, v2), oddA = Add(v1, A2, v3), evenB = Add(v0, B2, v2), oddB = Add(v1, B2, v3);
        v4 = v3;
        v0 = Add(evenA, A, oddA);
        v1 = Add(evenA, -A, oddA);
        v2 = Add(evenB, B, oddB);
        v3 = Add(evenB, -B, oddB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Taps(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4)
    {
        v4 = v1;
        v2 = Add(v0, B, v1) * ScaleB;
        v3 = Add(v0, -B, v1) * -ScaleB;
        v1 = Add(v0, -A, v4) * -ScaleA;
        v0 = Add(v0, A, v4) * ScaleA;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TapsTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4)
    {
        var first = Add((v0 - v1) * ScaleA, ScaleB, v2 - v3);
        v1 = Add(Add(v4, ScaleA * A, v0 + v1), ScaleB * B, v2 + v3);
        v0 = first;
    }

    /// <summary>sum + factor · x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lane Add(Lane sum, float factor, Lane x) => Lanes.MultiplyAdd(Vector512.Create(factor), x, sum);
}
