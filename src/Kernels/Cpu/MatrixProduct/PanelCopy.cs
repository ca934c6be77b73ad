using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>Lanes that lie side by side in memory, copied into a panel [depth][width].</summary>
internal static unsafe class PanelCopy
{
    /// <summary>
    /// panel[k, lane] = source[k · stride + lane] for lane &lt; <paramref name="lanes"/>, zero for the lanes up to
    /// <paramref name="width"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns<TKernel>(float* source, long stride, int lanes, int width, int depth, float* panel) where TKernel
        : struct, IMicroKernel
    {
        if (TKernel.Wide)
        {
            if (width == 32)
                Copy32(source, stride, lanes, depth, panel);
            else
                Copy12(source, stride, lanes, depth, panel);
            return;
        }

        for (; depth > 0; depth--, source += stride, panel += width)
        {
            var lane = 0;
            for (; lane + 4 <= lanes; lane += 4)
                Vector128.Load(source + lane).Store(panel + lane);
            for (; lane < lanes; lane++)
                panel[lane] = source[lane];
            for (; lane < width; lane++)
                panel[lane] = 0;
        }
    }

    /// <summary>
    /// panel[k, lane] = source[k · stride + lane] for lane &lt; <paramref name="lanes"/>; the panel's other lanes stay as they are.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Segment<TKernel>(float* source, long stride, int lanes, int width, int depth, float* panel) where TKernel
        : struct, IMicroKernel
    {
        if (TKernel.Wide)
        {
            var first = Below(lanes);
            if (lanes <= 16)
            {
                for (; depth > 0; depth--, source += stride, panel += width)
                    Avx512F.MaskStore(panel, first, Avx512F.MaskLoad(source, first, Vector512<float>.Zero));
                return;
            }

            if (lanes <= 32)
            {
                var second = Below(lanes - 16);
                for (; depth > 0; depth--, source += stride, panel += width)
                {
                    // The next panel's elements lie behind these; it is their turn when this panel is used up.
                    Sse.Prefetch1(source + 32);
                    Sse.Prefetch1(source + 48);
                    Vector512.Load(source).Store(panel);
                    Avx512F.MaskStore(panel + 16, second, Avx512F.MaskLoad(source + 16, second, Vector512<float>.Zero));
                }

                return;
            }
        }

        for (; depth > 0; depth--, source += stride, panel += width)
        {
            var i = 0;
            for (; i + 4 <= lanes; i += 4)
                Vector128.Load(source + i).Store(panel + i);
            for (; i < lanes; i++)
                panel[i] = source[i];
        }
    }

    /// <summary>
    /// destination[i] = source[i] for low ≤ i &lt; high, zero elsewhere, i &lt; <paramref name="length"/>. Nothing outside [low, high) is
    /// read.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Cut<TKernel>(float* source, int low, int high, int length, float* destination) where TKernel : struct, IMicroKernel
    {
        if (TKernel.Wide)
        {
            for (; length > 0; length -= 16, low -= 16, high -= 16, source += 16, destination += 16)
            {
                var inside = Vector512.AndNot(Below(high), Below(low));
                Avx512F.MaskStore(destination, Below(length), Avx512F.MaskLoad(source, inside, Vector512<float>.Zero));
            }

            return;
        }

        for (var i = 0; i < length; i++)
            destination[i] = i >= low && i < high ? source[i] : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy32(float* source, long stride, int lanes, int depth, float* panel)
    {
        if (lanes == 32)
        {
            for (; depth > 0; depth--, source += stride, panel += 32)
            {
                Vector512.Load(source).Store(panel);
                Vector512.Load(source + 16).Store(panel + 16);
            }

            return;
        }

        var first = Below(lanes);
        var second = Below(lanes - 16);
        for (; depth > 0; depth--, source += stride, panel += 32)
        {
            Avx512F.MaskLoad(source, first, Vector512<float>.Zero).Store(panel);
            Avx512F.MaskLoad(source + 16, second, Vector512<float>.Zero).Store(panel + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy12(float* source, long stride, int lanes, int depth, float* panel)
    {
        if (lanes == 12)
        {
            for (; depth > 0; depth--, source += stride, panel += 12)
            {
                Vector256.Load(source).Store(panel);
                Vector128.Load(source + 8).Store(panel + 8);
            }

            return;
        }

        var mask = Below(lanes);
        for (; depth > 0; depth--, source += stride, panel += 12)
        {
            var value = Avx512F.MaskLoad(source, mask, Vector512<float>.Zero);
            value.GetLower().Store(panel);
            value.GetUpper().GetLower().Store(panel + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Below(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
}
