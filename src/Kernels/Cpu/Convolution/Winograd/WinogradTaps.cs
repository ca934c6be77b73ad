using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static CrossModal.Kernels.Cpu.WinogradColumns;
using Lane = System.Runtime.Intrinsics.Vector512<float>;

namespace CrossModal.Kernels.Cpu;

/// <summary>Kernels to and from the matrices of the points, sixteen channels at once.</summary>
internal static unsafe class WinogradTaps<TTile> where TTile : struct, IWinogradTile
{
    public static int Phases => TTile.Stride * TTile.Stride;

    /// <summary>Taps of a phase.</summary>
    public static int Count => TTile.Taps * TTile.Taps;

    /// <summary>
    /// Where tap (i, j) = (tap / r, tap % r) of phase (p, q) begins: w[output, stride · i + p, stride · j + q].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long At(in ConvolutionGeometry g, int output, int phase, int tap)
    {
        var row = TTile.Stride * (tap / TTile.Taps) + phase / TTile.Stride;
        var column = TTile.Stride * (tap % TTile.Taps) + phase % TTile.Stride;
        return (((long)output * g.KernelHeight + row) * g.KernelWidth + column) * g.InputChannels;
    }

    /// <summary>G g Gᵀ of the taps into the points; <paramref name="between"/> has room for a row of each point.</summary>
    /// <typeparam name="T">What the pixels are made of that the points are multiplied with.</typeparam>
    /// <param name="taps">Where each tap begins, and <paramref name="at"/> floats behind, its sixteen channels.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transform<T>(float** taps, int at, float* between, float* points, long stride)
    {
        for (var j = 0; j < TTile.Taps; j++)
        {
            Lane v0 = LoadTap(taps[j] + at), v1 = LoadTap(taps[TTile.Taps + j] + at), v2 = default, v3 = default, v4 = default,
                v5 = default;
            if (TTile.Taps > 2)
                v2 = LoadTap(taps[2 * TTile.Taps + j] + at);
            TTile.Kernel(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
            Store(between + j * Lanes.Width, TTile.Taps * Lanes.Width, TTile.Points, v0, v1, v2, v3, v4, v5);
        }

        for (var i = 0; i < TTile.Points; i++)
        {
            Load(between + i * TTile.Taps * Lanes.Width, Lanes.Width, TTile.Taps, out var v0, out var v1, out var v2, out var v3,
                out var v4, out var v5);
            TTile.Kernel(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
            StoreOperands<T>(points + i * TTile.Points * stride, stride, TTile.Points, v0, v1, v2, v3, v4, v5);
        }
    }
}

/// <summary>
/// The second operand of the value's products, [(phase, input channel), output channel] in panels. An index is a panel of one phase.
/// </summary>
internal readonly unsafe struct WinogradTapsBody<TTile, TKernel, T>(ConvolutionGeometry g, float* weight, WinogradMatrices points)
    : IRangeBody
    where TTile : struct, IWinogradTile where TKernel : struct, IMicroKernel
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int first, int end)
    {
        var count = WinogradTaps<TTile>.Count;
        var phases = WinogradTaps<TTile>.Phases;
        var room = stackalloc float[(TTile.Taps * TTile.Points + TTile.Taps * TTile.Taps * TKernel.Columns + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        var plane = Lanes.Width * TKernel.Columns;
        var turned = stackalloc float*[TTile.Taps * TTile.Taps];
        for (var tap = 0; tap < count; tap++)
            turned[tap] = between + TTile.Taps * TTile.Points * Lanes.Width + tap * plane;
        var rows = stackalloc float*[TKernel.Columns];
        var stride = points.Layout.PointStride;
        for (var task = first; task < end; task++)
        {
            var (panel, phase) = (task / phases * TKernel.Columns, task % phases);
            for (var channel = 0; channel < g.InputChannels; channel += Lanes.Width)
            {
                // Output channels are to lie side by side: the few taps are turned, not the many points.
                for (var tap = 0; tap < count; tap++)
                {
                    for (var lane = 0; lane < TKernel.Columns; lane++)
                        rows[lane] = panel + lane < g.OutputChannels
                            ? weight + WinogradTaps<TTile>.At(g, panel + lane, phase, tap) + channel : PanelMemory.Zeros;
                    PanelTranspose.Rows<TKernel>(rows, TKernel.Columns, Lanes.Width, 0, turned[tap]);
                }

                var to = points.Points + points.Layout.At(phase * g.InputChannels + channel, panel);
                for (var at = 0; at < plane; at += Lanes.Width)
                    WinogradTaps<TTile>.Transform<T>(turned, at, between, to + at, stride);
            }
        }
    }
}

/// <summary>
/// The same transposed for the input gradient's products: [output channel, (phase, input channel)]. Without phases the gradient is a
/// convolution with the taps in reverse order. An index is an output channel.
/// </summary>
internal readonly unsafe struct WinogradTransposedTapsBody<TTile, T>(ConvolutionGeometry g, float* weight, WinogradMatrices points)
    : IRangeBody
    where TTile : struct, IWinogradTile
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int first, int end)
    {
        var count = WinogradTaps<TTile>.Count;
        var phases = WinogradTaps<TTile>.Phases;
        var room = stackalloc float[(TTile.Taps * TTile.Points + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        var taps = stackalloc float*[TTile.Taps * TTile.Taps];
        var stride = points.Layout.PointStride;
        for (var output = first; output < end; output++)
        {
            var to = new WinogradCursor(points, output, 0);
            for (var phase = 0; phase < phases; phase++)
            {
                for (var tap = 0; tap < count; tap++)
                    taps[tap] = weight + WinogradTaps<TTile>.At(g, output, phase, phases == 1 ? count - 1 - tap : tap);
                for (var channel = 0; channel < g.InputChannels; channel += Lanes.Width, to.Advance())
                    WinogradTaps<TTile>.Transform<T>(taps, channel, between, to.Address, stride);
            }
        }
    }
}

/// <summary>
/// The weight gradient from its points: the sum over <paramref name="slices"/> of matrices [output channel, (phase, input channel)], then
/// Gᵀ q G. An index is an output channel.
/// </summary>
internal readonly unsafe struct WinogradTapsGradientBody<TTile>(ConvolutionGeometry g, int slices, long sliceStride,
    WinogradMatrices points, float* gradient) : IRangeBody
    where TTile : struct, IWinogradTile
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int first, int end)
    {
        var stride = points.Layout.PointStride;
        var room = stackalloc float[(TTile.Taps * TTile.Points + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        for (var output = first; output < end; output++)
        {
            var from = new WinogradCursor(points, output, 0);
            for (var phase = 0; phase < WinogradTaps<TTile>.Phases; phase++)
            {
                for (var channel = 0; channel < g.InputChannels; channel += Lanes.Width, from.Advance())
                {
                    Lane v0, v1, v2, v3 = default, v4 = default, v5 = default;
                    for (var j = 0; j < TTile.Points; j++)
                    {
                        var row = from.Address + j * stride;
                        v0 = Sum(row);
                        v1 = Sum(row + TTile.Points * stride);
                        v2 = Sum(row + 2 * TTile.Points * stride);
                        if (TTile.Points > 3)
                            v3 = Sum(row + 3 * TTile.Points * stride);
                        if (TTile.Points > 4)
                            v4 = Sum(row + 4 * TTile.Points * stride);
                        if (TTile.Points > 5)
                            v5 = Sum(row + 5 * TTile.Points * stride);
                        TTile.KernelTransposed(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
                        Store(between + j * Lanes.Width, TTile.Points * Lanes.Width, TTile.Taps, v0, v1, v2, v3, v4, v5);
                    }

                    for (var i = 0; i < TTile.Taps; i++)
                    {
                        Load(between + i * TTile.Points * Lanes.Width, Lanes.Width, TTile.Points, out v0, out v1, out v2, out v3, out v4,
                            out v5);
                        TTile.KernelTransposed(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
                        var tap = gradient + WinogradTaps<TTile>.At(g, output, phase, i * TTile.Taps) + channel;
                        var next = TTile.Stride * g.InputChannels;
                        StoreTap(tap, v0);
                        StoreTap(tap + next, v1);
                        if (TTile.Taps > 2)
                            StoreTap(tap + 2 * next, v2);
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
