using System.Runtime.CompilerServices;
using static CrossModal.Kernels.Cpu.WinogradColumns;
using Lane = System.Runtime.Intrinsics.Vector512<float>;

namespace CrossModal.Kernels.Cpu;

/// <summary>F(2×2, 2×2), of points 0, 1 and infinity: 9 multiplications for 16.</summary>
internal readonly struct WinogradF22 : IWinogradTile
{
    public static int Outputs => 2;

    public static int Taps => 2;

    public static int Stride => 2;

    public static int Points => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        v0 -= v1;
        v2 -= v1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void InputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5) => v1 -= v0 + v2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        v0 += v1;
        v1 += v2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OutputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        v2 = v1;
        v1 += v0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Kernel(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5) =>
        OutputTransposed(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void KernelTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5) =>
        Output(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
}

/// <summary>
/// F(4×4, 2×2): 25 multiplications for 64. The points are ±3/8, ±5/4 and infinity: their rounding error is as small as that of the best of
/// all choices of points, a third under that of 0, ±1 and 2, their powers are exact in float32, and pairs of points share their even and
/// odd parts. The denominators of the interpolation are in G.
/// </summary>
internal readonly struct WinogradF42 : IWinogradTile
{
    private const float A = 3f / 8, B = 5f / 4, A2 = A * A, B2 = B * B, ScaleA = 1 / (2 * A * (A2 - B2)), ScaleB = 1 / (2 * B * (B2 - A2));

    public static int Outputs => 4;

    public static int Taps => 2;

    public static int Stride => 2;

    public static int Points => 5;

    /// <summary>Rows of Bᵀ: the coefficients of (x² − b²)(x ± a), (x² − a²)(x ± b) and (x² − a²)(x² − b²).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        Lane evenA = Add(v2, -B2, v0), oddA = Add(v3, -B2, v1), evenB = Add(v2, -A2, v0), oddB = Add(v3, -A2, v1);
        v4 = Add(Add(v4, A2 * B2, v0), -(A2 + B2), v2);
        v0 = Add(oddA, A, evenA);
        v1 = Add(oddA, -A, evenA);
        v2 = Add(oddB, B, evenB);
        v3 = Add(oddB, -B, evenB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void InputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        Lane sumA = v0 + v1, sumB = v2 + v3, differenceA = (v0 - v1) * A, differenceB = (v2 - v3) * B;
        v0 = Add(Add(v4 * (A2 * B2), -B2, differenceA), -A2, differenceB);
        v1 = Add(sumA * -B2, -A2, sumB);
        v2 = Add(differenceA + differenceB, -(A2 + B2), v4);
        v3 = sumA + sumB;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        Lane sumA = v0 + v1, sumB = v2 + v3, differenceA = v0 - v1, differenceB = v2 - v3;
        v0 = sumA + sumB;
        v1 = Add(differenceA * A, B, differenceB);
        v2 = Add(sumA * A2, B2, sumB);
        v3 = Add(Add(v4, A2 * A, differenceA), B2 * B, differenceB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OutputTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        Lane evenA = Add(v0, A2, v2), oddA = Add(v1, A2, v3), evenB = Add(v0, B2, v2), oddB = Add(v1, B2, v3);
        v4 = v3;
        v0 = Add(evenA, A, oddA);
        v1 = Add(evenA, -A, oddA);
        v2 = Add(evenB, B, oddB);
        v3 = Add(evenB, -B, oddB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Kernel(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        v4 = v1;
        v2 = Add(v0, B, v1) * ScaleB;
        v3 = Add(v0, -B, v1) * -ScaleB;
        v1 = Add(v0, -A, v4) * -ScaleA;
        v0 = Add(v0, A, v4) * ScaleA;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void KernelTransposed(ref Lane v0, ref Lane v1, ref Lane v2, ref Lane v3, ref Lane v4, ref Lane v5)
    {
        var first = Add((v0 - v1) * ScaleA, ScaleB, v2 - v3);
        v1 = Add(Add(v4, ScaleA * A, v0 + v1), ScaleB * B, v2 + v3);
        v0 = first;
    }
}
