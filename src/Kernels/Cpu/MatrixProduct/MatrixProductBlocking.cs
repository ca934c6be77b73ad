using System.Runtime.CompilerServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// How a product is cut up for the caches, after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): a panel
/// of B stays in the first-level cache while the panels of a block of A pass by from the second level. Cuts of the depth are fixed, because
/// they decide the order of the sums; those of rows and columns follow the number of threads, which changes nothing in the result.
/// </summary>
internal static class MatrixProductBlocking
{
    /// <summary>
    /// The most depth of a block: a 512-bit panel of B is then 18 KiB and one of A 7 KiB, and both stay in 32 KiB of first-level cache.
    /// Measured there, 128 and 144 are alike and 208 is about 15 % slower; with 48 KiB, 192 was the best by a few per cent.
    /// </summary>
    public const int Depth = 144;

    /// <summary>Depth packed at a time where lanes are contiguous; see <see cref="IPanelSource.PackDepth"/>.</summary>
    public const int ShallowDepth = 32;

    /// <summary>Floats of a packed block of A: 240 KiB of the second-level cache.</summary>
    public const int BlockFloats = 60 * 1024;

    /// <summary>Columns of a task that packs B for itself, the most; A is packed again for each such task.</summary>
    public const int OwnColumns = 512;

    /// <summary>Rows of a task that packs B for itself, the most: 430 KiB of packed A.</summary>
    public const int OwnRows = 528;

    /// <summary>Floats of B packed ahead at a time.</summary>
    public const int SharedFloats = 16 << 20;

    /// <summary>Sums that a task keeps beside its panels where C is bfloat16: they stay in the second-level cache.</summary>
    public const int SumFloats = 192 * 1024;

    /// <summary>Products under this many multiplications are not worth waking anybody.</summary>
    public const long SerialProducts = 1 << 17;

    /// <summary>Tasks that each thread should find, so that an uneven end costs little.</summary>
    public const int TasksPerThread = 4;

    /// <summary>
    /// Parts that the depth is cut into where C is too small to occupy the threads otherwise. It depends on the shape alone, so the sums do
    /// too.
    /// </summary>
    public static int DepthSlices(int m, int n, int k)
    {
        var slices = Math.Min(DivideUp(16, DivideUp(m, 256) * DivideUp(n, 256)), k / (4 * Depth));
        return (int)Math.Clamp(Math.Min(slices, (2L << 20) / ((long)m * n)), 1, 32);
    }

    /// <summary>The depth of the blocks of a product: about equal ones, whole vectors.</summary>
    public static int BlockDepth(int k) => Math.Min(Depth, RoundUp(DivideUp(k, DivideUp(k, Depth)), 16));

    /// <summary>Rows of a block of A, the most that fit.</summary>
    public static int MostRows(int blockDepth, int tile) => Math.Clamp(BlockFloats / blockDepth / tile * tile, tile, 1020 / tile * tile);

    /// <summary>
    /// The size, a multiple of <paramref name="tile"/>, of about <paramref name="parts"/> equal parts of <paramref name="count"/>.
    /// </summary>
    public static int PartSize(int count, int parts, int tile) => RoundUp(DivideUp(count, Math.Max(1, parts)), tile);

    public static int DivideUp(int value, int divisor) => (value - 1) / divisor + 1;

    public static int RoundUp(int value, int multiple) => checked(DivideUp(value, multiple) * multiple);
}

/// <summary>The sizes of one product and where it goes.</summary>
internal unsafe struct ProductShape
{
    public int M, N, K;

    /// <summary>Depth of a block, of <see cref="MatrixProductBlocking.BlockDepth"/>.</summary>
    public int BlockDepth;

    public Operand C;

    /// <summary>Both operands are bfloat16 numbers by the time they are multiplied.</summary>
    public bool Rounded;

    /// <summary>Depth of a slice where the depth is cut, else all of it; and how far apart the slices' matrices lie in C.</summary>
    public int SliceDepth;

    public long SliceStride;

    /// <summary>
    /// The weights that B is packed from, where they may be found unchanged at the next call; no address for what changes at each.
    /// </summary>
    public Operand Weight;

    /// <summary>What of the weights B is; its width is the kernel's.</summary>
    public PanelForm WeightForm;
}

/// <summary>Rows and columns of C: a task's, or a block's.</summary>
internal readonly record struct ProductBlocks(int Rows, int Columns);

/// <summary>Where a product goes: row i to <c>C + Offsets[i]</c>, written or added.</summary>
internal readonly unsafe struct ProductTarget(float* c, long* offsets, bool accumulate)
{
    public float* C => c;

    public long* Offsets => offsets;

    public bool Accumulate => accumulate;
}

