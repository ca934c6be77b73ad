using System.Runtime.CompilerServices;
using static CrossModal.Kernels.Cpu.WinogradColumns;
using Lane = System.Runtime.Intrinsics.Vector512<float>;

namespace CrossModal.Kernels.Cpu;

/// <summary>F(2×2, 3×3), of points 0, ±1 and infinity: 16 multiplications for 36. No choice of points rounds less.</summary>
internal readonly struct WinogradF23 : IWinogradTile
{
    public static int Outputs => 2;

    public static int Taps => 3;

    public static int Stride => 1;

    public static int Points => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        v0 -= v2;
        v3 -= v1;
        (v1, v2) = (v2 + v1, v2 - v1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        v0 += v1 + v2;
        v1 = v1 - v2 + v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OutputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        v3 = v1;
        (v1, v2) = (v0 + v1, v0 - v1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Kernel(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        v3 = v2;
        Lane even = (v0 + v2) * 0.5f, odd = v1 * 0.5f;
        (v1, v2) = (even + odd, even - odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void KernelTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        Lane even = (v1 + v2) * 0.5f, odd = (v1 - v2) * 0.5f;
        (v0, v1, v2) = (v0 + even, odd, v3 + even);
    }
}

/// <summary>
/// F(4×4, 3×3): 36 multiplications for 144. The points are 0, ±5/8, ±25/16 and infinity: as good as the best of all choices of points; with
/// 0, ±1, ±2 rounding errs more than twice as much. Like those of <see cref="WinogradF42"/> their powers are exact,
/// and pairs share their even and odd parts.
/// </summary>
internal readonly struct WinogradF43 : IWinogradTile
{
    private const float A = 5f / 8, B = 25f / 16, A2 = A * A, B2 = B * B;
    private const float ScaleZero = 1 / (A2 * B2), ScaleA = 1 / (2 * A2 * (A2 - B2)), ScaleB = 1 / (2 * B2 * (B2 - A2));

    public static int Outputs => 4;

    public static int Taps => 3;

    public static int Stride => 1;

    public static int Points => 6;

    /// <summary>Rows of Bᵀ: the coefficients of x(x² − a²)(x² − b²) without the factor of the row's point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        Lane evenA = Add(v4, -B2, v2), oddA = Add(v3, -B2, v1), evenB = Add(v4, -A2, v2), oddB = Add(v3, -A2, v1);
        v0 = Add(Add(v4, A2 * B2, v0), -(A2 + B2), v2);
        v5 = Add(Add(v5, A2 * B2, v1), -(A2 + B2), v3);
        v1 = Add(evenA, A, oddA);
        v2 = Add(evenA, -A, oddA);
        v3 = Add(evenB, B, oddB);
        v4 = Add(evenB, -B, oddB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        Lane sumA = v1 + v2, sumB = v3 + v4, differenceA = v1 - v2, differenceB = v3 - v4;
        v0 += sumA + sumB;
        v1 = Add(differenceA * A, B, differenceB);
        v2 = Add(sumA * A2, B2, sumB);
        v3 = Add(Add(v5, A2 * A, differenceA), B2 * B, differenceB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OutputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        Lane evenA = Add(v0, A2, v2), oddA = Add(v1, A2, v3), evenB = Add(v0, B2, v2), oddB = Add(v1, B2, v3);
        v5 = v3;
        v1 = Add(evenA, A, oddA);
        v2 = Add(evenA, -A, oddA);
        v3 = Add(evenB, B, oddB);
        v4 = Add(evenB, -B, oddB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Kernel(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        Lane evenA = Add(v0, A2, v2) * ScaleA, evenB = Add(v0, B2, v2) * ScaleB, odd = v1;
        v5 = v2;
        v0 *= ScaleZero;
        v1 = Add(evenA, A * ScaleA, odd);
        v2 = Add(evenA, -A * ScaleA, odd);
        v3 = Add(evenB, B * ScaleB, odd);
        v4 = Add(evenB, -B * ScaleB, odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void KernelTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        Lane sumA = (v1 + v2) * ScaleA, sumB = (v3 + v4) * ScaleB;
        v0 = Add(sumA + sumB, ScaleZero, v0);
        v1 = Add((v1 - v2) * (A * ScaleA), B * ScaleB, v3 - v4);
        v2 = Add(Add(v5, A2, sumA), B2, sumB);
    }
}
