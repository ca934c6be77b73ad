namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Value or input gradient: a task transforms some tiles, multiplies them with the kernel point by point, and transforms back; all of it
/// stays in its caches. A task is (tiles, columns of the result).
/// </summary>
internal readonly unsafe struct WinogradProductBody<TTile,
    TKernel>(PanelMemory memory, WinogradPlan plan, bool gradient, float* source, WinogradLayout taps, float* kernel, float* result,
    int blockTiles, int blockColumns) : IRangeBody
    where TTile : struct, IWinogradTile where TKernel : struct, IMicroKernel
{
    /// <summary>The depth of a product at a time: its panel of the kernel, 16 KiB, is half the first-level cache or less.</summary>
    private const int PanelDepth = 128;

    private int Depth => gradient ? plan.Geometry.OutputChannels : plan.PhaseChannels;

    private int Columns => gradient ? plan.PhaseChannels : plan.Geometry.OutputChannels;

    public void Run(int first, int end)
    {
        var points = TTile.Points * TTile.Points;
        var columnBlocks = MatrixProductBlocking.DivideUp(Columns, blockColumns);
        var operand = WinogradLayout.Rows<TKernel>(blockTiles, Depth);
        var product = new WinogradLayout(blockTiles, blockColumns, blockColumns);
        var table = MatrixProductBlocking.RoundUp(2 * (blockTiles + TKernel.Rows), Lanes.Width);
        var buffer = memory.Rent(table + operand.Floats(points) + product.Floats(points));
        try
        {
            var offsets = (long*)buffer.Address;
            var a = buffer.Address + table;
            var c = a + operand.Floats(points);
            for (var row = 0; row < blockTiles + TKernel.Rows; row++)
                offsets[row] = (long)row * blockColumns;
            for (var task = first; task < end; task++)
            {
                var tile = task / columnBlocks * blockTiles;
                var column = task % columnBlocks * blockColumns;
                var (tiles, columns) = (Math.Min(blockTiles, plan.Tiles - tile), Math.Min(blockColumns, Columns - column));
                if (gradient)
                    WinogradTransforms<TTile>.OutputTransposed(plan, source, tile, tiles, 0, Depth, operand, a);
                else
                    WinogradTransforms<TTile>.Input(plan, source, tile, tiles, operand, a);
                for (var point = 0; point < points; point++)
                {
                    Multiply(tiles, columns, a + point * operand.PointStride, operand,
                        kernel + point * taps.PointStride + taps.At(0, column), c + point * product.PointStride, offsets);
                }

                if (gradient)
                    WinogradTransforms<TTile>.InputTransposed(plan, result, tile, tiles, column, columns, product, c);
                else
                    WinogradTransforms<TTile>.Output(plan, result, tile, tiles, column, columns, product, c);
            }
        }
        finally
        {
            memory.Return(buffer);
        }
    }

    private void Multiply(int rows, int columns, float* a, in WinogradLayout operand, float* b, float* c, long* offsets)
    {
        // While the rows pass by a panel of the kernel, the next one comes nearer.
        var aheadStep = MatrixProductBlocking.DivideUp(TKernel.Columns, MatrixProductBlocking.DivideUp(rows, TKernel.Rows));
        for (var j = 0; j < columns; j += TKernel.Columns)
        {
            var width = Math.Min(TKernel.Columns, columns - j);
            for (var k = 0; k < Depth; k += PanelDepth)
            {
                var depth = Math.Min(PanelDepth, Depth - k);
                var operands = TileOperands.Of<TKernel>(a, b + j / TKernel.Columns * taps.BlockStride + (long)k * TKernel.Columns);
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

/// <summary>
/// The weight gradient's points [output channel, (phase, input channel)], a sum over tiles. A task is (slice of the tiles, output
/// channels); it transforms some tiles of both operands at a time and adds their product to its slice's matrices.
/// </summary>
internal readonly unsafe struct WinogradTapsProductBody<TTile,
    TKernel>(PanelMemory memory, WinogradPlan plan, float* x, float* dy, int slices, int sliceTiles, int blockTiles, int blockOutputs,
    WinogradLayout product, float* result, long sliceStride) : IRangeBody
    where TTile : struct, IWinogradTile where TKernel : struct, IMicroKernel
{
    /// <summary>Tiles that a product goes through at once.</summary>
    private const int Depth = 96;

    public void Run(int first, int end)
    {
        var g = plan.Geometry;
        var points = TTile.Points * TTile.Points;
        var left = new WinogradLayout(blockTiles, blockOutputs, WinogradRowsAside.Count);
        var right = new WinogradLayout(blockTiles, plan.PhaseChannels, TKernel.Columns);
        var table = MatrixProductBlocking.RoundUp(2 * (blockOutputs + TKernel.Rows), Lanes.Width);
        var buffer = memory.Rent(table + left.Floats(points) + right.Floats(points));
        try
        {
            var offsets = (long*)buffer.Address;
            var a = buffer.Address + table;
            var b = a + left.Floats(points);
            for (var row = 0; row < blockOutputs + TKernel.Rows; row++)
                offsets[row] = product.At(row, 0);
            for (var task = first; task < end; task++)
            {
                var (slice, output) = (task % slices, task / slices * blockOutputs);
                var outputs = Math.Min(blockOutputs, g.OutputChannels - output);
                var last = Math.Min((slice + 1) * sliceTiles, plan.Tiles);
                for (var tile = slice * sliceTiles; tile < last; tile += blockTiles)
                {
                    var tiles = Math.Min(blockTiles, last - tile);
                    WinogradTransforms<TTile>.OutputTransposed(plan, dy, tile, tiles, output, outputs, left, a);
                    WinogradTransforms<TTile>.Input(plan, x, tile, tiles, right, b);
                    for (var point = 0; point < points; point++)
                    {
                        Multiply(tiles, outputs, a + point * left.PointStride, left, b + point * right.PointStride, right,
                            result + slice * sliceStride + point * product.PointStride + product.At(output, 0), offsets,
                                tile > slice * sliceTiles);
                    }
                }
            }
        }
        finally
        {
            memory.Return(buffer);
        }
    }

    private void Multiply(int tiles, int outputs, float* a, in WinogradLayout left, float* b, in WinogradLayout right, float* c,
        long* offsets, bool accumulate)
    {
        var aheadStep = MatrixProductBlocking.DivideUp(TKernel.Columns, MatrixProductBlocking.DivideUp(outputs, TKernel.Rows));
        for (var j = 0; j < plan.PhaseChannels; j += TKernel.Columns)
        {
            var width = Math.Min(TKernel.Columns, plan.PhaseChannels - j);
            for (var k = 0; k < tiles; k += Depth)
            {
                var depth = Math.Min(Depth, tiles - k);
                var operands = TileOperands.Of<TKernel>(a, b + right.At(k, j));
                operands.Ahead += depth * TKernel.Columns;
                operands.AheadStep = aheadStep;
                for (var i = 0; i < outputs; i += TKernel.Rows)
                {
                    // Rows may begin within sixteen columns, which lie side by side like the rest of their block.
                    operands.A = a + i / WinogradRowsAside.Count * left.BlockStride + (long)k * WinogradRowsAside.Count
                        + i % WinogradRowsAside.Count;
                    TKernel.Tile<WinogradRowsAside>(depth, operands, c + j, offsets + i, Math.Min(TKernel.Rows, outputs - i), width,
                        accumulate || k > 0);
                    operands.Ahead += aheadStep * depth;
                }
            }
        }
    }
}
