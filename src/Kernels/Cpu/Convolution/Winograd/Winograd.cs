namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The convolutions of kernel 4 and stride 2, and of kernel 3 and stride 1, with fewer multiplications; <see cref="WinogradPlan"/> says
/// how.
/// </summary>
internal sealed unsafe partial class CpuBackend
{
    /// <summary>
    /// Tiles of a task of value and input gradient, about: the more, the seldomer the kernel comes by; the fewer, the nearer the tiles
    /// stay.
    /// </summary>
    private const int ProductTiles = 96;

    /// <summary>
    /// Tiles of both operands that a task of the weight gradient holds at a time: few where its sums, up to <see cref="NearSums"/> floats,
    /// can be fetched again for each of them.
    /// </summary>
    private const int FewTiles = 48, ManyTiles = 192, NearSums = 1 << 20;

    /// <summary>
    /// Tiles that a slice of the weight gradient has at least: for the first two slices, and for more, where the sums of each are near.
    /// </summary>
    private const int SliceTiles = 128, MoreSliceTiles = 768;

    /// <summary>
    /// Outputs along an axis of the tiles to use, 0 for the direct product: what a test asks for; null chooses by the sizes.
    /// </summary>
    internal int? WinogradOutputs { get; init; }

    /// <summary>
    /// Which tiles cost least, 0 for none: for each pair of channels the products of all tiles, and the transform of the taps, whose points
    /// go to memory and back. In multiplications; the constants were measured on layers of 16 to 512 channels and batches of 1 to 192.
    /// </summary>
    internal int ChooseWinograd(in ConvolutionGeometry g)
    {
        if (VectorPath == VectorPath.Portable || !WinogradPlan.Fits(g))
            return 0;
        if (WinogradOutputs is { } asked)
            return asked;
        long fours = new WinogradPlan(g, 4).Tiles, twos = new WinogradPlan(g, 2).Tiles, direct, two, four;
        if (g.StrideHeight == 2)
        {
            const long Taps = 100;
            (direct, two, four) = (75 * fours, 9 * (twos + Taps), 25 * (fours + Taps));
        }
        else
        {
            // The points of few channels stay in the cache. Products of one phase are less deep, so the tiles' transforms tell.
            var taps = 10 + (g.InputChannels + g.OutputChannels) / 36;
            var pixels = (long)g.Batch * g.OutputHeight * g.OutputWidth;
            (direct, two, four) = (15 * pixels / 2, 16 * (twos + taps), 43 * fours + 36 * taps);
        }

        return Math.Min(two, four) >= direct ? 0 : two < four ? 2 : 4;
    }

    /// <summary>Whether the value, or the input gradient, was computed so.</summary>
    private bool TryWinogradProduct(in ConvolutionGeometry g, bool gradient, Operand source, Operand weight, Operand result)
    {
        if (weight.Kind == OperandKind.BFloat16 || (source.Kind != OperandKind.BFloat16 && result.Kind == OperandKind.BFloat16))
            return false;
        switch (g.KernelHeight, ChooseWinograd(g))
        {
            case (_, 0):
                return false;
            case (4, 2):
                WinogradProduct<WinogradF22>(g, gradient, source, weight, result);
                return true;
            case (4, _):
                WinogradProduct<WinogradF42>(g, gradient, source, weight, result);
                return true;
            case (_, 2):
                WinogradProduct<WinogradF23>(g, gradient, source, weight, result);
                return true;
            default:
                WinogradProduct<WinogradF43>(g, gradient, source, weight, result);
                return true;
        }
    }

    private void WinogradProduct<TTile>(in ConvolutionGeometry g, bool gradient, Operand source, Operand weight, Operand result)
        where TTile : struct, IWinogradTile
    {
        var w = (float*)weight.Address;
        switch (source.Kind, result.Kind)
        {
            case (OperandKind.BFloat16, OperandKind.BFloat16):
                WinogradProduct<TTile, BFloat16Element, BFloat16Element>(g, gradient, (BFloat16Element*)source.Address, w,
                    (BFloat16Element*)result.Address);
                break;
            case (OperandKind.BFloat16, _):
                WinogradProduct<TTile, BFloat16Element, Float32Element>(g, gradient, (BFloat16Element*)source.Address, w,
                    (Float32Element*)result.Address);
                break;
            default:
                WinogradProduct<TTile, Float32Element, Float32Element>(g, gradient, (Float32Element*)source.Address, w,
                    (Float32Element*)result.Address);
                break;
        }
    }

