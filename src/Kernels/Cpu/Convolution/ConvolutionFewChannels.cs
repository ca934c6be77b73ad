using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Value and weight gradient of a convolution of kernel 4 and stride 2 over pictures of one or three channels, the first layer of a
/// discriminator. A patch is four runs of neighboring numbers, and neighboring patches lie a constant distance apart: with zeros around the
/// picture the kernel reads them where they are, and nothing is packed but the picture itself. One of bfloat16 is widened on its way
/// between the zeros, and the float32 kernels multiply it whatever <see cref="BFloat16Path"/> says.
/// </summary>
internal sealed unsafe partial class CpuBackend
{
    /// <summary>
    /// Slices of the batch whose weight gradients are summed apart; the sizes alone decide, so that the sums do not depend on the threads.
    /// </summary>
    private const int FewChannelSlices = 16;

    /// <summary>Whether the geometry is of this kind, for some channels that a kernel is compiled for.</summary>
    private bool HasFewChannels(in ConvolutionGeometry g) => VectorPath != VectorPath.Portable
        && g is
        {
            KernelHeight: 4, KernelWidth: 4, StrideHeight: 2, StrideWidth: 2, DilationHeight: 1, DilationWidth: 1, InputChannels: 1
            or 3, OutputChannels: > 1, Batch: > 0
        };

    private void ConvolveFewChannels(in ConvolutionGeometry g, Operand x, Operand w, Operand y)
    {
        switch (g.InputChannels, VectorPath)
        {
            case (1, VectorPath.Avx512):
                ConvolveFewChannels<OneChannel, MatrixProductKernel512>(g, x, w, y);
                break;
            case (1, _):
                ConvolveFewChannels<OneChannel, MatrixProductKernel256>(g, x, w, y);
                break;
            case (_, VectorPath.Avx512):
                ConvolveFewChannels<ThreeChannels, MatrixProductKernel512>(g, x, w, y);
                break;
            default:
                ConvolveFewChannels<ThreeChannels, MatrixProductKernel256>(g, x, w, y);
                break;
        }
    }

    private void ConvolveFewChannels<TChannels, TKernel>(in ConvolutionGeometry g, Operand x, Operand w, Operand y)
        where TChannels : struct, IRowLayout where TKernel : struct, IMicroKernel
    {
        var patch = g.KernelHeight * g.KernelWidth * g.InputChannels;
        var panels = MatrixProductBlocking.DivideUp(g.OutputChannels, TKernel.Columns);
        var kernel = _panels.Rent((long)panels * TKernel.Columns * patch);
        try
        {
            ProductBlock.Pack<PanelRows, TKernel>(new PanelRows(w, patch), 0, g.OutputChannels, TKernel.Columns, 0, patch, kernel.Address);
            _workers.Run(new FewChannelsBody<TChannels, TKernel>(_panels, g, x, kernel.Address, y), g.Batch,
                ChunkFor(g.Batch, g.Operations / 2 / g.Batch));
        }
        finally
        {
            _panels.Return(kernel);
        }
    }

    private void FewChannelsWeightGradient(in ConvolutionGeometry g, Operand x, Operand dy, Operand dw)
    {
        if (VectorPath == VectorPath.Avx512)
            FewChannelsWeightGradient<MatrixProductKernel512>(g, x, dy, dw);
        else
            FewChannelsWeightGradient<MatrixProductKernel256>(g, x, dy, dw);
    }

    private void FewChannelsWeightGradient<TKernel>(in ConvolutionGeometry g, Operand x, Operand dy, Operand dw)
        where TKernel : struct, IMicroKernel
    {
        var images = MatrixProductBlocking.DivideUp(g.Batch, FewChannelSlices);
        var slices = MatrixProductBlocking.DivideUp(g.Batch, images);
        var count = checked((int)g.WeightCount);
        var sums = _panels.Rent((long)(slices + 1) * count);
        try
        {
            if (g.InputChannels == 1)
                _workers.Run(new FewChannelsGradientBody<OneChannelColumns, TKernel>(_panels, g, x, dy, images, sums.Address + count),
                    slices, 1);
            else
                _workers.Run(new FewChannelsGradientBody<ThreeChannelColumns, TKernel>(_panels, g, x, dy, images, sums.Address + count),
                    slices, 1);
            new SumSlicesBody(sums.Address + count, slices, count, sums.Address).Run(0, count);
            var patch = count / g.OutputChannels;
            // The slices are read by now, so a result that has yet to be rounded takes the first one's place.
            var narrow = dw.Kind == OperandKind.BFloat16;
            var result = narrow ? sums.Address + count : (float*)dw.Address;
            for (var output = 0; output < g.OutputChannels; output++)
            {
                for (var i = 0; i < patch; i++)
                    result[output * patch + i] = sums.Address[i * g.OutputChannels + output];
            }

            if (narrow)
                ProductSums.Round(result, (BFloat16*)dw.Address, count);
        }
        finally
        {
            _panels.Return(sums);
        }
    }
}

