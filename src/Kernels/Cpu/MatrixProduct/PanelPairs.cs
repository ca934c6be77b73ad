using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Panels of pairs: two bfloat16 of neighboring depths in the place of one float32, the earlier in its upper half, where the instruction
/// that multiplies pairs begins.
/// </summary>
internal static unsafe class PanelPairs
{
    private const uint UpperHalf = 0xFFFF_0000;

    /// <summary>Places for the elements of <paramref name="depth"/> in a panel of this kernel.</summary>
    public static int Places<TKernel>(int depth) where TKernel : struct, IMicroKernel => TKernel.Pairs ? (depth + 1) / 2 : depth;

    /// <summary>
    /// Makes pairs of a panel [depth][width] of float32 that are bfloat16 numbers; its width is a multiple of four. The partner of a last
    /// single depth is zero in A and negative zero in B, because a sum to which negative zero is added stays as it is, even where it is
    /// negative zero itself.
    /// </summary>
    /// <param name="firstOperand">Whether it is a panel of A.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fold(float* panel, int depth, int width, float* pairs, bool firstOperand)
    {
        var (upper, partner) = (Vector256.Create(UpperHalf), firstOperand ? 0u : 0x8000u);
        for (; depth > 0; depth -= 2, panel += 2 * width, pairs += width)
        {
            uint* first = (uint*)panel, second = first + width, result = (uint*)pairs;
            var single = depth == 1;
            var lane = 0;
            for (; lane + 8 <= width; lane += 8)
            {
                var later = single ? Vector256.Create(partner) : Vector256.Load(second + lane) >> 16;
                (Vector256.Load(first + lane) & upper | later).Store(result + lane);
            }

            if (lane < width)
            {
                var later = single ? Vector128.Create(partner) : Vector128.Load(second + lane) >> 16;
                (Vector128.Load(first + lane) & upper.GetLower() | later).Store(result + lane);
            }
        }
    }

    /// <summary>The float32 numbers of the earlier depth.</summary>
    public static Vector128<float> Earlier(Vector128<uint> pairs) => (pairs & Vector128.Create(UpperHalf)).AsSingle();

    public static Vector128<float> Later(Vector128<uint> pairs) => (pairs << 16).AsSingle();
}
