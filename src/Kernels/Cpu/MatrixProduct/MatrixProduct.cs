namespace CrossModal.Kernels.Cpu;

internal sealed unsafe partial class CpuBackend
{
    private readonly PanelMemory _panels;
    private readonly VectorPath _vectorPath = VectorPaths.Best;
    private readonly BFloat16Path _bfloat16Path;

    /// <summary>Which micro-kernel the products use; the widest that the machine has unless a test says otherwise.</summary>
    internal VectorPath VectorPath
    {
        get => _vectorPath;
        init => _vectorPath = VectorPaths.Supports(value) ? value : throw new PlatformNotSupportedException($"this machine has no {value}");
    }

    /// <summary>
    /// How products with operands of bfloat16 are computed: the way that was faster in a trial unless a test says otherwise. All give the
    /// same bits.
    /// </summary>
    internal BFloat16Path BFloat16Path
    {
        get => _bfloat16Path;
        init => _bfloat16Path =
            BFloat16Paths.Supports(value) ? value : throw new PlatformNotSupportedException($"this machine has no {value}");
    }

    public override void MatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        var g = geometry;
        if (g.Batch == 0 || g.M == 0 || g.N == 0)
            return;
        var (left, right, product) = (OperandOf(a, b), OperandOf(b, a), ResultOf(c));
        if (g.Batch < 2 * Threads)
        {
            for (var i = 0; i < g.Batch; i++)
                MultiplyMatrices(g, left, right, product, i);
        }
        else
        {
            // Products inside a loop run on the loop's thread alone.
            _workers.Run(new BatchedProductBody(this, g, left, right, product), g.Batch, ChunkFor(g.Batch, (long)g.M * g.N * g.K));
        }
    }

    /// <summary>
    /// A factor of a product: where the other one is bfloat16 and it is not, it is rounded to it on its way. Two factors of float32 are
    /// multiplied as they are.
    /// </summary>
    private static Operand OperandOf(DeviceArray array, DeviceArray other) =>
        array.Type == ElementType.BFloat16 ? new(array.BFloat16, OperandKind.BFloat16)
            : new(array.Float32, other.Type == ElementType.BFloat16 ? OperandKind.Rounded : OperandKind.Float32);

    /// <summary>Whether the products of a factor that <see cref="OperandOf"/> gave are those of bfloat16 numbers.</summary>
    private static bool IsRounded(Operand factor) => factor.Kind != OperandKind.Float32;

    /// <summary>Where products are written: float32 or bfloat16, whatever their factors are.</summary>
    private Operand ResultOf(DeviceArray array)
    {
        _kept.Forget(array);
        return array.Type == ElementType.BFloat16 ? new(array.BFloat16, OperandKind.BFloat16)
            : new(array.Float32, OperandKind.Float32);
    }

    /// <summary>
    /// Items a chunk where each costs <paramref name="products"/> multiplications: few enough chunks to be worth it, enough to share.
    /// </summary>
    private int ChunkFor(int items, long products)
    {
        var worthwhile = MatrixProductBlocking.SerialProducts / Math.Max(1, products) + 1;
        return (int)Math.Min(items, Math.Max(worthwhile, items / (MatrixProductBlocking.TasksPerThread * Threads)));
    }

    private readonly struct BatchedProductBody(CpuBackend backend, MatrixProductGeometry geometry, Operand a, Operand b, Operand c)
        : IRangeBody
    {
        public void Run(int first, int end)
        {
            for (var i = first; i < end; i++)
                backend.MultiplyMatrices(geometry, a, b, c, i);
        }
    }

    private void MultiplyMatrices(in MatrixProductGeometry g, Operand a, Operand b, Operand c, int batch) =>
        MultiplyMatrices(g, a + (long)batch * g.M * g.K, b + (long)batch * g.K * g.N, c + (long)batch * g.M * g.N);

    /// <summary>One product: C[m, n] = op(A) · op(B), all contiguous.</summary>
    private void MultiplyMatrices(in MatrixProductGeometry g, Operand a, Operand b, Operand c)
    {
        var (_, m, n, k, transposeA, transposeB) = g;
        if (n == 1 && m > 1)
        {
            // A column is also a row: Cᵀ = op(B)ᵀ · op(A)ᵀ fills whole vectors.
            (m, n, transposeA, transposeB) = (1, m, !transposeB, !transposeA);
            var swapped = a;
            a = b;
            b = swapped;
        }

        var shape = new ProductShape { M = m, N = n, K = k, C = c, Rounded = IsRounded(a) };
        var rows = new MatrixRows(n);
        switch (transposeA, transposeB)
        {
            case (false, false):
                Multiply(new PanelRows(a, k), new PanelColumns(b, n), rows, shape, slices: true);
                break;
            case (false, true):
                Multiply(new PanelRows(a, k), new PanelRows(b, k), rows, shape, slices: true);
                break;
            case (true, false):
                Multiply(new PanelColumns(a, m), new PanelColumns(b, n), rows, shape, slices: true);
                break;
            case (true, true):
                Multiply(new PanelColumns(a, m), new PanelRows(b, k), rows, shape, slices: true);
                break;
        }
    }

    /// <param name="slices">Whether the depth may be cut where C is small; C must be contiguous then.</param>
    private void Multiply<TA, TB, TRows>(in TA a, in TB b, in TRows rows, in ProductShape shape, bool slices)
        where TA : struct, IPanelSource where TB : struct, IPanelSource where TRows : struct, IProductRows
    {
        switch (shape.Rounded ? BFloat16Path : BFloat16Path.Float32, VectorPath)
        {
            case (BFloat16Path.Assembled, _):
                Multiply<TA, TB, TRows, MatrixProductKernelAssembled>(a, b, rows, shape, slices);
                break;
            case (BFloat16Path.Portable, _):
                Multiply<TA, TB, TRows, MatrixProductKernelPairs>(a, b, rows, shape, slices);
                break;
            case (_, VectorPath.Avx512):
                Multiply<TA, TB, TRows, MatrixProductKernel512>(a, b, rows, shape, slices);
                break;
            case (_, VectorPath.Avx2):
                Multiply<TA, TB, TRows, MatrixProductKernel256>(a, b, rows, shape, slices);
                break;
            default:
                Multiply<TA, TB, TRows, MatrixProductKernel128>(a, b, rows, shape, slices);
                break;
        }
    }

    private void Multiply<TA, TB, TRows, TKernel>(in TA a, in TB b, in TRows rows, in ProductShape shape, bool slices)
        where TA : struct, IPanelSource where TB : struct, IPanelSource where TRows : struct, IProductRows where TKernel
            : struct, IMicroKernel
    {
        if (shape.M == 0 || shape.N == 0)
            return;
        if (shape.K == 0)
        {
            ClearRows(rows, shape);
            return;
        }

        var blocked = shape with { BlockDepth = MatrixProductBlocking.BlockDepth(shape.K) };
        var parts = slices ? MatrixProductBlocking.DepthSlices(shape.M, shape.N, shape.K) : 1;
        if (parts > 1)
            MultiplySlices<TA, TB, TKernel>(a, b, blocked, parts);
        else if (shape.M <= MatrixProductBlocking.OwnRows && shape.N >= MatrixProductBlocking.OwnColumns)
            MultiplyOwn<TA, TB, TRows, TKernel>(a, b, rows, blocked);
        else
            MultiplyShared<TA, TB, TRows, TKernel>(a, b, rows, blocked);
    }

    /// <summary>Few rows: each task packs the columns that it alone needs.</summary>
    private void MultiplyOwn<TA, TB, TRows, TKernel>(in TA a, in TB b, in TRows rows, in ProductShape shape)
        where TA : struct, IPanelSource where TB : struct, IPanelSource where TRows : struct, IProductRows where TKernel
            : struct, IMicroKernel
    {
        var (blocks, tasks) = OwnBlocks<TKernel>(shape, 1);
        var body = new OwnProductBody<TA, TB, TRows, TKernel>(_panels, a, b, rows, shape with { SliceDepth = shape.K }, blocks);
        _workers.Run(body, tasks, Serial(shape) ? tasks : 1);
    }

    /// <summary>A small C of great depth: slices of the depth into arrays of their own, then their sum in order.</summary>
    private void MultiplySlices<TA, TB, TKernel>(in TA a, in TB b, in ProductShape shape, int slices)
        where TA : struct, IPanelSource where TB : struct, IPanelSource where TKernel : struct, IMicroKernel
    {
        var sliceDepth = MatrixProductBlocking.PartSize(shape.K, slices, shape.BlockDepth);
        slices = MatrixProductBlocking.DivideUp(shape.K, sliceDepth);
        var count = checked(shape.M * shape.N);
        var (blocks, tasks) = OwnBlocks<TKernel>(shape, slices);
        var buffer = _panels.Rent((long)slices * count);
        try
        {
            var partial = shape with { C = buffer.Address, SliceDepth = sliceDepth, SliceStride = count };
            var body = new OwnProductBody<TA, TB, MatrixRows, TKernel>(_panels, a, b, new MatrixRows(shape.N), partial, blocks);
            _workers.Run(body, tasks, 1);
            _workers.Run(new SumSlicesBody(buffer.Address, slices, count, shape.C), count, 8192);
        }
        finally
        {
            _panels.Return(buffer);
        }
    }

    /// <summary>
    /// Rows and columns of a task that packs both operands, and how many tasks: enough for all threads, else as large as the caches allow.
    /// </summary>
    private (ProductBlocks Blocks, int Tasks) OwnBlocks<TKernel>(in ProductShape shape, int slices) where TKernel : struct, IMicroKernel
    {
        var rowBlocks = MatrixProductBlocking.DivideUp(shape.M, MatrixProductBlocking.OwnRows);
        var rows = MatrixProductBlocking.PartSize(shape.M, rowBlocks, TKernel.Rows);
        var wanted = MatrixProductBlocking.DivideUp(MatrixProductBlocking.TasksPerThread * Threads, slices * rowBlocks);
        var columns = Math.Min(MatrixProductBlocking.OwnColumns, MatrixProductBlocking.PartSize(shape.N, wanted, TKernel.Columns));
        return (new(rows, columns),
            slices * MatrixProductBlocking.DivideUp(shape.M, rows) * MatrixProductBlocking.DivideUp(shape.N, columns));
    }

    /// <summary>Many rows: B is packed once, then blocks of rows are shared out.</summary>
    private void MultiplyShared<TA, TB, TRows, TKernel>(in TA a, in TB b, in TRows rows, in ProductShape shape)
        where TA : struct, IPanelSource where TB : struct, IPanelSource where TRows : struct, IProductRows where TKernel
            : struct, IMicroKernel
    {
        var serial = Serial(shape);
        var mostRows = MatrixProductBlocking.MostRows(shape.BlockDepth, TKernel.Rows);
        var wanted = serial ? 1 : MatrixProductBlocking.TasksPerThread * Threads;
        var most = Math.Max(TKernel.Columns, MatrixProductBlocking.SharedFloats / shape.K / TKernel.Columns * TKernel.Columns);
        for (var column = 0; column < shape.N; column += most)
        {
            var columns = Math.Min(most, shape.N - column);
            var blockRows = Math.Min(mostRows, Math.Max(4 * TKernel.Rows, MatrixProductBlocking.PartSize(shape.M, wanted, TKernel.Rows)));
            blockRows = MatrixProductBlocking.PartSize(shape.M, RoundToThreads(MatrixProductBlocking.DivideUp(shape.M, blockRows)),
                TKernel.Rows);
            var rowBlocks = MatrixProductBlocking.DivideUp(shape.M, blockRows);
            var blockColumns = rowBlocks >= Threads ? MatrixProductBlocking.RoundUp(columns, TKernel.Columns)
                : Math.Max(TKernel.Columns,
                    MatrixProductBlocking.PartSize(columns, MatrixProductBlocking.DivideUp(wanted, rowBlocks), TKernel.Columns));
            if (shape.C.Kind == OperandKind.BFloat16)
            {
                var mostColumns = Math.Max(1, MatrixProductBlocking.SumFloats / blockRows / TKernel.Columns) * TKernel.Columns;
                blockColumns = Math.Min(blockColumns, mostColumns);
            }

            var tasks = rowBlocks * MatrixProductBlocking.DivideUp(columns, blockColumns);
            var panels = MatrixProductBlocking.DivideUp(columns, TKernel.Columns);
            var floats = (long)panels * TKernel.Columns * PanelPairs.Places<TKernel>(shape.K);
            using var packed = columns == shape.N && shape.Weight.Address != null
                ? Prepare(shape.Weight, shape.WeightForm with { Width = TKernel.Columns }, floats)
                : new PreparedPanels(_panels, floats);
            if (!packed.Ready)
            {
                var panelChunk = serial ? panels : ChunkFor(panels, TKernel.Columns * (long)shape.K);
                _workers.Run(new PackSharedBody<TB, TKernel>(b, column, columns, shape.K, shape.BlockDepth, packed.Address), panels,
                    panelChunk);
                packed.Complete();
            }

            var body = new SharedProductBody<TA, TRows, TKernel>(_panels, a, rows, shape, new(packed.Address, column, columns),
                new(blockRows, blockColumns));
            _workers.Run(body, tasks, serial ? tasks : 1);
        }
    }

    /// <summary>
    /// Room for the panels of a weight array: where they are kept, with the numbers in it if they were made before, else where they are
    /// needed this once.
    /// </summary>
    private PreparedPanels Prepare(Operand weight, in PanelForm form, long floats)
    {
        var kept = _kept.Find(weight, form, floats, out var ready);
        return kept == null ? new PreparedPanels(_panels, floats) : new PreparedPanels(_kept, weight, form, kept, ready);
    }

    /// <summary>An even share of few blocks; many blocks even out by themselves.</summary>
    private int RoundToThreads(int blocks) => blocks < 2 || blocks > 16 * Threads ? blocks : MatrixProductBlocking.RoundUp(blocks, Threads);

    private static bool Serial(in ProductShape shape) => (long)shape.M * shape.N * shape.K < MatrixProductBlocking.SerialProducts;

    private static void ClearRows<TRows>(in TRows rows, in ProductShape shape) where TRows : struct, IProductRows
    {
        for (var i = 0; i < shape.M; i++)
        {
            long offset;
            rows.Fill(i, 1, &offset);
            var row = shape.C + offset;
            new Span<byte>(row.Address, shape.N * row.Size).Clear();
        }
    }
}
