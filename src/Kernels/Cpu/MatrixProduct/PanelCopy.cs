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
    public static void Columns<TKernel>(Operand source, long stride, int lanes, int width, int depth, float* panel) where TKernel
        : struct, IMicroKernel
    {
        switch (source.Kind)
        {
            case OperandKind.Float32:
                Columns<TKernel, PlainElement>((PlainElement*)source.Address, stride, lanes, width, depth, panel);
                break;
            case OperandKind.Rounded:
                Columns<TKernel, RoundedElement>((RoundedElement*)source.Address, stride, lanes, width, depth, panel);
                break;
            default:
                Columns<TKernel, NarrowElement>((NarrowElement*)source.Address, stride, lanes, width, depth, panel);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns<TKernel, TElement>(TElement* source, long stride, int lanes, int width, int depth, float* panel)
        where TKernel : struct, IMicroKernel where TElement : unmanaged, IOperandElement<TElement>
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
                TElement.Load4(source + lane).Store(panel + lane);
            for (; lane < lanes; lane++)
                panel[lane] = TElement.Load(source + lane);
            for (; lane < width; lane++)
                panel[lane] = 0;
        }
    }

    /// <summary>
    /// panel[k, lane] = source[k · stride + lane] for lane &lt; <paramref name="lanes"/>; the panel's other lanes stay as they are.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Segment<TKernel, TElement>(TElement* source, long stride, int lanes, int width, int depth, float* panel)
        where TKernel : struct, IMicroKernel where TElement : unmanaged, IOperandElement<TElement>
    {
        if (TKernel.Wide)
        {
            var first = Below(lanes);
            if (lanes <= 16)
            {
                for (; depth > 0; depth--, source += stride, panel += width)
                    Avx512F.MaskStore(panel, first, TElement.Load16(source, first));
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
                    TElement.Load16(source).Store(panel);
                    Avx512F.MaskStore(panel + 16, second, TElement.Load16(source + 16, second));
                }

                return;
            }
        }

        for (; depth > 0; depth--, source += stride, panel += width)
        {
            var i = 0;
            for (; i + 4 <= lanes; i += 4)
                TElement.Load4(source + i).Store(panel + i);
            for (; i < lanes; i++)
                panel[i] = TElement.Load(source + i);
        }
    }

    /// <summary>
    /// destination[i] = source[i] for low ≤ i &lt; high, zero elsewhere, i &lt; <paramref name="length"/>. Nothing outside [low, high) is
    /// read.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Cut<TKernel, TElement>(TElement* source, int low, int high, int length, float* destination)
        where TKernel : struct, IMicroKernel where TElement : unmanaged, IOperandElement<TElement>
    {
        if (TKernel.Wide)
        {
            for (; length > 0; length -= 16, low -= 16, high -= 16, source += 16, destination += 16)
            {
                var inside = Vector512.AndNot(Below(high), Below(low));
                Avx512F.MaskStore(destination, Below(length), TElement.Load16(source, inside));
            }

            return;
        }

        for (var i = 0; i < length; i++)
            destination[i] = i >= low && i < high ? TElement.Load(source + i) : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy32<TElement>(TElement* source, long stride, int lanes, int depth, float* panel)
        where TElement : unmanaged, IOperandElement<TElement>
    {
        if (lanes == 32)
        {
            for (; depth > 0; depth--, source += stride, panel += 32)
            {
                TElement.Load16(source).Store(panel);
                TElement.Load16(source + 16).Store(panel + 16);
            }

            return;
        }

        var first = Below(lanes);
        var second = Below(lanes - 16);
        for (; depth > 0; depth--, source += stride, panel += 32)
        {
            TElement.Load16(source, first).Store(panel);
            TElement.Load16(source + 16, second).Store(panel + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy12<TElement>(TElement* source, long stride, int lanes, int depth, float* panel)
        where TElement : unmanaged, IOperandElement<TElement>
    {
        if (lanes == 12)
        {
            for (; depth > 0; depth--, source += stride, panel += 12)
            {
                TElement.Load8(source).Store(panel);
                TElement.Load4(source + 8).Store(panel + 8);
            }

            return;
        }

        var mask = Below(lanes);
        for (; depth > 0; depth--, source += stride, panel += 12)
        {
            var value = TElement.Load16(source, mask);
            value.GetLower().Store(panel);
            value.GetUpper().GetLower().Store(panel + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Below(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
}
