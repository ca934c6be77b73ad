using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>Lanes whose depth is contiguous in memory, transposed in registers into a panel [depth][width].</summary>
internal static unsafe class PanelTranspose
{
    /// <summary>
    /// panel[k, lane] = rows[lane][k] for k &lt; <paramref name="depth"/> and as many lanes as the kernel's rows or columns.
    /// </summary>
    /// <param name="ahead">Distance in elements of what will be packed next from <paramref name="rows"/>, to be fetched into the cache
    /// meanwhile.</param>
    public static void Rows<TKernel>(void** rows, OperandKind kind, int width, int depth, long ahead, float* panel)
        where TKernel : struct, IMicroKernel
    {
        switch (kind)
        {
            case OperandKind.Float32:
                Rows<TKernel, PlainElement>((PlainElement**)rows, width, depth, ahead, panel);
                break;
            case OperandKind.Rounded:
                Rows<TKernel, RoundedElement>((RoundedElement**)rows, width, depth, ahead, panel);
                break;
            default:
                Rows<TKernel, NarrowElement>((NarrowElement**)rows, width, depth, ahead, panel);
                break;
        }
    }

    public static void Rows<TKernel>(float** rows, int width, int depth, long ahead, float* panel) where TKernel : struct, IMicroKernel =>
        Rows<TKernel, PlainElement>((PlainElement**)rows, width, depth, ahead, panel);

    public static void Rows<TKernel, TElement>(TElement** rows, int width, int depth, long ahead, float* panel)
        where TKernel : struct, IMicroKernel where TElement : unmanaged, IOperandElement<TElement>
    {
        if (!TKernel.Wide)
            Fours(rows, width, depth, panel);
        else if (width == 12)
            Twelve(rows, depth, ahead, panel);
        else
            ThirtyTwo(rows, depth, panel);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Twelve<TElement>(TElement** rows, int depth, long ahead, float* panel)
        where TElement : unmanaged, IOperandElement<TElement>
    {
        TElement* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5];
        TElement* r6 = rows[6], r7 = rows[7], r8 = rows[8], r9 = rows[9], r10 = rows[10], r11 = rows[11];
        var k = 0;
        for (; k + 16 <= depth; k += 16, panel += 192)
        {
            if (ahead != 0)
            {
                for (var lane = 0; lane < 12; lane++)
                    Sse.Prefetch0(rows[lane] + k + ahead);
            }

            Transpose(TElement.Load16(r0 + k), TElement.Load16(r1 + k), TElement.Load16(r2 + k), TElement.Load16(r3 + k),
                out var a0, out var a1, out var a2, out var a3);
            Transpose(TElement.Load16(r4 + k), TElement.Load16(r5 + k), TElement.Load16(r6 + k), TElement.Load16(r7 + k),
                out var b0, out var b1, out var b2, out var b3);
            Transpose(TElement.Load16(r8 + k), TElement.Load16(r9 + k), TElement.Load16(r10 + k), TElement.Load16(r11 + k),
                out var c0, out var c1, out var c2, out var c3);
            Quarters(a0, b0, c0, a1, out var x0, out var x1, out var x2, out var x3);
            x0.Store(panel);
            x1.Store(panel + 48);
            x2.Store(panel + 96);
            x3.Store(panel + 144);
            Quarters(b1, c1, a2, b2, out x0, out x1, out x2, out x3);
            x0.Store(panel + 16);
            x1.Store(panel + 64);
            x2.Store(panel + 112);
            x3.Store(panel + 160);
            Quarters(c2, a3, b3, c3, out x0, out x1, out x2, out x3);
            x0.Store(panel + 32);
            x1.Store(panel + 80);
            x2.Store(panel + 128);
            x3.Store(panel + 176);
        }

        if (k < depth)
            TwelveTail(rows, k, depth - k, panel);
    }

