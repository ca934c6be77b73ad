using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lane = System.Runtime.Intrinsics.Vector512<float>;

namespace CrossModal.Kernels.Cpu;

/// <summary>Kernels to and from the matrices of the points, sixteen channels at once.</summary>
internal static unsafe class WinogradTaps<TTile> where TTile : struct, IWinogradTile
{
    /// <summary>Taps of a phase, 2×2.</summary>
    public const int Count = 4;

    /// <summary>Where tap (i, j) = (tap / 2, tap % 2) of a phase begins: w[output, 2i + p, 2j + q].</summary>
    public static long At(in ConvolutionGeometry g, int output, int phase, int tap)
    {
        int row = 2 * (tap >> 1) + (phase >> 1), column = 2 * (tap & 1) + (phase & 1);
        return (((long)output * g.KernelHeight + row) * g.KernelWidth + column) * g.InputChannels;
    }

    /// <summary>G g Gᵀ of four taps into the points; <paramref name="between"/> has room for two columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transform(float* tap0, float* tap1, float* tap2, float* tap3, float* between, float* points, long stride)
    {
        Lane v0 = Vector512.Load(tap0), v1 = Vector512.Load(tap2), v2 = default, v3 = default, v4 = default;
        TTile.Taps(ref v0, ref v1, ref v2, ref v3, ref v4);
        WinogradTransforms<TTile>.Store(between, 2 * Lanes.Width, TTile.Points, v0, v1, v2, v3, v4);
        (v0, v1) = (Vector512.Load(tap1), Vector512.Load(tap3));
        TTile.Taps(ref v0, ref v1, ref v2, ref v3, ref v4);
        WinogradTransforms<TTile>.Store(between + Lanes.Width, 2 * Lanes.Width, TTile.Points, v0, v1, v2, v3, v4);
        for (var i = 0; i < TTile.Points; i++)
        {
            (v0, v1) = (Vector512.Load(between + 2 * i * Lanes.Width), Vector512.Load(between + (2 * i + 1) * Lanes.Width));
            TTile.Taps(ref v0, ref v1, ref v2, ref v3, ref v4);
            WinogradTransforms<TTile>.Store(points + i * TTile.Points * stride, stride, TTile.Points, v0, v1, v2, v3, v4);
        }
    }
}