/// <summary>Columns of B, packed.</summary>
internal readonly unsafe struct PackedColumns(float* address, int first, int count)
{
    public float* Address => address;

    public int First => first;

    public int Count => count;
}

/// <summary>Packs B once for all tasks; an index is a panel of all the depth.</summary>
internal readonly unsafe struct PackSharedBody<TB, TKernel>(TB b, int firstColumn, int columns, int k, int blockDepth, float* packed)
    : IRangeBody
    where TB : struct, IPanelSource where TKernel : struct, IMicroKernel
{
    public void Run(int first, int end)
    {
        var padded = (long)MatrixProductBlocking.RoundUp(columns, TKernel.Columns);
        var column = first * TKernel.Columns;
        var lanes = Math.Min(end * TKernel.Columns, columns) - column;
        for (var k0 = 0; k0 < k; k0 += blockDepth)
        {
            var depth = Math.Min(blockDepth, k - k0);
            var block = packed + PanelPairs.Places<TKernel>(k0) * padded + (long)column * PanelPairs.Places<TKernel>(depth);
            ProductBlock.Pack<TB, TKernel>(b, firstColumn + column, lanes, TKernel.Columns, k0, depth, block);
        }
    }
}

/// <summary>One block of rows times one block of columns of a B that is packed already.</summary>
internal readonly unsafe struct SharedProductBody<TA, TRows,
    TKernel>(PanelMemory memory, TA a, TRows rows, ProductShape shape, PackedColumns packed, ProductBlocks blocks) : IRangeBody
    where TA : struct, IPanelSource where TRows : struct, IProductRows where TKernel : struct, IMicroKernel
{
    public void Run(int first, int end)
    {
        var (columns, (blockRows, blockColumns)) = (packed.Count, blocks);
        var columnBlocks = MatrixProductBlocking.DivideUp(columns, blockColumns);
        var padded = (long)MatrixProductBlocking.RoundUp(columns, TKernel.Columns);
        var table = ProductSums.Floats(shape, blocks);
        var buffer = memory.Rent((long)blockRows * PanelPairs.Places<TKernel>(shape.BlockDepth) + table);
        var sums = new ProductSums(shape, blocks, buffer.Address);
        var block = buffer.Address + table;
        using var flush = new FlushToZero(shape.Rounded);
        try
        {
            for (var task = first; task < end; task++)
            {
                var row = task / columnBlocks * blockRows;
                var column = task % columnBlocks * blockColumns;
                var m = Math.Min(blockRows, shape.M - row);
                var n = Math.Min(blockColumns, columns - column);
                var c = shape.C + (packed.First + column);
                sums.Begin(rows, row, m);
                for (var k0 = 0; k0 < shape.K; k0 += shape.BlockDepth)
                {
                    var depth = Math.Min(shape.BlockDepth, shape.K - k0);
                    var places = PanelPairs.Places<TKernel>(depth);
                    ProductBlock.Pack<TA, TKernel>(a, row, m, TKernel.Rows, k0, depth, block);
                    ProductBlock.Multiply<TKernel>(new(m, n), places, block,
                        packed.Address + PanelPairs.Places<TKernel>(k0) * padded + (long)column * places, sums.Target(c, 0, k0 > 0));
                }

                sums.End(c, m, n);
            }
        }
        finally
        {
            memory.Return(buffer);
        }
    }
}

/// <summary>
/// A block of rows times a block of columns over one slice of the depth; the task packs both operands, B a panel at a time right before its
/// use, so that it never leaves the first-level cache.
/// </summary>
internal readonly unsafe struct OwnProductBody<TA, TB, TRows, TKernel>(PanelMemory memory, TA a, TB b, TRows rows, ProductShape shape,
    ProductBlocks blocks) : IRangeBody
    where TA : struct, IPanelSource where TB : struct, IPanelSource where TRows : struct, IProductRows where TKernel : struct, IMicroKernel
{
    public void Run(int first, int end)
    {
        var (blockRows, blockColumns) = blocks;
        var columnBlocks = MatrixProductBlocking.DivideUp(shape.N, blockColumns);
        var rowBlocks = MatrixProductBlocking.DivideUp(shape.M, blockRows);
        var table = ProductSums.Floats(shape, blocks);
        var places = PanelPairs.Places<TKernel>(shape.BlockDepth);
        var buffer = memory.Rent((long)(blockRows + TKernel.Columns) * places + table);
        var sums = new ProductSums(shape, blocks, buffer.Address);
        var panel = buffer.Address + table;
        var block = panel + TKernel.Columns * places;
        using var flush = new FlushToZero(shape.Rounded);
        try
        {
            for (var task = first; task < end; task++)
            {
                var column = task % columnBlocks * blockColumns;
                var row = task / columnBlocks % rowBlocks * blockRows;
                var slice = task / columnBlocks / rowBlocks;
                var m = Math.Min(blockRows, shape.M - row);
                var endColumn = Math.Min(column + blockColumns, shape.N);
                var firstDepth = slice * shape.SliceDepth;
                var endDepth = Math.Min(firstDepth + shape.SliceDepth, shape.K);
                var c = shape.C + (slice * shape.SliceStride + column);
                sums.Begin(rows, row, m);
                for (var k0 = firstDepth; k0 < endDepth; k0 += shape.BlockDepth)
                {
                    var depth = Math.Min(shape.BlockDepth, endDepth - k0);
                    ProductBlock.Pack<TA, TKernel>(a, row, m, TKernel.Rows, k0, depth, block);
                    for (var j = column; j < endColumn; j += TKernel.Columns)
                    {
                        var n = Math.Min(TKernel.Columns, endColumn - j);
                        ProductBlock.PackPanel<TB, TKernel>(b, j, n, k0, depth, TKernel.Columns, panel);
                        ProductBlock.Multiply<TKernel>(new(m, n), PanelPairs.Places<TKernel>(depth), block, panel,
                            sums.Target(c, j - column, k0 > firstDepth));
                    }
                }

                sums.End(c, m, endColumn - column);
            }
        }
        finally
        {
            memory.Return(buffer);
        }
    }
}