    private void WinogradProduct<TTile, TX, TY>(in ConvolutionGeometry g, bool gradient, TX* source, float* weight, TY* result)
        where TTile : struct, IWinogradTile where TX : unmanaged, ILaneElement<TX> where TY : unmanaged, ILaneElement<TY>
    {
        // Kernels of pairs take whole vectors of them; others give the same bits.
        var depth = gradient ? g.OutputChannels : g.InputChannels * g.StrideHeight * g.StrideWidth;
        switch (depth % WinogradPairs.Channels == 0 ? PathOf<TX>() : BFloat16Path.Float32, VectorPath)
        {
            case (BFloat16Path.Assembled, _):
                WinogradProduct<TTile, MatrixProductKernelAssembled, TX, TY>(g, gradient, source, weight, result);
                break;
            case (BFloat16Path.Portable, _):
                WinogradProduct<TTile, MatrixProductKernelPairs, TX, TY>(g, gradient, source, weight, result);
                break;
            case (_, VectorPath.Avx512):
                WinogradProduct<TTile, MatrixProductKernel512, TX, TY>(g, gradient, source, weight, result);
                break;
            default:
                WinogradProduct<TTile, MatrixProductKernel256, TX, TY>(g, gradient, source, weight, result);
                break;
        }
    }

    /// <summary>How points are multiplied that were made of pixels of <typeparamref name="T"/>.</summary>
    private BFloat16Path PathOf<T>() => typeof(T) == typeof(BFloat16Element) ? BFloat16Path : BFloat16Path.Float32;

    private void WinogradProduct<TTile, TKernel, TX, TY>(in ConvolutionGeometry g, bool gradient, TX* source, float* weight, TY* result)
        where TTile : struct, IWinogradTile where TKernel : struct, IMicroKernel
        where TX : unmanaged, ILaneElement<TX> where TY : unmanaged, ILaneElement<TY>
    {
        var plan = gradient ? WinogradPlan.OfInputGradient(g, TTile.Outputs) : new WinogradPlan(g, TTile.Outputs);
        var columns = plan.Columns;
        var layout = new WinogradLayout(plan.Depth, columns, TKernel.Columns);
        var kind = gradient ? PanelKind.TransposedTaps : PanelKind.Taps;
        var form = PanelForm.Of(kind, TTile.Outputs, TKernel.Columns, g);
        var numbers = new Operand(weight, typeof(TX) == typeof(BFloat16Element) ? OperandKind.Rounded : OperandKind.Float32);
        using var panels = Prepare(numbers, form, layout.Floats(TTile.Points * TTile.Points));
        var taps = new WinogradMatrices(layout, panels.Address);
        if (!panels.Ready)
        {
            if (gradient)
                _workers.Run(new WinogradTransposedTapsBody<TTile, TX>(g, weight, taps), g.OutputChannels,
                    ChunkFor(g.OutputChannels, 2L * TTile.Points * TTile.Points * columns));
            else
                _workers.Run(new WinogradTapsBody<TTile, TKernel, TX>(g, weight, taps),
                    MatrixProductBlocking.DivideUp(columns, TKernel.Columns) * plan.Phases, 1);
            if (TKernel.Pairs)
                _workers.Run(new WinogradFoldBody<TKernel>(taps, plan.Depth, columns), TTile.Points * TTile.Points, 1);
            panels.Complete();
        }

        // Few tiles are shared out by columns, and each thread transforms them for itself.
        var blockTiles = plan.Block(ProductTiles, Threads);
        var blocks = MatrixProductBlocking.DivideUp(plan.Tiles, blockTiles);
        var blockColumns = blocks >= Threads
            ? columns : MatrixProductBlocking.PartSize(columns, MatrixProductBlocking.DivideUp(Threads, blocks), TKernel.Columns);
        blockColumns = Math.Min(blockColumns, columns);
        var body = new WinogradProductBody<TTile, TKernel, TX, TY>(_panels, plan, source, taps, result, new(blockTiles, blockColumns));
        _workers.Run(body, blocks * MatrixProductBlocking.DivideUp(columns, blockColumns), 1);
    }

