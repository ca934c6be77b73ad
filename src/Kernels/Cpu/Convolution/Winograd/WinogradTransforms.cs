using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static CrossModal.Kernels.Cpu.WinogradColumns;
using Lane = System.Runtime.Intrinsics.Vector512<float>;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Images to and from the matrices of the points, tile by tile, sixteen channels at once. Row t of a matrix is tile <c>tiles.First</c> + t.
/// Each transform goes along the columns of a tile, then along its rows; in between the tile lies in the first-level cache.
/// </summary>
internal static unsafe class WinogradTransforms<TTile> where TTile : struct, IWinogradTile
{
    private static int Points => TTile.Points;

    /// <summary>Bᵀ x B of the input's tiles: columns are (phase, input channel).</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input<T>(in WinogradPlan plan, T* x, Part tiles, in WinogradMatrices matrices)
        where T : unmanaged, ILaneElement<T>
    {
        var channels = plan.Geometry.InputChannels;
        var room = stackalloc float[(Points * Points + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        var stride = matrices.Layout.PointStride;
        var pixels = stackalloc T*[Points * Points];
        Lane v0, v1, v2, v3 = default, v4 = default, v5 = default;
        for (var tile = 0; tile < tiles.Count; tile++)
        {
            var place = plan.Place(tiles.First + tile);
            var to = new WinogradCursor(matrices, tile, 0);
            for (var phase = 0; phase < WinogradTaps<TTile>.Phases; phase++)
            {
                Pixels(plan, x, place, phase, (T*)PanelMemory.Zeros, pixels);
                for (var channel = 0; channel < channels; channel += Lanes.Width)
                {
                    for (var j = 0; j < Points; j++)
                    {
                        v0 = T.Load(pixels[j] + channel);
                        v1 = T.Load(pixels[j + Points] + channel);
                        v2 = T.Load(pixels[j + 2 * Points] + channel);
                        if (Points > 3)
                            v3 = T.Load(pixels[j + 3 * Points] + channel);
                        if (Points > 4)
                            v4 = T.Load(pixels[j + 4 * Points] + channel);
                        if (Points > 5)
                            v5 = T.Load(pixels[j + 5 * Points] + channel);
                        TTile.Input(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
                        Store(between + j * Lanes.Width, Points * Lanes.Width, Points, v0, v1, v2, v3, v4, v5);
                    }

                    for (var i = 0; i < Points; i++)
                    {
                        Load(between + i * Points * Lanes.Width, Lanes.Width, Points, out v0, out v1, out v2, out v3, out v4, out v5);
                        TTile.Input(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
                        StoreOperands<T>(to.Address + i * Points * stride, stride, Points, v0, v1, v2, v3, v4, v5);
                    }

                    to.Advance();
                }
            }
        }
    }

    /// <summary>
    /// B p Bᵀ, added up where tiles overlap: the input gradient of whole images, from those columns of the matrices that are there.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InputTransposed(in WinogradPlan plan, float* dx, Part tiles, Part columns, in WinogradMatrices matrices)
    {
        var channels = plan.Geometry.InputChannels;
        var room = stackalloc float[(Points * Points + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        var stride = matrices.Layout.PointStride;
        var pixels = stackalloc float*[Points * Points];
        for (var tile = 0; tile < tiles.Count; tile++)
        {
            var place = plan.Place(tiles.First + tile);
            var (phase, channel) = (columns.First / channels, columns.First % channels);
            Pixels(plan, dx, place, phase, null, pixels);
            var from = new WinogradCursor(matrices, tile, 0);
            for (var at = 0; at < columns.Count; at += Lanes.Width, channel += Lanes.Width, from.Advance())
            {
                if (channel == channels)
                {
                    channel = 0;
                    Pixels(plan, dx, place, ++phase, null, pixels);
                }

                for (var j = 0; j < Points; j++)
                {
                    Load(from.Address + j * stride, Points * stride, Points, out var v0, out var v1, out var v2, out var v3,
                        out var v4, out var v5);
                    TTile.InputTransposed(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
                    Store(between + j * Lanes.Width, Points * Lanes.Width, Points, v0, v1, v2, v3, v4, v5);
                }

                // A tile's first row and column are the last ones of the tiles above it and to its left, which were here before.
                for (var i = 0; i < Points; i++)
                {
                    Load(between + i * Points * Lanes.Width, Lanes.Width, Points, out var v0, out var v1, out var v2, out var v3,
                        out var v4, out var v5);
                    TTile.InputTransposed(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
                    var again = i == 0 && place.Row > 0;
                    var line = pixels + i * Points;
                    Put(line[0], channel, v0, again || place.Column > 0);
                    Put(line[1], channel, v1, again);
                    Put(line[2], channel, v2, again);
                    if (Points <= 3)
                        continue;
                    Put(line[3], channel, v3, again);
                    Put(line[4], channel, v4, again);
                }
            }
        }
    }

    /// <summary>Aᵀ p A: the outputs of the tiles, from those columns of the matrices that are there.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output<T>(in WinogradPlan plan, T* y, Part tiles, Part columns, in WinogradMatrices matrices)
        where T : unmanaged, ILaneElement<T>
    {
        var g = plan.Geometry;
        var room = stackalloc float[(Points * Points + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        var stride = matrices.Layout.PointStride;
        for (var tile = 0; tile < tiles.Count; tile++)
        {
            var (image, row, column) = plan.Place(tiles.First + tile);
            int high = Math.Min(TTile.Outputs, g.OutputHeight - row), wide = Math.Min(TTile.Outputs, g.OutputWidth - column);
            var corner = y + (((long)image * g.OutputHeight + row) * g.OutputWidth + column) * g.OutputChannels + columns.First;
            var from = new WinogradCursor(matrices, tile, 0);
            for (var channel = 0; channel < columns.Count; channel += Lanes.Width, from.Advance())
            {
                for (var j = 0; j < Points; j++)
                {
                    Load(from.Address + j * stride, Points * stride, Points, out var v0, out var v1, out var v2, out var v3,
                        out var v4, out var v5);
                    TTile.Output(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
                    Store(between + j * Lanes.Width, Points * Lanes.Width, TTile.Outputs, v0, v1, v2, v3, v4, v5);
                }

                for (var i = 0; i < high; i++)
                {
                    Load(between + i * Points * Lanes.Width, Lanes.Width, Points, out var v0, out var v1, out var v2, out var v3,
                        out var v4, out var v5);
                    TTile.Output(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
                    StorePixels(corner + (long)i * g.OutputWidth * g.OutputChannels + channel, g.OutputChannels, wide, v0, v1, v2, v3);
                }
            }
        }
    }

    /// <summary>A dy Aᵀ of the output gradient's tiles: columns are output channels.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputTransposed<T>(in WinogradPlan plan, T* dy, Part tiles, Part columns, in WinogradMatrices matrices)
        where T : unmanaged, ILaneElement<T>
    {
        var g = plan.Geometry;
        var room = stackalloc float[(Points * Points + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        var stride = matrices.Layout.PointStride;
        for (var tile = 0; tile < tiles.Count; tile++)
        {
            var (image, row, column) = plan.Place(tiles.First + tile);
            int high = Math.Min(TTile.Outputs, g.OutputHeight - row), wide = Math.Min(TTile.Outputs, g.OutputWidth - column);
            var corner = dy + (((long)image * g.OutputHeight + row) * g.OutputWidth + column) * g.OutputChannels + columns.First;
            var to = new WinogradCursor(matrices, tile, 0);
            for (var channel = 0; channel < columns.Count; channel += Lanes.Width, to.Advance())
            {
                for (var j = 0; j < TTile.Outputs; j++)
                {
                    Lane v4 = default, v5 = default;
                    LoadPixels(corner + (long)j * g.OutputChannels + channel, (long)g.OutputWidth * g.OutputChannels, j < wide ? high : 0,
                        out var v0, out var v1, out var v2, out var v3);
                    TTile.OutputTransposed(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
                    Store(between + j * Lanes.Width, Points * Lanes.Width, Points, v0, v1, v2, v3, v4, v5);
                }

                for (var i = 0; i < Points; i++)
                {
                    Load(between + i * Points * Lanes.Width, Lanes.Width, TTile.Outputs, out var v0, out var v1, out var v2, out var v3,
                        out var v4, out var v5);
                    TTile.OutputTransposed(ref v0, ref v1, ref v2, ref v3, ref v4, ref v5);
                    StoreOperands<T>(to.Address + i * Points * stride, stride, Points, v0, v1, v2, v3, v4, v5);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* pixel, int channel, Lane value, bool add)
    {
        if (pixel == null)
            return;
        if (add)
            value += Vector512.Load(pixel + channel);
        value.Store(pixel + channel);
    }

    /// <summary>Where a tile's pixels of one phase begin; <paramref name="outside"/> beyond the image.</summary>
    private static void Pixels<T>(in WinogradPlan plan, T* data, (int Image, int Row, int Column) place, int phase, T* outside,
        T** pixels) where T : unmanaged
    {
        var (g, stride) = (plan.Geometry, TTile.Stride);
        var (image, row, column) = place;
        int top = stride * row + phase / stride - g.PaddingHeight, left = stride * column + phase % stride - g.PaddingWidth;
        for (var i = 0; i < Points; i++, top += stride)
        {
            var line = data + (((long)image * g.InputHeight + top) * g.InputWidth + left) * g.InputChannels;
            for (var (j, x) = (0, left); j < Points; j++, x += stride, line += stride * g.InputChannels)
            {
                var inside = (uint)top < (uint)g.InputHeight && (uint)x < (uint)g.InputWidth;
                pixels[i * Points + j] = inside ? line : outside;
            }
        }
    }
}
