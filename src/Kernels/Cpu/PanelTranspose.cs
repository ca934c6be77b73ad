using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The two ways into a panel [depth][width]. Lanes whose depth is contiguous in memory are transposed in registers, four lanes at a time; lanes that lie side by side are copied.
/// </summary>
internal static unsafe class PanelTranspose
{
    /// <summary>panel[k, lane] = rows[lane][k] for <paramref name="width"/> lanes (4 at least) and k &lt; <paramref name="depth"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TKernel>(float** rows, int width, int depth, float* panel) where TKernel : struct, IMicroKernel
    {
        // The last group overlaps the one before where the width is no multiple of four.
        for (var lane = 0; lane < width; lane = lane + 8 > width && lane + 4 < width ? width - 4 : lane + 4)
        {
            if (TKernel.Wide)
                FourWide(rows[lane], rows[lane + 1], rows[lane + 2], rows[lane + 3], width, depth, panel + lane);
            else
                Four(rows[lane], rows[lane + 1], rows[lane + 2], rows[lane + 3], width, depth, panel + lane);
        }
    }

    /// <summary>panel[k, lane] = source[k · stride + lane] for lane &lt; <paramref name="lanes"/>, zero for the lanes up to <paramref name="width"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns<TKernel>(float* source, long stride, int lanes, int width, int depth, float* panel) where TKernel : struct, IMicroKernel
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

        var indices = Vector512<int>.Indices;
        var first = Vector512.LessThan(indices, Vector512.Create(lanes)).AsSingle();
        var second = Vector512.LessThan(indices, Vector512.Create(lanes - 16)).AsSingle();
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

        var mask = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(lanes)).AsSingle();
        for (; depth > 0; depth--, source += stride, panel += 12)
        {
            var value = Avx512F.MaskLoad(source, mask, Vector512<float>.Zero);
            value.GetLower().Store(panel);
            value.GetUpper().GetLower().Store(panel + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourWide(float* r0, float* r1, float* r2, float* r3, int width, int depth, float* panel)
    {
        var k = 0;
        for (; k + 16 <= depth; k += 16, panel += 16 * width)
            Block16(Vector512.Load(r0 + k), Vector512.Load(r1 + k), Vector512.Load(r2 + k), Vector512.Load(r3 + k), width, panel);
        if (k == depth)
            return;
        var mask = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(depth - k)).AsSingle();
        var zero = Vector512<float>.Zero;
        var block = stackalloc float[64];
        Block16(Avx512F.MaskLoad(r0 + k, mask, zero), Avx512F.MaskLoad(r1 + k, mask, zero), Avx512F.MaskLoad(r2 + k, mask, zero), Avx512F.MaskLoad(r3 + k, mask, zero), 4, block);
        for (; k < depth; k++, panel += width, block += 4)
            Vector128.Load(block).Store(panel);
    }

    /// <summary>Sixteen depths of four lanes: after the transposition within 128 bits, vector j holds depths j, 4 + j, 8 + j and 12 + j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block16(Vector512<float> r0, Vector512<float> r1, Vector512<float> r2, Vector512<float> r3, int width, float* panel)
    {
        var low01 = Avx512F.UnpackLow(r0, r1).AsDouble();
        var high01 = Avx512F.UnpackHigh(r0, r1).AsDouble();
        var low23 = Avx512F.UnpackLow(r2, r3).AsDouble();
        var high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
        Spread(Avx512F.UnpackLow(low01, low23).AsSingle(), width, panel);
        Spread(Avx512F.UnpackHigh(low01, low23).AsSingle(), width, panel + width);
        Spread(Avx512F.UnpackLow(high01, high23).AsSingle(), width, panel + 2 * width);
        Spread(Avx512F.UnpackHigh(high01, high23).AsSingle(), width, panel + 3 * width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(Vector512<float> depths, int width, float* panel)
    {
        depths.GetLower().GetLower().Store(panel);
        Avx512F.ExtractVector128(depths, 1).Store(panel + 4 * width);
        Avx512F.ExtractVector128(depths, 2).Store(panel + 8 * width);
        Avx512F.ExtractVector128(depths, 3).Store(panel + 12 * width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(float* r0, float* r1, float* r2, float* r3, int width, int depth, float* panel)
    {
        var k = 0;
        for (; k + 4 <= depth; k += 4, panel += 4 * width)
        {
            Vector128<float> v0 = Vector128.Load(r0 + k), v1 = Vector128.Load(r1 + k), v2 = Vector128.Load(r2 + k), v3 = Vector128.Load(r3 + k);
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
            Vector128.Create(r0[k], r1[k], r2[k], r3[k]).Store(panel);
    }

    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b) : Vector128.Create(a[0], b[0], a[1], b[1]);

    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b) : Vector128.Create(a[2], b[2], a[3], b[3]);

    private static Vector128<double> Low(Vector128<double> a, Vector128<double> b) => Vector128.Create(a.GetLower(), b.GetLower());

    private static Vector128<double> High(Vector128<double> a, Vector128<double> b) => Vector128.Create(a.GetUpper(), b.GetUpper());
}