    /// <summary>The same for a last block of less than sixteen depths; what it stores ends with them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwelveTail<TElement>(TElement** rows, int k, int depth, float* panel)
        where TElement : unmanaged, IOperandElement<TElement>
    {
        var mask = Below(depth);
        Transpose(TElement.Load16(rows[0] + k, mask), TElement.Load16(rows[1] + k, mask),
            TElement.Load16(rows[2] + k, mask),
            TElement.Load16(rows[3] + k, mask), out var a0, out var a1, out var a2, out var a3);
        Transpose(TElement.Load16(rows[4] + k, mask), TElement.Load16(rows[5] + k, mask),
            TElement.Load16(rows[6] + k, mask),
            TElement.Load16(rows[7] + k, mask), out var b0, out var b1, out var b2, out var b3);
        Transpose(TElement.Load16(rows[8] + k, mask), TElement.Load16(rows[9] + k, mask),
            TElement.Load16(rows[10] + k, mask),
            TElement.Load16(rows[11] + k, mask), out var c0, out var c1, out var c2, out var c3);
        Quarters(a0, b0, c0, a1, out var x0, out var x3, out var x6, out var x9);
        Quarters(b1, c1, a2, b2, out var x1, out var x4, out var x7, out var x10);
        Quarters(c2, a3, b3, c3, out var x2, out var x5, out var x8, out var x11);
        var rest = 12 * depth;
        StoreFour(x0, x1, x2, x3, panel, rest);
        StoreFour(x4, x5, x6, x7, panel + 64, rest - 64);
        StoreFour(x8, x9, x10, x11, panel + 128, rest - 128);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFour(Vector512<float> x0, Vector512<float> x1, Vector512<float> x2, Vector512<float> x3, float* panel,
        int count)
    {
        if (count >= 64)
        {
            x0.Store(panel);
            x1.Store(panel + 16);
            x2.Store(panel + 32);
            x3.Store(panel + 48);
        }
        else if (count > 0)
        {
            Avx512F.MaskStore(panel, Below(count), x0);
            Avx512F.MaskStore(panel + 16, Below(count - 16), x1);
            Avx512F.MaskStore(panel + 32, Below(count - 32), x2);
            Avx512F.MaskStore(panel + 48, Below(count - 48), x3);
        }
    }

    private static void ThirtyTwo<TElement>(TElement** rows, int depth, float* panel)
        where TElement : unmanaged, IOperandElement<TElement>
    {
        Sixteen(rows, depth, panel);
        Sixteen(rows + 16, depth, panel + 16);
    }

    /// <summary>Half a panel of 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sixteen<TElement>(TElement** rows, int depth, float* panel)
        where TElement : unmanaged, IOperandElement<TElement>
    {
        for (var k = 0; k < depth; k += 16, panel += 16 * 32)
        {
            // A full block has nothing masked away.
            var mask = Below(depth - k);
            Transpose(TElement.Load16(rows[0] + k, mask), TElement.Load16(rows[1] + k, mask),
                TElement.Load16(rows[2] + k, mask),
                TElement.Load16(rows[3] + k, mask), out var a0, out var a1, out var a2, out var a3);
            Transpose(TElement.Load16(rows[4] + k, mask), TElement.Load16(rows[5] + k, mask),
                TElement.Load16(rows[6] + k, mask),
                TElement.Load16(rows[7] + k, mask), out var b0, out var b1, out var b2, out var b3);
            Transpose(TElement.Load16(rows[8] + k, mask), TElement.Load16(rows[9] + k, mask),
                TElement.Load16(rows[10] + k, mask),
                TElement.Load16(rows[11] + k, mask), out var c0, out var c1, out var c2, out var c3);
            Transpose(TElement.Load16(rows[12] + k, mask), TElement.Load16(rows[13] + k, mask),
                TElement.Load16(rows[14] + k, mask),
                TElement.Load16(rows[15] + k, mask), out var d0, out var d1, out var d2, out var d3);
            var rest = depth - k;
            SpreadColumns(a0, b0, c0, d0, panel, rest);
            SpreadColumns(a1, b1, c1, d1, panel + 32, rest - 1);
            SpreadColumns(a2, b2, c2, d2, panel + 64, rest - 2);
            SpreadColumns(a3, b3, c3, d3, panel + 96, rest - 3);
        }
    }

    /// <summary>Depths 0, 4, 8 and 12 of sixteen lanes, as far as they exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SpreadColumns(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* panel,
        int rest)
    {
        Quarters(a, b, c, d, out var x0, out var x1, out var x2, out var x3);
        if (rest > 0)
            x0.Store(panel);
        if (rest > 4)
            x1.Store(panel + 4 * 32);
        if (rest > 8)
            x2.Store(panel + 8 * 32);
        if (rest > 12)
            x3.Store(panel + 12 * 32);
    }