internal static unsafe class ProductBlock
{
    /// <summary>Lanes [lane, lane + lanes) of an operand as panels of <paramref name="width"/>, one behind the other.</summary>
    public static void Pack<TSource, TKernel>(in TSource source, int lane, int lanes, int width, int k, int depth, float* block)
        where TSource : struct, IPanelSource where TKernel : struct, IMicroKernel
    {
        var places = PanelPairs.Places<TKernel>(depth);
        for (var part = 0; part < depth; part += TSource.PackDepth)
        {
            for (var i = 0; i < lanes; i += width)
            {
                PackPanel<TSource, TKernel>(source, lane + i, Math.Min(width, lanes - i), k + part,
                    Math.Min(TSource.PackDepth, depth - part), width, block + (long)i * places + PanelPairs.Places<TKernel>(part) * width);
            }
        }
    }

    /// <summary>A panel, or as much of its depth as is packed at a time, as <see cref="IPanelSource.Pack"/> says; pairs if the kernel wants
    /// them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackPanel<TSource, TKernel>(in TSource source, int lane, int lanes, int k, int depth, int width, float* panel)
        where TSource : struct, IPanelSource where TKernel : struct, IMicroKernel
    {
        if (TKernel.Pairs)
            PackPairs<TSource, TKernel>(source, lane, lanes, k, depth, width, panel);
        else
            source.Pack<TKernel>(lane, lanes, k, depth, width, panel);
    }

    [SkipLocalsInit]
    private static void PackPairs<TSource, TKernel>(in TSource source, int lane, int lanes, int k, int depth, int width, float* panel)
        where TSource : struct, IPanelSource where TKernel : struct, IMicroKernel
    {
        // Room for whole vectors to begin on cache lines.
        var room = stackalloc float[MatrixProductBlocking.Depth * TKernel.Columns + Lanes.Width];
        var numbers = (float*)(((nint)room + 63) & -64);
        source.Pack<TKernel>(lane, lanes, k, depth, width, numbers);
        PanelPairs.Fold(numbers, depth, width, panel, firstOperand: width == TKernel.Rows);
    }

    /// <param name="depth">In places of the panels: pairs where the kernel takes those.</param>
    public static void Multiply<TKernel>(ProductBlocks size, int depth, float* a, float* b, in ProductTarget target)
        where TKernel : struct, IMicroKernel
    {
        var (rows, columns) = size;
        float* c = target.C;
        long* offsets = target.Offsets;
        var accumulate = target.Accumulate;
        // While the rows pass by a panel of B, the next one comes nearer.
        var aheadStep = MatrixProductBlocking.DivideUp(TKernel.Columns, MatrixProductBlocking.DivideUp(rows, TKernel.Rows));
        for (var j = 0; j < columns; j += TKernel.Columns)
        {
            var width = Math.Min(TKernel.Columns, columns - j);
            var operands = TileOperands.Of<TKernel>(a, b + (long)j * depth);
            operands.Ahead += TKernel.Columns * depth;
            operands.AheadStep = aheadStep;
            for (var i = 0; i < rows; i += TKernel.Rows)
            {
                TKernel.Tile<PackedRows<TKernel>>(depth, operands, c + j, offsets + i, Math.Min(TKernel.Rows, rows - i), width, accumulate);
                operands.A += TKernel.Rows * depth;
                operands.Ahead += aheadStep * depth;
            }
        }
    }
}