/// <summary>Patches of a picture of three channels as rows: the next one begins two pixels further on, and a run is four pixels.</summary>
internal readonly struct ThreeChannels : IRowLayout
{
    public static int RowStride => 6;

    public static int Step => 1;
}

internal readonly struct OneChannel : IRowLayout
{
    public static int RowStride => 2;

    public static int Step => 1;
}

/// <summary>The same with the numbers of a run as rows, and patches as depth.</summary>
internal readonly struct ThreeChannelColumns : IRowLayout
{
    public static int RowStride => 1;

    public static int Step => 6;
}

internal readonly struct OneChannelColumns : IRowLayout
{
    public static int RowStride => 1;

    public static int Step => 2;
}

/// <summary>A picture with zeros around it.</summary>
internal readonly unsafe struct PaddedPicture(in ConvolutionGeometry g)
{
    /// <summary>What a kernel may read behind the last patch.</summary>
    private const int Slack = 256;

    private readonly int _height = g.InputHeight + 2 * g.PaddingHeight, _top = g.PaddingHeight, _row = g.InputWidth * g.InputChannels,
        _left = g.PaddingWidth * g.InputChannels, _rows = g.InputHeight;

    /// <summary>Floats of a row.</summary>
    public int Pitch => _row + 2 * _left;

    public int Floats => _height * Pitch + Slack;

    public void Clear(float* picture) => new Span<float>(picture, Floats).Clear();

    /// <summary>Puts a picture between the zeros.</summary>
    public void Fill(Operand image, float* picture)
    {
        switch (image.Kind)
        {
            case OperandKind.Float32:
                for (var row = 0; row < _rows; row++)
                    new ReadOnlySpan<float>((float*)image.Address + (long)row * _row, _row)
                        .CopyTo(new Span<float>(picture + (long)(_top + row) * Pitch + _left, _row));
                break;
            case OperandKind.Rounded:
                Fill((RoundedElement*)image.Address, picture);
                break;
            default:
                Fill((NarrowElement*)image.Address, picture);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fill<TElement>(TElement* image, float* picture) where TElement : unmanaged, IOperandElement<TElement>
    {
        for (var row = 0; row < _rows; row++, image += _row)
        {
            var line = picture + (long)(_top + row) * Pitch + _left;
            var i = 0;
            for (; i + Lanes.Width <= _row; i += Lanes.Width)
                TElement.Load16(image + i).Store(line + i);
            for (; i < _row; i++)
                line[i] = TElement.Load(image + i);
        }
    }
}

/// <summary>The value; an index is an image.</summary>
internal readonly unsafe struct FewChannelsBody<TChannels,
    TKernel>(PanelMemory memory, ConvolutionGeometry g, Operand x, float* kernel, Operand y) : IRangeBody
    where TChannels : struct, IRowLayout where TKernel : struct, IMicroKernel
{
    public void Run(int first, int end)
    {
        var padded = new PaddedPicture(g);
        var table = MatrixProductBlocking.RoundUp(2 * (g.OutputWidth + TKernel.Rows), Lanes.Width);
        // Sums that are rounded when a row of the result is complete.
        var (narrow, line) = (y.Kind == OperandKind.BFloat16, checked(g.OutputWidth * g.OutputChannels));
        var aside = narrow ? MatrixProductBlocking.RoundUp(line, Lanes.Width) : 0;
        var buffer = memory.Rent((long)table + aside + padded.Floats);
        using var flush = new FlushToZero(x.Kind != OperandKind.Float32);
        try
        {
            var offsets = (long*)buffer.Address;
            for (var i = 0; i < g.OutputWidth + TKernel.Rows; i++)
                offsets[i] = (long)i * g.OutputChannels;
            var picture = buffer.Address + table + aside;
            padded.Clear(picture);
            var (run, patch) = (g.KernelWidth * g.InputChannels, g.KernelHeight * g.KernelWidth * g.InputChannels);
            for (var image = first; image < end; image++)
            {
                padded.Fill(x + (long)image * g.InputHeight * g.InputWidth * g.InputChannels, picture);
                for (var row = 0; row < g.OutputHeight; row++)
                {
                    var source = picture + (long)row * g.StrideHeight * padded.Pitch;
                    var result = y + ((long)image * g.OutputHeight + row) * line;
                    var sums = narrow ? buffer.Address + table : (float*)result.Address;
                    for (var j = 0; j < g.OutputChannels; j += TKernel.Columns)
                    {
                        var operands = TileOperands.Of<TKernel>(source, kernel + (long)j * patch);
                        (operands.Run, operands.Skip) = (run, padded.Pitch - run);
                        for (var i = 0; i < g.OutputWidth; i += TKernel.Rows)
                        {
                            operands.A = source + i * TChannels.RowStride;
                            TKernel.Tile<TChannels>(patch, operands, sums + j, offsets + i, Math.Min(TKernel.Rows, g.OutputWidth - i),
                                Math.Min(TKernel.Columns, g.OutputChannels - j), false);
                        }
                    }

                    if (narrow)
                        ProductSums.Round(sums, (BFloat16*)result.Address, line);
                }
            }
        }
        finally
        {
            memory.Return(buffer);
        }
    }
}

/// <summary>The weight gradient, turned round: [patch, output channel], a sum over the images of a slice. An index is a slice.</summary>
internal readonly unsafe struct FewChannelsGradientBody<TChannels,
    TKernel>(PanelMemory memory, ConvolutionGeometry g, Operand x, Operand dy, int images, float* sums) : IRangeBody
    where TChannels : struct, IRowLayout where TKernel : struct, IMicroKernel
{
    /// <summary>Output pixels that a product goes through at once, about.</summary>
    private const int Depth = 128;

    public void Run(int first, int end)
    {
        var padded = new PaddedPicture(g);
        var (run, columns) = (g.KernelWidth * g.InputChannels, g.OutputChannels);
        var patch = run * g.KernelHeight;
        var table = MatrixProductBlocking.RoundUp(2 * (run + TKernel.Rows), Lanes.Width);
        var lines = Math.Clamp(Depth / g.OutputWidth, 1, g.OutputHeight);
        var aside = dy.Kind == OperandKind.Float32 ? 0 : checked(lines * g.OutputWidth * TKernel.Columns);
        var buffer = memory.Rent((long)table + aside + padded.Floats);
        using var flush = new FlushToZero(x.Kind != OperandKind.Float32);
        try
        {
            var offsets = (long*)buffer.Address;
            for (var i = 0; i < run + TKernel.Rows; i++)
                offsets[i] = (long)i * columns;
            var panel = buffer.Address + table;
            var picture = panel + aside;
            padded.Clear(picture);
            for (var slice = first; slice < end; slice++)
            {
                var sum = sums + (long)slice * patch * columns;
                new Span<float>(sum, patch * columns).Clear();
                for (var image = slice * images; image < Math.Min((slice + 1) * images, g.Batch); image++)
                {
                    padded.Fill(x + (long)image * g.InputHeight * g.InputWidth * g.InputChannels, picture);
                    for (var row = 0; row < g.OutputHeight; row += lines)
                    {
                        var gradient = dy + ((long)image * g.OutputHeight + row) * g.OutputWidth * g.OutputChannels;
                        Add(padded.Pitch, picture + (long)row * g.StrideHeight * padded.Pitch, gradient,
                            Math.Min(lines, g.OutputHeight - row), panel, sum, offsets);
                    }
                }
            }
        }
        finally
        {
            memory.Return(buffer);
        }
    }

    /// <summary>Adds what some lines of the output gradient give, with the lines of the padded picture that they saw.</summary>
    /// <param name="panel">Room for some columns of a gradient that is not float32.</param>
    private void Add(int pitch, float* picture, Operand gradient, int lines, float* panel, float* sum, long* offsets)
    {
        var (depth, run) = (lines * g.OutputWidth, g.KernelWidth * g.InputChannels);
        for (var j = 0; j < g.OutputChannels; j += TKernel.Columns)
        {
            var columns = (float*)(gradient + j).Address;
            var step = g.OutputChannels;
            if (gradient.Kind != OperandKind.Float32)
            {
                var lanes = Math.Min(TKernel.Columns, g.OutputChannels - j);
                PanelCopy.Columns<TKernel>(gradient + j, g.OutputChannels, lanes, TKernel.Columns, depth, panel);
                columns = panel;
                step = TKernel.Columns;
            }

            for (var tap = 0; tap < g.KernelHeight; tap++)
            {
                var operands = TileOperands.Of<TKernel>(picture, columns);
                (operands.BStep, operands.Run, operands.Skip) =
                    (step, g.OutputWidth, g.StrideHeight * pitch - g.OutputWidth * TChannels.Step);
                for (var i = 0; i < run; i += TKernel.Rows)
                {
                    operands.A = picture + (long)tap * pitch + i;
                    TKernel.Tile<TChannels>(depth, operands, sum + (long)tap * run * g.OutputChannels + j, offsets + i,
                        Math.Min(TKernel.Rows, run - i), Math.Min(TKernel.Columns, g.OutputChannels - j), true);
                }
            }
        }
    }
}
