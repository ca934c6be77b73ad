using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Patches with positions as lanes and (tap, channel) as depth: an operand of the value and of the input gradient.</summary>
internal readonly unsafe struct PanelPatchRows : IPanelSource
{
    /// <summary>The longest run copied aside for a lane that hangs over the image's edge.</summary>
    private const int Staging = 64;

    private readonly PatchGrid _grid;

    /// <summary>
    /// Taps that are fetched as one run. With many channels each tap is a run of its own and lies wholly inside or outside. With few, the
    /// taps of a kernel row are one run where they touch in memory, and a run may be cut at the image's edge.
    /// </summary>
    private readonly int _runTaps;

    public PanelPatchRows(in PatchGrid grid)
    {
        _grid = grid;
        _runTaps = grid.Channels < 16 && grid.TapStepWidth == 1 ? grid.TapsWidth : 1;
    }

    public static int PackDepth => MatrixProductBlocking.Depth;

    public void Pack<TKernel>(int lane, int lanes, int k, int depth, int width, float* panel) where TKernel : struct, IMicroKernel
    {
        switch (_grid.Data.Kind)
        {
            case OperandKind.Float32:
                Pack<TKernel, PlainElement>(lane, lanes, k, depth, width, panel);
                break;
            case OperandKind.Rounded:
                Pack<TKernel, RoundedElement>(lane, lanes, k, depth, width, panel);
                break;
            default:
                Pack<TKernel, NarrowElement>(lane, lanes, k, depth, width, panel);
                break;
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pack<TKernel, TElement>(int lane, int lanes, int k, int depth, int width, float* panel)
        where TKernel : struct, IMicroKernel where TElement : unmanaged, IOperandElement<TElement>
    {
        Unsafe.SkipInit(out Positions positions);
        var staged = stackalloc byte[width * Staging * sizeof(float)];
        Locate(lane, lanes, width, ref positions);

        int channels = _grid.Channels, run = _runTaps * channels;
        var ahead = (long)width * _grid.StepWidth * channels;
        var tapRow = k / (_grid.TapsWidth * channels);
        var tap = k / channels % _grid.TapsWidth / _runTaps * _runTaps;
        var offset = k % run;
        while (depth > 0)
        {
            var length = Math.Min(depth, run - offset);
            if (_runTaps > 1)
                length = Math.Min(length, Staging);
            Aim<TKernel, TElement>(ref positions, tapRow * _grid.TapStepHeight, tap * _grid.TapStepWidth * channels + offset, length, width,
                staged);
            PanelTranspose.Rows<TKernel, TElement>((TElement**)positions.Rows, width, length, ahead, panel);
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

    /// <summary>
    /// Of each lane: the address of the pixel under tap (0, 0), which may lie outside the image; that pixel's row; how many elements to the
    /// left of the image's edge it lies; and where the present run is read from.
    /// </summary>
    private struct Positions
    {
        public fixed long Origins[32];
        public fixed long Rows[32];
        public fixed int Tops[32];
        public fixed int Outside[32];
    }

    private void Locate(int lane, int lanes, int width, ref Positions positions)
    {
        var column = lane % _grid.GridWidth;
        var row = lane / _grid.GridWidth;
        var image = row / _grid.GridHeight;
        row %= _grid.GridHeight;
        for (var i = 0; i < lanes; i++)
        {
            var top = row * _grid.StepHeight + _grid.OriginHeight;
            var left = column * _grid.StepWidth + _grid.OriginWidth;
            positions.Tops[i] = top;
            positions.Outside[i] = -left * _grid.Channels;
            positions.Origins[i] = (long)(_grid.Data + (((long)image * _grid.Height + top) * _grid.Width + left) * _grid.Channels).Address;
            if (++column < _grid.GridWidth)
                continue;
            column = 0;
            if (++row == _grid.GridHeight)
                (row, image) = (0, image + 1);
        }

        // Lanes that do not exist lie far above every image. Vectors look at sixteen lanes even where a panel has twelve.
        for (var i = lanes; i < Math.Max(width, 16); i++)
            (positions.Tops[i], positions.Outside[i], positions.Origins[i]) = (int.MinValue / 2, 0, 0);
    }

    /// <summary>
    /// Sets where each lane reads the run of <paramref name="length"/> elements that starts <paramref name="down"/> rows and
    /// <paramref name="right"/> elements from its origin: in the image where the run lies inside, from zeros where it lies outside, from a
    /// copy where it is cut.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Aim<TKernel, TElement>(ref Positions positions, int down, int right, int length, int width, byte* staged)
        where TKernel : struct, IMicroKernel where TElement : unmanaged, IOperandElement<TElement>
    {
        var rowSize = _grid.Width * _grid.Channels;
        var shift = ((long)down * rowSize + right) * sizeof(TElement);
        if (TKernel.Wide)
        {
            for (var i = 0; i < width; i += 16)
            {
                var row = Vector512.LoadUnsafe(ref positions.Tops[i]) + Vector512.Create(down);
                var inRow = Vector512.LessThan(row.AsUInt32(), Vector512.Create((uint)_grid.Height)).AsInt32();
                var low = Vector512.LoadUnsafe(ref positions.Outside[i]) - Vector512.Create(right);
                var high = low + Vector512.Create(rowSize);
                var lengths = Vector512.Create(length);
                var inside = inRow & Vector512.LessThanOrEqual(low, Vector512<int>.Zero) & Vector512.GreaterThanOrEqual(high, lengths);
                var zeros = Vector512.Create((long)PanelMemory.Zeros);
                var (first, second) = Vector512.Widen(inside);
                var shifts = Vector512.Create(shift);
                Vector512.ConditionalSelect(first, Vector512.LoadUnsafe(ref positions.Origins[i]) + shifts, zeros)
                    .StoreUnsafe(ref positions.Rows[i]);
                Vector512.ConditionalSelect(second, Vector512.LoadUnsafe(ref positions.Origins[i + 8]) + shifts, zeros)
                    .StoreUnsafe(ref positions.Rows[i + 8]);
                if (_runTaps == 1)
                    continue;
                var cut = inRow & ~inside & Vector512.LessThan(low, lengths) & Vector512.GreaterThan(high, Vector512<int>.Zero);
                for (var bits = Vector512.ExtractMostSignificantBits(cut); bits != 0; bits &= bits - 1)
                    Stage<TKernel, TElement>(ref positions, i + BitOperations.TrailingZeroCount(bits), right, shift, rowSize, length,
                        staged);
            }

            return;
        }

        for (var i = 0; i < width; i++)
        {
            var low = positions.Outside[i] - right;
            if ((uint)(positions.Tops[i] + down) >= (uint)_grid.Height || low >= length || low + rowSize <= 0)
                positions.Rows[i] = (long)PanelMemory.Zeros;
            else if (low <= 0 && low + rowSize >= length)
                positions.Rows[i] = positions.Origins[i] + shift;
            else
                Stage<TKernel, TElement>(ref positions, i, right, shift, rowSize, length, staged);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Stage<TKernel, TElement>(ref Positions positions, int lane, int right, long shift, int rowSize, int length,
        byte* staged) where TKernel : struct, IMicroKernel where TElement : unmanaged, IOperandElement<TElement>
    {
        var low = positions.Outside[lane] - right;
        byte* source = (byte*)(positions.Origins[lane] + shift), copy = staged + lane * Staging * sizeof(float);
        positions.Rows[lane] = (long)copy;
        if (sizeof(TElement) == sizeof(float))
        {
            PanelCopy.Cut<TKernel, PlainElement>((PlainElement*)source, low, low + rowSize, length, (float*)copy);
            return;
        }

        // A lane's copy is of the type that the other lanes are read in.
        var (first, end) = (Math.Max(low, 0), Math.Min(low + rowSize, length));
        new Span<ushort>(copy, length).Clear();
        new ReadOnlySpan<ushort>((ushort*)source + first, end - first).CopyTo(new Span<ushort>((ushort*)copy + first, end - first));
    }
}
