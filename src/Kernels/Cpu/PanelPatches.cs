using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The image patches that a convolution multiplies with its weights. Position (n, a, b) of the grid and tap (i, j) meet at the pixel
/// (a · StepHeight + OriginHeight + i · TapStepHeight, the same in width) of image n of data[batch, Height, Width, Channels]; outside the image there are zeros.
/// The value, the weight gradient and each phase of the input gradient are all of this form.
/// </summary>
internal unsafe struct PatchGrid
{
    public float* Data;
    public int Height, Width, Channels;
    public int Batch, GridHeight, GridWidth;
    public int OriginHeight, OriginWidth, StepHeight, StepWidth;
    public int TapsHeight, TapsWidth, TapStepHeight, TapStepWidth;

    /// <summary>Positions of all images.</summary>
    public readonly int Positions => checked(Batch * GridHeight * GridWidth);

    /// <summary>Elements of one patch: taps by channels.</summary>
    public readonly int PatchSize => TapsHeight * TapsWidth * Channels;

    /// <summary>The grid of a convolution's value and weight gradient: one position an output pixel.</summary>
    public static PatchGrid Of(in ConvolutionGeometry geometry, float* input) => new()
    {
        Data = input,
        Height = geometry.InputHeight,
        Width = geometry.InputWidth,
        Channels = geometry.InputChannels,
        Batch = geometry.Batch,
        GridHeight = geometry.OutputHeight,
        GridWidth = geometry.OutputWidth,
        OriginHeight = -geometry.PaddingHeight,
        OriginWidth = -geometry.PaddingWidth,
        StepHeight = geometry.StrideHeight,
        StepWidth = geometry.StrideWidth,
        TapsHeight = geometry.KernelHeight,
        TapsWidth = geometry.KernelWidth,
        TapStepHeight = geometry.DilationHeight,
        TapStepWidth = geometry.DilationWidth,
    };
}

