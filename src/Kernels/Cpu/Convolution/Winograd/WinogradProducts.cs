namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Value or input gradient: a task transforms some tiles, multiplies them with the kernel point by point, and transforms back; all of it
/// stays in its caches. A task is (tiles, columns of the result).
/// </summary>
/// <typeparam name="TX">What the source is made of; where it is bfloat16, what is multiplied is rounded to it.</typeparam>
/// <typeparam name="TY">What the result is made of.</typeparam>
internal readonly unsafe struct WinogradProductBody<TTile, TKernel, TX, TY>(PanelMemory memory, WinogradPlan plan, TX* source,
    WinogradMatrices taps, TY* result, ProductBlocks blocks) : IRangeBody
    where TTile : struct, IWinogradTile where TKernel : struct, IMicroKernel
    where TX : unmanaged, ILaneElement<TX> where TY : unmanaged, ILaneElement<TY>
{
    /// <summary>The depth of a product at a time: its panel of the kernel, 16 KiB, is half the first-level cache or less.</summary>
    private const int PanelDepth = 128;

    public void Run(int first, int end)
    {
        var points = TTile.Points * TTile.Points;
        var (blockTiles, blockColumns) = blocks;
        var columnBlocks = MatrixProductBlocking.DivideUp(plan.Columns, blockColumns);
        var operand = WinogradLayout.Rows<TKernel>(blockTiles, plan.Depth);
        var product = new WinogradLayout(blockTiles, blockColumns, blockColumns);
        var table = MatrixProductBlocking.RoundUp(2 * (blockTiles + TKernel.Rows), Lanes.Width);
        var images = WinogradRounding<TY>.Floats(plan, blockTiles);
        var buffer = memory.Rent(table + operand.Floats(points) + product.Floats(points) + images);
        using var flush = new FlushToZero(typeof(TX) == typeof(BFloat16Element));
        try
        {
            var offsets = (long*)buffer.Address;
            var a = new WinogradMatrices(operand, buffer.Address + table);
            var c = new WinogradMatrices(product, a.Points + operand.Floats(points));
            var rounding = new WinogradRounding<TY>(plan, result, c.Points + product.Floats(points));
            for (var row = 0; row < blockTiles + TKernel.Rows; row++)
                offsets[row] = (long)row * blockColumns;
            for (var task = first; task < end; task++)
            {
                var (tile, column) = (task / columnBlocks * blockTiles, task % columnBlocks * blockColumns);
                var tiles = new Part(tile, Math.Min(blockTiles, plan.Tiles - tile));
                var columns = new Part(column, Math.Min(blockColumns, plan.Columns - column));
                if (plan.Gradient)
                    WinogradTransforms<TTile>.OutputTransposed(plan, source, tiles, new Part(0, plan.Depth), a);
                else
                    WinogradTransforms<TTile>.Input(plan, source, tiles, a);
                WinogradPairs.FoldColumns<TKernel>(a, points, tiles.Count, plan.Depth);
                for (var point = 0; point < points; point++)
                    Multiply(a[point], operand, taps[point] + taps.Layout.At(0, column), new(c[point], offsets, false),
                        new ProductBlocks(tiles.Count, columns.Count));
                if (plan.Gradient)
                {
                    WinogradTransforms<TTile>.InputTransposed(plan, rounding.Images(tiles), tiles, columns, c);
                    rounding.Round(tiles, columns);
                }
                else
                {
                    WinogradTransforms<TTile>.Output(plan, result, tiles, columns, c);
                }
            }
        }
        finally
        {
            memory.Return(buffer);
        }
    }

    private void Multiply(float* a, in WinogradLayout operand, float* b, in ProductTarget target, ProductBlocks size)
    {
        var (rows, columns) = size;
        float* c = target.C;
        long* offsets = target.Offsets;
        var panelStride = taps.Layout.BlockStride;
        // While the rows pass by a panel of the kernel, the next one comes nearer.
        var aheadStep = MatrixProductBlocking.DivideUp(TKernel.Columns, MatrixProductBlocking.DivideUp(rows, TKernel.Rows));
        for (var j = 0; j < columns; j += TKernel.Columns)
        {
            var width = Math.Min(TKernel.Columns, columns - j);
            var places = PanelPairs.Places<TKernel>(plan.Depth);
            for (var k = 0; k < places; k += PanelPairs.Places<TKernel>(PanelDepth))
            {
                var depth = Math.Min(PanelPairs.Places<TKernel>(PanelDepth), places - k);
                var operands = TileOperands.Of<TKernel>(a, b + j / TKernel.Columns * panelStride + (long)k * TKernel.Columns);
                (operands.Run, operands.Skip) = (Lanes.Width, (TKernel.Rows - 1) * Lanes.Width);
                operands.Ahead += depth * TKernel.Columns;
                operands.AheadStep = aheadStep;
                for (var i = 0; i < rows; i += TKernel.Rows)
                {
                    operands.A = a + operand.At(i, k);
                    TKernel.Tile<WinogradRows>(depth, operands, c + j, offsets + i, Math.Min(TKernel.Rows, rows - i), width, k > 0);
                    operands.Ahead += aheadStep * depth;
                }
            }
        }
    }
}