/// <summary>
/// The second operand of the value's products, [(phase, input channel), output channel] in panels. An index is a panel of one phase.
/// </summary>
internal readonly unsafe struct WinogradTapsBody<TTile, TKernel>(WinogradPlan plan, float* weight, WinogradMatrices taps)
    : IRangeBody
    where TTile : struct, IWinogradTile where TKernel : struct, IMicroKernel
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int first, int end)
    {
        const int Taps = WinogradTaps<TTile>.Count;
        var g = plan.Geometry;
        var room = stackalloc float[(2 * TTile.Points + Taps * TKernel.Columns + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        var turned = between + 2 * TTile.Points * Lanes.Width;
        var plane = Lanes.Width * TKernel.Columns;
        var rows = stackalloc float*[TKernel.Columns];
        var stride = taps.Layout.PointStride;
        for (var task = first; task < end; task++)
        {
            var (panel, phase) = (task / WinogradPlan.Phases * TKernel.Columns, task % WinogradPlan.Phases);
            for (var channel = 0; channel < g.InputChannels; channel += Lanes.Width)
            {
                // Output channels are to lie side by side: the few taps are turned, not the many points.
                for (var tap = 0; tap < Taps; tap++)
                {
                    for (var lane = 0; lane < TKernel.Columns; lane++)
                        rows[lane] = panel + lane < g.OutputChannels
                            ? weight + WinogradTaps<TTile>.At(g, panel + lane, phase, tap) + channel : PanelMemory.Zeros;
                    PanelTranspose.Rows<TKernel>(rows, TKernel.Columns, Lanes.Width, 0, turned + tap * plane);
                }

                var to = taps.Points + taps.Layout.At(phase * g.InputChannels + channel, panel);
                for (var at = 0; at < plane; at += Lanes.Width)
                {
                    var tap = turned + at;
                    WinogradTaps<TTile>.Transform(tap, tap + plane, tap + 2 * plane, tap + 3 * plane, between, to + at, stride);
                }
            }
        }
    }
}

/// <summary>
/// The same turned round for the input gradient's products: [output channel, (phase, input channel)]. An index is an output channel.
/// </summary>
internal readonly unsafe struct WinogradTransposedTapsBody<TTile>(WinogradPlan plan, float* weight, WinogradMatrices taps)
    : IRangeBody
    where TTile : struct, IWinogradTile
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int first, int end)
    {
        var g = plan.Geometry;
        var room = stackalloc float[(2 * TTile.Points + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        var stride = taps.Layout.PointStride;
        for (var output = first; output < end; output++)
        {
            var to = new WinogradCursor(taps, output, 0);
            for (var phase = 0; phase < WinogradPlan.Phases; phase++)
            {
                float* tap0 = weight + WinogradTaps<TTile>.At(g, output, phase, 0),
                    tap1 = weight + WinogradTaps<TTile>.At(g, output, phase, 1);
                float* tap2 = weight + WinogradTaps<TTile>.At(g, output, phase, 2),
                    tap3 = weight + WinogradTaps<TTile>.At(g, output, phase, 3);
                for (var channel = 0; channel < g.InputChannels; channel += Lanes.Width, to.Advance())
                    WinogradTaps<TTile>.Transform(tap0 + channel, tap1 + channel, tap2 + channel, tap3 + channel, between, to.Address,
                        stride);
            }
        }
    }
}

/// <summary>
/// The weight gradient from its points: the sum over <paramref name="slices"/> of matrices [output channel, (phase, input channel)], then
/// Gᵀ q G. An index is an output channel.
/// </summary>
internal readonly unsafe struct WinogradTapsGradientBody<TTile>(WinogradPlan plan, int slices, long sliceStride, WinogradMatrices taps,
    float* gradient) : IRangeBody
    where TTile : struct, IWinogradTile
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int first, int end)
    {
        var g = plan.Geometry;
        var stride = taps.Layout.PointStride;
        var room = stackalloc float[(2 * TTile.Points + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        for (var output = first; output < end; output++)
        {
            var from = new WinogradCursor(taps, output, 0);
            for (var phase = 0; phase < WinogradPlan.Phases; phase++)
            {
                for (var channel = 0; channel < g.InputChannels; channel += Lanes.Width, from.Advance())
                {
                    Lane v0, v1, v2, v3 = default, v4 = default;
                    for (var j = 0; j < TTile.Points; j++)
                    {
                        var row = from.Address + j * stride;
                        v0 = Sum(row);
                        v1 = Sum(row + TTile.Points * stride);
                        v2 = Sum(row + 2 * TTile.Points * stride);
                        if (TTile.Points > 3)
                        {
                            v3 = Sum(row + 3 * TTile.Points * stride);
                            v4 = Sum(row + 4 * TTile.Points * stride);
                        }

                        TTile.TapsTransposed(ref v0, ref v1, ref v2, ref v3, ref v4);
                        v0.Store(between + j * Lanes.Width);
                        v1.Store(between + (TTile.Points + j) * Lanes.Width);
                    }

                    for (var i = 0; i < 2; i++)
                    {
                        WinogradTransforms<TTile>.Load(between + i * TTile.Points * Lanes.Width, Lanes.Width, TTile.Points, out v0, out v1,
                            out v2, out v3, out v4);
                        TTile.TapsTransposed(ref v0, ref v1, ref v2, ref v3, ref v4);
                        v0.Store(gradient + WinogradTaps<TTile>.At(g, output, phase, 2 * i) + channel);
                        v1.Store(gradient + WinogradTaps<TTile>.At(g, output, phase, 2 * i + 1) + channel);
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lane Sum(float* part)
    {
        var sum = Vector512.Load(part);
        for (var slice = 1; slice < slices; slice++)
            sum += Vector512.Load(part + slice * sliceStride);
        return sum;
    }
}