/// <summary>Patches with positions as lanes and (tap, channel) as depth: an operand of the value and of the input gradient.</summary>
internal readonly unsafe struct PanelPatchRows : IPanelSource
{
    /// <summary>The longest run copied aside for a lane that hangs over the image's edge.</summary>
    private const int Staging = 64;

    private readonly PatchGrid _grid;

    /// <summary>
    /// Taps that are fetched as one run. With many channels each tap is a run of its own and lies wholly inside or outside. With few, the taps of a kernel row
    /// are one run where they touch in memory, and a run may be cut at the image's edge.
    /// </summary>
    private readonly int _runTaps;

    public PanelPatchRows(in PatchGrid grid)
    {
        _grid = grid;
        _runTaps = grid.Channels < 16 && grid.TapStepWidth == 1 ? grid.TapsWidth : 1;
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack<TKernel>(int lane, int lanes, int k, int depth, int width, float* panel) where TKernel : struct, IMicroKernel
    {
        var rows = stackalloc float*[width];
        var origins = stackalloc float*[width];
        var tops = stackalloc int[width];
        var lefts = stackalloc int[width];
        var staged = stackalloc float[width * Staging];
        Locate(lane, lanes, origins, tops, lefts);
        for (var i = lanes; i < width; i++)
            rows[i] = PanelMemory.Zeros;

        int channels = _grid.Channels, run = _runTaps * channels;
        var tapRow = k / (_grid.TapsWidth * channels);
        var tap = k / channels % _grid.TapsWidth / _runTaps * _runTaps;
        var offset = k % run;
        while (depth > 0)
        {
            var length = Math.Min(depth, run - offset);
            if (_runTaps > 1)
                length = Math.Min(length, Staging);
            int down = tapRow * _grid.TapStepHeight, right = tap * _grid.TapStepWidth;
            var shift = ((long)down * _grid.Width + right) * channels + offset;
            for (var i = 0; i < lanes; i++)
            {
                var left = lefts[i] + right;
                if ((uint)(tops[i] + down) >= (uint)_grid.Height)
                    rows[i] = PanelMemory.Zeros;
                else if (_runTaps == 1)
                    rows[i] = (uint)left < (uint)_grid.Width ? origins[i] + shift : PanelMemory.Zeros;
                else
                    rows[i] = Clip(origins[i] + shift, left, offset, length, staged + i * Staging);
            }

            PanelTranspose.Rows<TKernel>(rows, width, length, panel);
            panel += length * width;
            depth -= length;
            offset += length;
            if (offset < run)
                continue;
            offset = 0;
            tap += _runTaps;
            if (tap == _grid.TapsWidth)
                (tap, tapRow) = (0, tapRow + 1);
        }
    }

    /// <summary>The pixel under tap (0, 0) of each lane, which may lie outside the image.</summary>
    private void Locate(int lane, int lanes, float** origins, int* tops, int* lefts)
    {
        var column = lane % _grid.GridWidth;
        var row = lane / _grid.GridWidth;
        var image = row / _grid.GridHeight;
        row %= _grid.GridHeight;
        for (var i = 0; i < lanes; i++)
        {
            tops[i] = row * _grid.StepHeight + _grid.OriginHeight;
            lefts[i] = column * _grid.StepWidth + _grid.OriginWidth;
            origins[i] = _grid.Data + (((long)image * _grid.Height + tops[i]) * _grid.Width + lefts[i]) * _grid.Channels;
            if (++column < _grid.GridWidth)
                continue;
            column = 0;
            if (++row == _grid.GridHeight)
                (row, image) = (0, image + 1);
        }
    }

    /// <summary>A run of touching taps that starts at pixel column <paramref name="left"/>: itself where it lies inside the image, else a copy with zeros.</summary>
    private float* Clip(float* source, int left, int offset, int length, float* staged)
    {
        var low = -left * _grid.Channels - offset;
        var high = (_grid.Width - left) * _grid.Channels - offset;
        if (low <= 0 && high >= length)
            return source;
        if (low >= length || high <= 0)
            return PanelMemory.Zeros;
        for (var i = 0; i < length; i++)
            staged[i] = i >= low && i < high ? source[i] : 0;
        return staged;
    }
}

/// <summary>Patches with (tap, channel) as lanes and positions as depth: an operand of the weight gradient. Packing copies, nothing is transposed.</summary>
internal readonly unsafe struct PanelPatchColumns : IPanelSource
{
    private readonly PatchGrid _grid;

    /// <summary>Taps that touch in memory, as in <see cref="PanelPatchRows"/>.</summary>
    private readonly int _runTaps;

    public PanelPatchColumns(in PatchGrid grid)
    {
        _grid = grid;
        _runTaps = grid.TapStepWidth == 1 ? grid.TapsWidth : 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack<TKernel>(int lane, int lanes, int k, int depth, int width, float* panel) where TKernel : struct, IMicroKernel
    {
        if (lanes < width)
            new Span<float>(panel, depth * width).Clear();
        int channels = _grid.Channels, run = _runTaps * channels;
        var tapRow = lane / (_grid.TapsWidth * channels);
        var tap = lane / channels % _grid.TapsWidth / _runTaps * _runTaps;
        var offset = lane % run;
        while (lanes > 0)
        {
            var length = Math.Min(lanes, run - offset);
            Segment<TKernel>(tapRow, tap, offset, length, k, depth, width, panel);
            panel += length;
            lanes -= length;
            offset += length;
            if (offset < run)
                continue;
            offset = 0;
            tap += _runTaps;
            if (tap == _grid.TapsWidth)
                (tap, tapRow) = (0, tapRow + 1);
        }
    }

    /// <summary>
    /// Lanes that touch in memory, for all positions of the block, one row of the grid after the other: before, inside and behind the positions where the whole segment lies in the image.
    /// </summary>
    private void Segment<TKernel>(int tapRow, int tap, int offset, int length, int k, int depth, int width, float* panel) where TKernel : struct, IMicroKernel
    {
        int channels = _grid.Channels, step = _grid.StepWidth;
        var left = _grid.OriginWidth + tap * _grid.TapStepWidth;
        int firstTap = offset / channels, lastTap = (offset + length - 1) / channels;
        var insideFirst = CeilingDivide(-left - firstTap, step);
        var insideEnd = CeilingDivide(_grid.Width - left - lastTap, step);
        var column = k % _grid.GridWidth;
        var row = k / _grid.GridWidth;
        var image = row / _grid.GridHeight;
        row %= _grid.GridHeight;
        while (depth > 0)
        {
            var end = Math.Min(_grid.GridWidth, column + depth);
            depth -= end - column;
            var y = row * _grid.StepHeight + _grid.OriginHeight + tapRow * _grid.TapStepHeight;
            if ((uint)y >= (uint)_grid.Height)
            {
                for (; column < end; column++, panel += width)
                    new Span<float>(panel, length).Clear();
            }
            else
            {
                var source = _grid.Data + (((long)image * _grid.Height + y) * _grid.Width + left) * channels + offset;
                for (; column < Math.Min(end, insideFirst); column++, panel += width)
                    Clip(source + (long)column * step * channels, left + column * step, offset, length, panel);
                var count = Math.Min(end, insideEnd) - column;
                if (count > 0)
                {
                    Copy<TKernel>(source + (long)column * step * channels, (long)step * channels, length, width, count, panel);
                    panel += (long)count * width;
                    column += count;
                }

                for (; column < end; column++, panel += width)
                    Clip(source + (long)column * step * channels, left + column * step, offset, length, panel);
            }

            column = 0;
            if (++row == _grid.GridHeight)
                (row, image) = (0, image + 1);
        }
    }

    private static int CeilingDivide(int value, int divisor) => value <= 0 ? 0 : (value - 1) / divisor + 1;

    private void Clip(float* source, int left, int offset, int length, float* panel)
    {
        var low = -left * _grid.Channels - offset;
        var high = (_grid.Width - left) * _grid.Channels - offset;
        for (var i = 0; i < length; i++)
            panel[i] = i >= low && i < high ? source[i] : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<TKernel>(float* source, long stride, int length, int width, int count, float* panel) where TKernel : struct, IMicroKernel
    {
        if (TKernel.Wide)
        {
            var indices = Vector512<int>.Indices;
            var first = Vector512.LessThan(indices, Vector512.Create(length)).AsSingle();
            if (length <= 16)
            {
                for (; count > 0; count--, source += stride, panel += width)
                    Avx512F.MaskStore(panel, first, Avx512F.MaskLoad(source, first, Vector512<float>.Zero));
                return;
            }

            if (length <= 32)
            {
                var second = Vector512.LessThan(indices, Vector512.Create(length - 16)).AsSingle();
                for (; count > 0; count--, source += stride, panel += width)
                {
                    Vector512.Load(source).Store(panel);
                    Avx512F.MaskStore(panel + 16, second, Avx512F.MaskLoad(source + 16, second, Vector512<float>.Zero));
                }

                return;
            }
        }

        for (; count > 0; count--, source += stride, panel += width)
        {
            var i = 0;
            for (; i + 4 <= length; i += 4)
                Vector128.Load(source + i).Store(panel + i);
            for (; i < length; i++)
                panel[i] = source[i];
        }
    }
}