/// <summary>How a sum over tiles is cut: into slices, and what of a slice a task takes at a time.</summary>
internal readonly record struct WinogradSlices(int Count, int Tiles, int BlockTiles, int BlockOutputs);

/// <summary>
/// The weight gradient's points [output channel, (phase, input channel)], a sum over tiles. A task is (slice of the tiles, output
/// channels); it transforms some tiles of both operands at a time and adds their product to its slice's matrices.
/// </summary>
internal readonly unsafe struct WinogradTapsProductBody<TTile, TKernel, T>(PanelMemory memory, WinogradPlan plan, T* x, T* dy,
    WinogradSlices slices, WinogradMatrices product) : IRangeBody
    where TTile : struct, IWinogradTile where TKernel : struct, IMicroKernel where T : unmanaged, ILaneElement<T>
{
    /// <summary>Tiles that a product goes through at once.</summary>
    private const int Depth = 96;

    public void Run(int first, int end)
    {
        var outputChannels = plan.Geometry.OutputChannels;
        var points = TTile.Points * TTile.Points;
        var (count, sliceTiles, blockTiles, blockOutputs) = slices;
        var left = new WinogradLayout(blockTiles, blockOutputs, WinogradRowsAside.Count);
        var right = new WinogradLayout(blockTiles, plan.PhaseChannels, TKernel.Columns);
        var table = MatrixProductBlocking.RoundUp(2 * (blockOutputs + TKernel.Rows), Lanes.Width);
        var buffer = memory.Rent(table + left.Floats(points) + right.Floats(points));
        using var flush = new FlushToZero(typeof(T) == typeof(BFloat16Element));
        try
        {
            var offsets = (long*)buffer.Address;
            var a = new WinogradMatrices(left, buffer.Address + table);
            var b = new WinogradMatrices(right, a.Points + left.Floats(points));
            for (var row = 0; row < blockOutputs + TKernel.Rows; row++)
                offsets[row] = product.Layout.At(row, 0);
            for (var task = first; task < end; task++)
            {
                var (slice, output) = (task % count, task / count * blockOutputs);
                var outputs = new Part(output, Math.Min(blockOutputs, outputChannels - output));
                var sums = product.FromRow(output);
                var start = slice * product.Layout.Floats(points);
                var last = Math.Min((slice + 1) * sliceTiles, plan.Tiles);
                for (var tile = slice * sliceTiles; tile < last; tile += blockTiles)
                {
                    var tiles = new Part(tile, Math.Min(blockTiles, last - tile));
                    WinogradTransforms<TTile>.OutputTransposed(plan, dy, tiles, outputs, a);
                    WinogradTransforms<TTile>.Input(plan, x, tiles, b);
                    WinogradPairs.FoldRows<TKernel>(a, points, tiles.Count, outputs.Count, firstOperand: true);
                    WinogradPairs.FoldRows<TKernel>(b, points, tiles.Count, plan.PhaseChannels, firstOperand: false);
                    for (var point = 0; point < points; point++)
                        Multiply(PanelPairs.Places<TKernel>(tiles.Count), outputs.Count, new(left, a[point]), new(right, b[point]),
                            new(sums[point] + start, offsets, tile > slice * sliceTiles));
                }
            }
        }
        finally
        {
            memory.Return(buffer);
        }
    }

    /// <summary>The product of one point's matrices.</summary>
    /// <param name="tiles">Places of the depth.</param>
    private void Multiply(int tiles, int outputs, in WinogradMatrices left, in WinogradMatrices right, in ProductTarget target)
    {
        float* a = left.Points, b = right.Points, c = target.C;
        long* offsets = target.Offsets;
        var (layout, blockStride, accumulate) = (right.Layout, left.Layout.BlockStride, target.Accumulate);
        var aheadStep = MatrixProductBlocking.DivideUp(TKernel.Columns, MatrixProductBlocking.DivideUp(outputs, TKernel.Rows));
        for (var j = 0; j < plan.PhaseChannels; j += TKernel.Columns)
        {
            var width = Math.Min(TKernel.Columns, plan.PhaseChannels - j);
            for (var k = 0; k < tiles; k += PanelPairs.Places<TKernel>(Depth))
            {
                var depth = Math.Min(PanelPairs.Places<TKernel>(Depth), tiles - k);
                var operands = TileOperands.Of<TKernel>(a, b + layout.At(k, j));
                operands.Ahead += depth * TKernel.Columns;
                operands.AheadStep = aheadStep;
                for (var i = 0; i < outputs; i += TKernel.Rows)
                {
                    // Rows may begin within sixteen columns, which lie side by side like the rest of their block.
                    operands.A = a + i / WinogradRowsAside.Count * blockStride + (long)k * WinogradRowsAside.Count
                        + i % WinogradRowsAside.Count;
                    TKernel.Tile<WinogradRowsAside>(depth, operands, c + j, offsets + i, Math.Min(TKernel.Rows, outputs - i), width,
                        accumulate || k > 0);
                    operands.Ahead += aheadStep * depth;
                }
            }
        }
    }
}
