using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
    public static void Input(in WinogradPlan plan, float* x, Part tiles, in WinogradMatrices matrices)
    {
        var channels = plan.Geometry.InputChannels;
        var room = stackalloc float[(TTile.Points * TTile.Points + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        var stride = matrices.Layout.PointStride;
        var pixels = stackalloc float*[TTile.Points * TTile.Points];
        Lane v0, v1, v2, v3 = default, v4 = default;
        for (var tile = 0; tile < tiles.Count; tile++)
        {
            var place = plan.Place(tiles.First + tile);
            var to = new WinogradCursor(matrices, tile, 0);
            for (var phase = 0; phase < WinogradPlan.Phases; phase++)
            {
                Pixels(plan.Geometry, x, place, phase, PanelMemory.Zeros, pixels);
                for (var channel = 0; channel < channels; channel += Lanes.Width)
                {
                    for (var j = 0; j < Points; j++)
                    {
                        v0 = Vector512.Load(pixels[j] + channel);
                        v1 = Vector512.Load(pixels[j + Points] + channel);
                        v2 = Vector512.Load(pixels[j + 2 * Points] + channel);
                        if (Points > 3)
                        {
                            v3 = Vector512.Load(pixels[j + 3 * Points] + channel);
                            v4 = Vector512.Load(pixels[j + 4 * Points] + channel);
                        }

                        TTile.Input(ref v0, ref v1, ref v2, ref v3, ref v4);
                        Store(between + j * Lanes.Width, TTile.Points * Lanes.Width, Points, v0, v1, v2, v3, v4);
                    }

                    for (var i = 0; i < Points; i++)
                    {
                        Load(between + i * TTile.Points * Lanes.Width, Lanes.Width, Points, out v0, out v1, out v2, out v3, out v4);
                        TTile.Input(ref v0, ref v1, ref v2, ref v3, ref v4);
                        Store(to.Address + i * Points * stride, stride, Points, v0, v1, v2, v3, v4);
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
        var room = stackalloc float[(TTile.Points * TTile.Points + 1) * Lanes.Width];
        var between = Lanes.Align(room);
        var stride = matrices.Layout.PointStride;
        var pixels = stackalloc float*[TTile.Points * TTile.Points];
        for (var tile = 0; tile < tiles.Count; tile++)
        {
            var place = plan.Place(tiles.First + tile);
            var (phase, channel) = (columns.First / channels, columns.First % channels);
            Pixels(plan.Geometry, dx, place, phase, null, pixels);
            var from = new WinogradCursor(matrices, tile, 0);
            for (var at = 0; at < columns.Count; at += Lanes.Width, channel += Lanes.Width, from.Advance())
            {
                if (channel == channels)
                {
                    channel = 0;
                    Pixels(plan.Geometry, dx, place, ++phase, null, pixels);
                }

                for (var j = 0; j < Points; j++)
                {
                    Load(from.Address + j * stride, Points * stride, Points, out var v0, out var v1, out var v2,
                        out var v3, out var v4);
                    TTile.InputTransposed(ref v0, ref v1, ref v2, ref v3, ref v4);
                    Store(between + j * Lanes.Width, TTile.Points * Lanes.Width, Points, v0, v1, v2, v3, v4);
                }

                // A tile's first row and column are the last ones of the tiles above it and to its left, which were here before.
                for (var i = 0; i < Points; i++)
                {
                    Load(between + i * TTile.Points * Lanes.Width, Lanes.Width, Points, out var v0, out var v1, out var v2, out var v3,
                        out var v4);
                    TTile.InputTransposed(ref v0, ref v1, ref v2, ref v3, ref v4);
                    var again = i == 0 && place.Row > 0;
                    var line = pixels + i * Points;
                    Put(line[0], channel, v0, again || place.Column > 0);
                    Put(line[1], channel, v1, again);
                    Put(line[2], channel, v2, again);
                    if (Points > 3)
                    {
                        Put(line[3], channel, v3, again);
                        Put(line[4], channel, v4, again);
                    }
                }
            }
        }
    }

    /// <summary>Aᵀ p A: the outputs of the tiles, from those columns of the matrices that are there.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(in WinogradPlan plan, float* y, Part tiles, Part columns, in WinogradMatrices matrices)
    {
        var g = plan.Geometry;
        var room = stackalloc float[(TTile.Points * TTile.Points + 1) * Lanes.Width];
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
                    Load(from.Address + j * stride, Points * stride, Points, out var v0, out var v1, out var v2,
                        out var v3, out var v4);
                    TTile.Output(ref v0, ref v1, ref v2, ref v3, ref v4);
                    Store(between + j * Lanes.Width, TTile.Points * Lanes.Width, TTile.Outputs, v0, v1, v2, v3, v4);
                }

                for (var i = 0; i < high; i++)
                {
                    Load(between + i * TTile.Points * Lanes.Width, Lanes.Width, Points, out var v0, out var v1, out var v2, out var v3,
                        out var v4);
                    TTile.Output(ref v0, ref v1, ref v2, ref v3, ref v4);
                    Store(corner + (long)i * g.OutputWidth * g.OutputChannels + channel, g.OutputChannels, wide, v0, v1, v2, v3, v4);
                }
            }
        }
    }

    /// <summary>A dy Aᵀ of the output gradient's tiles: columns are output channels.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputTransposed(in WinogradPlan plan, float* dy, Part tiles, Part columns, in WinogradMatrices matrices)
    {
        var g = plan.Geometry;
        var room = stackalloc float[(TTile.Points * TTile.Points + 1) * Lanes.Width];
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
                    Load(corner + (long)j * g.OutputChannels + channel, (long)g.OutputWidth * g.OutputChannels, j < wide ? high
                        : 0, out var v0, out var v1, out var v2, out var v3, out var v4);
                    TTile.OutputTransposed(ref v0, ref v1, ref v2, ref v3, ref v4);
                    Store(between + j * Lanes.Width, TTile.Points * Lanes.Width, Points, v0, v1, v2, v3, v4);
                }

                for (var i = 0; i < Points; i++)
                {
                    Load(between + i * TTile.Points * Lanes.Width, Lanes.Width, TTile.Outputs, out var v0, out var v1, out var v2,
                        out var v3, out var v4);
                    TTile.OutputTransposed(ref v0, ref v1, ref v2, ref v3, ref v4);
                    Store(to.Address + i * Points * stride, stride, Points, v0, v1, v2, v3, v4);
                }
            }
        }
    }

    /// <summary>The first <paramref name="count"/> of a column of vectors, <paramref name="stride"/> apart; zero in the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Load(float* from, long stride, int count, out Lane v0, out Lane v1, out Lane v2, out Lane v3, out Lane v4)
    {
        v0 = count > 0 ? Vector512.Load(from) : default;
        v1 = count > 1 ? Vector512.Load(from + stride) : default;
        v2 = count > 2 ? Vector512.Load(from + 2 * stride) : default;
        v3 = count > 3 ? Vector512.Load(from + 3 * stride) : default;
        v4 = count > 4 ? Vector512.Load(from + 4 * stride) : default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(float* to, long stride, int count, Lane v0, Lane v1, Lane v2, Lane v3, Lane v4)
    {
        v0.Store(to);
        if (count > 1)
            v1.Store(to + stride);
        if (count > 2)
            v2.Store(to + 2 * stride);
        if (count > 3)
            v3.Store(to + 3 * stride);
        if (count > 4)
            v4.Store(to + 4 * stride);
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
    private static void Pixels(in ConvolutionGeometry g, float* data, (int Image, int Row, int Column) place, int phase, float* outside,
        float** pixels)
    {
        var (image, row, column) = place;
        int top = 2 * row + (phase >> 1) - 1, left = 2 * column + (phase & 1) - 1;
        for (var i = 0; i < Points; i++)
        {
            for (var j = 0; j < Points; j++)
            {
                int y = top + 2 * i, x = left + 2 * j;
                var inside = (uint)y < (uint)g.InputHeight && (uint)x < (uint)g.InputWidth;
                pixels[i * Points + j] = inside ? data + (((long)image * g.InputHeight + y) * g.InputWidth + x) * g.InputChannels : outside;
            }
        }
    }
}