    /// <summary>
    /// Four lanes of sixteen depths to four vectors of which number j holds depths j, 4 + j, 8 + j and 12 + j, all four lanes of each
    /// together.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(Vector512<float> r0, Vector512<float> r1, Vector512<float> r2, Vector512<float> r3,
        out Vector512<float> x0, out Vector512<float> x1, out Vector512<float> x2, out Vector512<float> x3)
    {
        var low01 = Avx512F.UnpackLow(r0, r1).AsDouble();
        var high01 = Avx512F.UnpackHigh(r0, r1).AsDouble();
        var low23 = Avx512F.UnpackLow(r2, r3).AsDouble();
        var high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
        x0 = Avx512F.UnpackLow(low01, low23).AsSingle();
        x1 = Avx512F.UnpackHigh(low01, low23).AsSingle();
        x2 = Avx512F.UnpackLow(high01, high23).AsSingle();
        x3 = Avx512F.UnpackHigh(high01, high23).AsSingle();
    }

    /// <summary>The first quarters of four vectors together, then the second, third and fourth.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarters(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d,
        out Vector512<float> x0, out Vector512<float> x1, out Vector512<float> x2, out Vector512<float> x3)
    {
        var low0 = Avx512F.Shuffle4x128(a, b, 0x44);
        var high0 = Avx512F.Shuffle4x128(a, b, 0xEE);
        var low1 = Avx512F.Shuffle4x128(c, d, 0x44);
        var high1 = Avx512F.Shuffle4x128(c, d, 0xEE);
        x0 = Avx512F.Shuffle4x128(low0, low1, 0x88);
        x1 = Avx512F.Shuffle4x128(low0, low1, 0xDD);
        x2 = Avx512F.Shuffle4x128(high0, high1, 0x88);
        x3 = Avx512F.Shuffle4x128(high0, high1, 0xDD);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Below(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();

    /// <summary>
    /// Any width from four: four lanes at a time, the last four overlapping those before where the width is no multiple of four.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fours<TElement>(TElement** rows, int width, int depth, float* panel)
        where TElement : unmanaged, IOperandElement<TElement>
    {
        for (var lane = 0; lane < width; lane = lane + 8 > width && lane + 4 < width ? width - 4 : lane + 4)
            Four(rows[lane], rows[lane + 1], rows[lane + 2], rows[lane + 3], width, depth, panel + lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four<TElement>(TElement* r0, TElement* r1, TElement* r2, TElement* r3, int width, int depth, float* panel)
        where TElement : unmanaged, IOperandElement<TElement>
    {
        var k = 0;
        for (; k + 4 <= depth; k += 4, panel += 4 * width)
        {
            Vector128<float> v0 = TElement.Load4(r0 + k), v1 = TElement.Load4(r1 + k), v2 = TElement.Load4(r2 + k),
                v3 = TElement.Load4(r3 + k);
            var low01 = Low(v0, v1).AsDouble();
            var high01 = High(v0, v1).AsDouble();
            var low23 = Low(v2, v3).AsDouble();
            var high23 = High(v2, v3).AsDouble();
            Low(low01, low23).AsSingle().Store(panel);
            High(low01, low23).AsSingle().Store(panel + width);
            Low(high01, high23).AsSingle().Store(panel + 2 * width);
            High(high01, high23).AsSingle().Store(panel + 3 * width);
        }

        for (; k < depth; k++, panel += width)
            Vector128.Create(TElement.Load(r0 + k), TElement.Load(r1 + k), TElement.Load(r2 + k), TElement.Load(r3 + k)).Store(panel);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.IsSupported
            ? AdvSimd.Arm64.ZipLow(a, b) : Vector128.Create(a[0], b[0], a[1], b[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.IsSupported
            ? AdvSimd.Arm64.ZipHigh(a, b) : Vector128.Create(a[2], b[2], a[3], b[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Low(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b) : Vector128.Create(a[0], b[0]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> High(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b) : Vector128.Create(a[1], b[1]);
}