    private bool TryWinogradWeightGradient(in ConvolutionGeometry g, Operand x, Operand dy, Operand dw)
    {
        if (x.Kind != dy.Kind || dw.Kind == OperandKind.BFloat16)
            return false;
        switch (g.KernelHeight, ChooseWinograd(g))
        {
            case (_, 0):
                return false;
            case (4, 2):
                WinogradWeightGradient<WinogradF22>(g, x, dy, dw);
                return true;
            case (4, _):
                WinogradWeightGradient<WinogradF42>(g, x, dy, dw);
                return true;
            case (_, 2):
                WinogradWeightGradient<WinogradF23>(g, x, dy, dw);
                return true;
            default:
                WinogradWeightGradient<WinogradF43>(g, x, dy, dw);
                return true;
        }
    }

    private void WinogradWeightGradient<TTile>(in ConvolutionGeometry g, Operand x, Operand dy, Operand dw)
        where TTile : struct, IWinogradTile
    {
        var gradient = (float*)dw.Address;
        if (x.Kind == OperandKind.BFloat16)
            WinogradWeightGradient<TTile, BFloat16Element>(g, (BFloat16Element*)x.Address, (BFloat16Element*)dy.Address, gradient);
        else
            WinogradWeightGradient<TTile, Float32Element>(g, (Float32Element*)x.Address, (Float32Element*)dy.Address, gradient);
    }

    private void WinogradWeightGradient<TTile, T>(in ConvolutionGeometry g, T* x, T* dy, float* dw)
        where TTile : struct, IWinogradTile where T : unmanaged, ILaneElement<T>
    {
        switch (PathOf<T>(), VectorPath)
        {
            case (BFloat16Path.Assembled, _):
                WinogradWeightGradient<TTile, MatrixProductKernelAssembled, T>(g, x, dy, dw);
                break;
            case (BFloat16Path.Portable, _):
                WinogradWeightGradient<TTile, MatrixProductKernelPairs, T>(g, x, dy, dw);
                break;
            case (_, VectorPath.Avx512):
                WinogradWeightGradient<TTile, MatrixProductKernel512, T>(g, x, dy, dw);
                break;
            default:
                WinogradWeightGradient<TTile, MatrixProductKernel256, T>(g, x, dy, dw);
                break;
        }
    }

    private void WinogradWeightGradient<TTile, TKernel, T>(in ConvolutionGeometry g, T* x, T* dy, float* dw)
        where TTile : struct, IWinogradTile where TKernel : struct, IMicroKernel where T : unmanaged, ILaneElement<T>
    {
        var plan = new WinogradPlan(g, TTile.Outputs);
        var points = TTile.Points * TTile.Points;
        var product = new WinogradLayout(g.OutputChannels, plan.PhaseChannels, plan.PhaseChannels);

        // The slices decide the order of the sums, so they follow the sizes alone.
        var stride = product.Floats(points);
        var near = stride <= NearSums;
        var slices = Math.Max(Math.Clamp(plan.Tiles / SliceTiles, 1, 2), near ? Math.Min(plan.Tiles / MoreSliceTiles, 4) : 1);
        var sliceTiles = MatrixProductBlocking.DivideUp(plan.Tiles, slices);
        slices = MatrixProductBlocking.DivideUp(plan.Tiles, sliceTiles);
        var outputBlocks = MatrixProductBlocking.DivideUp(Threads, slices);
        var blockOutputs = Math.Min(g.OutputChannels, MatrixProductBlocking.PartSize(g.OutputChannels, outputBlocks, Lanes.Width));
        outputBlocks = MatrixProductBlocking.DivideUp(g.OutputChannels, blockOutputs);
        var blockTiles = Math.Min(near ? FewTiles : ManyTiles, sliceTiles);
        var buffer = _panels.Rent(slices * stride);
        try
        {
            var sums = new WinogradMatrices(product, buffer.Address);
            var parts = new WinogradSlices(slices, sliceTiles, blockTiles, blockOutputs);
            var body = new WinogradTapsProductBody<TTile, TKernel, T>(_panels, plan, x, dy, parts, sums);
            _workers.Run(body, slices * outputBlocks, 1);
            _workers.Run(new WinogradTapsGradientBody<TTile>(g, slices, stride, sums, dw), g.OutputChannels,
                ChunkFor(g.OutputChannels, 64 * plan.PhaseChannels));
        }
        finally
        {
            _panels.Return(buffer);
        }
    }
}
