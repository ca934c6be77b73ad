using System.Runtime.CompilerServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Patches with (tap, channel) as lanes and positions as depth: an operand of the weight gradient. Packing copies, nothing is transposed.
/// </summary>
internal readonly unsafe struct PanelPatchColumns : IPanelSource
{
    private readonly PatchGrid _grid;

    /// <summary>Taps that touch in memory and are copied as one run: those of a kernel row, or single ones.</summary>
    private readonly int _runTaps;

    public PanelPatchColumns(in PatchGrid grid)
    {
        _grid = grid;
        _runTaps = grid.TapStepWidth == 1 ? grid.TapsWidth : 1;
    }

    public static int PackDepth => MatrixProductBlocking.ShallowDepth;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack<TKernel>(int lane, int lanes, int k, int depth, int width, float* panel) where TKernel : struct, IMicroKernel
    {
        if (lanes < width)
            new Span<float>(panel, depth * width).Clear();
        int channels = _grid.Channels, run = _runTaps * channels;
        var column = k % _grid.GridWidth;
        var row = k / _grid.GridWidth;
        var image = row / _grid.GridHeight;
        row %= _grid.GridHeight;
        var tapRow = lane / (_grid.TapsWidth * channels);
        var tap = lane / channels % _grid.TapsWidth / _runTaps * _runTaps;
        var offset = lane % run;
        while (lanes > 0)
        {
            var length = Math.Min(lanes, run - offset);
            Segment<TKernel>(new TapRun(tapRow, tap, offset, length), (image, row, column), depth, width, panel);
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
    /// Lanes that touch in memory, for all positions of the block, one row of the grid after the other: before, inside and behind the
    /// positions where the whole segment lies in the image.
    /// </summary>
    private void Segment<TKernel>(in TapRun run, (int Image, int Row, int Column) position, int depth, int width, float* panel)
        where TKernel : struct, IMicroKernel
    {
        switch (_grid.Data.Kind)
        {
            case OperandKind.Float32:
                Segment<TKernel, PlainElement>(run, position, depth, width, panel);
                break;
            case OperandKind.Rounded:
                Segment<TKernel, RoundedElement>(run, position, depth, width, panel);
                break;
            default:
                Segment<TKernel, NarrowElement>(run, position, depth, width, panel);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Segment<TKernel, TElement>(TapRun run, (int Image, int Row, int Column) position, int depth, int width, float* panel)
        where TKernel : struct, IMicroKernel where TElement : unmanaged, IOperandElement<TElement>
    {
        var (tapRow, tap, offset, length) = run;
        var (image, row, column) = position;
        int channels = _grid.Channels, rowSize = _grid.Width * channels, step = _grid.StepWidth * channels;
        var left = _grid.OriginWidth + tap * _grid.TapStepWidth;
        int firstTap = offset / channels, lastTap = (offset + length - 1) / channels;
        var insideFirst = CeilingDivide(-left - firstTap, _grid.StepWidth);
        var insideEnd = CeilingDivide(_grid.Width - left - lastTap, _grid.StepWidth);
        var down = _grid.OriginHeight + tapRow * _grid.TapStepHeight;
        // Elements from the run's start to the image's left edge, for position 0.
        var edge = -(left * channels + offset);
        while (depth > 0)
        {
            var end = Math.Min(_grid.GridWidth, column + depth);
            depth -= end - column;
            var y = row * _grid.StepHeight + down;
            if ((uint)y >= (uint)_grid.Height)
            {
                for (; column < end; column++, panel += width)
                    PanelCopy.Cut<TKernel, PlainElement>((PlainElement*)panel, 0, 0, length, panel);
            }
            else
            {
                var source = (TElement*)_grid.Data.Address + ((long)image * _grid.Height + y) * rowSize - edge;
                for (; column < Math.Min(end, insideFirst); column++, panel += width)
                    PanelCopy.Cut<TKernel, TElement>(source + (long)column * step, edge - column * step, edge - column * step + rowSize,
                        length, panel);
                var count = Math.Min(end, insideEnd) - column;
                if (count > 0)
                {
                    PanelCopy.Segment<TKernel, TElement>(source + (long)column * step, step, length, width, count, panel);
                    panel += (long)count * width;
                    column += count;
                }

                for (; column < end; column++, panel += width)
                    PanelCopy.Cut<TKernel, TElement>(source + (long)column * step, edge - column * step, edge - column * step + rowSize,
                        length, panel);
            }

            column = 0;
            if (++row == _grid.GridHeight)
                (row, image) = (0, image + 1);
        }
    }

    private static int CeilingDivide(int value, int divisor) => value <= 0 ? 0 : (value - 1) / divisor + 1;

    /// <summary>Lanes that touch in memory: <c>Length</c> of them, from <c>Offset</c> within the run that begins at a tap.</summary>
    private readonly record struct TapRun(int TapRow, int Tap, int Offset, int Length);
}
