using System.Numerics;

namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>Rows up to this length are reduced by a warp at most, longer ones by a block.</summary>
    private const int LongestWarpRow = 1024;

    /// <summary>Up to this many numbers a result one thread sums them by itself: a sum in one go loses digits as it grows.</summary>
    private const int LongestThreadColumn = 64;

    /// <summary>
    /// Blocks a multiprocessor that kernels bound by memory are cut into: with 64 registers a thread, all of them are resident together.
    /// </summary>
    private const int MemoryBoundBlocks = 4;

    /// <summary>
    /// The block of kernels that join parts: eight neighboring columns, a sector of memory, and 32 threads that share the parts of each.
    /// </summary>
    private static readonly Dim3 FinishBlock = new(8, BlockSize / 8);

    /// <inheritdoc/>
    /// <remarks>Rows (Inner = 1) and columns (else) go to kernels of their own; see kernels/reduction.cu for what each gains.</remarks>
    public override void Reduce(ReductionOperation operation, in ReductionGeometry geometry, DeviceArray x, DeviceArray y)
    {
        if (geometry.Outer == 0 || geometry.Inner == 0)
            return;
        if (geometry.Inner == 1 && geometry.Reduced > 0)
            ReduceRows(operation, geometry.Outer, geometry.Reduced, x, y);
        else
            ReduceColumns(operation, geometry.Outer, geometry.Reduced, geometry.Inner, x, y);
    }

    private void ReduceRows(ReductionOperation operation, int rows, int length, DeviceArray x, DeviceArray y)
    {
        if (length <= LongestWarpRow)
        {
            // About four numbers a lane, so that short rows leave no lane idle.
            var lanes = (int)Math.Min(32, BitOperations.RoundUpToPowerOf2((uint)(length + 3) / 4));
            var rowsABlock = BlockSize / lanes;
            ReductionKernel(ReductionForm.Rows1, operation, x).Array(x).Array(y).Value(rows).Value(length).Value(lanes)
                .Run((int)(((long)rows + rowsABlock - 1) / rowsABlock), BlockSize);
            return;
        }

        var vectors = InVectors(x) && (length % 4 == 0 || rows == 1);
        var form = vectors ? ReductionForm.Rows3 : ReductionForm.Rows2;
        var (parts, partLength) = Parts(rows, length, multiple: BlockSize * 4, least: 4 * BlockSize * 4);
        if (parts == 1)
        {
            ReductionKernel(form, operation, x).Array(x).Array(y).Value(length).Value(1).Value(partLength).Run(rows, BlockSize);
            return;
        }

        var partial = Scratch.Allocate((long)rows * parts * sizeof(float), "Reduce");
        var partials = new DeviceArray(partial.Address, (long)rows * parts, ElementType.Float32);
        ReductionKernel(form, operation, x).Array(x).Array(partials).Value(length).Value(parts).Value(partLength)
            .Run(checked(rows * parts), BlockSize);
        ReduceRows(operation, rows, parts, partials, y);
        Scratch.Release(partial);
    }

    private void ReduceColumns(ReductionOperation operation, int outer, int reduced, int inner, DeviceArray x, DeviceArray y)
    {
        var results = (long)outer * inner;
        if (reduced <= LongestThreadColumn)
        {
            ReductionKernel(ReductionForm.Columns1, operation, x).Array(x).Array(y).Value(results).Value(reduced).Value(inner)
                .Run(Blocks(results), BlockSize);
            return;
        }

        var width = InVectors(x) && inner % 4 == 0 ? 4 : 1;
        var form = width == 4 ? ReductionForm.Columns3 : ReductionForm.Columns2;
        var (tiling, block) = TileColumns(outer, reduced, inner, width);
        if (tiling.Parts > 1)
            (tiling, block) = TileSums(outer, reduced, inner, width);
        if (tiling.Parts == 1)
        {
            ReductionKernel(form, operation, x).Array(x).Array(y).Value(tiling).Array(DeviceArray.None).Array(DeviceArray.None)
                .Run(tiling.Blocks(outer), block);
            return;
        }

        var partial = Scratch.Allocate(results * tiling.Parts * sizeof(float), "Reduce");
        var partials = new DeviceArray(partial.Address, results * tiling.Parts, ElementType.Float32);
        ReductionKernel(form, operation, x).Array(x).Array(y).Value(tiling).Array(partials)
            .Array(ZeroCounters(checked(outer * tiling.Tiles))).Run(tiling.Blocks(outer), block);
        Scratch.Release(partial);
    }

    /// <summary>The kernels of kernels/reduction.cuh: rows or columns, and the version.</summary>
    private enum ReductionForm
    {
        Rows1,
        Rows2,
        Rows3,
        Columns1,
        Columns2,
        Columns3,
    }

    /// <summary>By form, operation and whether x is bfloat16.</summary>
    private static readonly string[] ReductionKernels =
    [
        .. from form in (string[])["rows_1", "rows_2", "rows_3", "columns_1", "columns_2", "columns_3"]
           from operation in (string[])["sum", "maximum"]
           from suffix in (string[])["", "_bf16"]
           select $"reduction_{form}_{operation}{suffix}",
    ];

    private KernelLaunch ReductionKernel(ReductionForm form, ReductionOperation operation, DeviceArray x)
    {
        var narrow = Narrow(x);
        return Kernel(narrow == 1 ? "reduction_bf16" : "reduction", ReductionKernels[(int)form * 4 + (int)operation * 2 + narrow]);
    }

    /// <summary>
    /// Into how many parts to cut <paramref name="length"/> so that <paramref name="pieces"/> times as many blocks fill the device once,
    /// and how long a part is: a multiple of <paramref name="multiple"/>, and no shorter than <paramref name="least"/>, so that the work of
    /// a part outweighs that of joining it.
    /// </summary>
    private (int Parts, int PartLength) Parts(long pieces, int length, int multiple, int least)
    {
        var wanted = Math.Max(1, Math.Min((long)MemoryBoundBlocks * Gpu.Multiprocessors / Math.Max(pieces, 1), length / least));
        var partLength = ((length + wanted - 1) / wanted + multiple - 1) / multiple * multiple;
        return partLength >= length ? (1, Math.Max(length, 1)) : ((int)((length + partLength - 1) / partLength), (int)partLength);
    }

    /// <summary>Cuts [groups · rows, columns] into blocks (see column_tiling in kernels/block.cuh), with the block's shape.</summary>
    /// <param name="width">Columns a thread: 4 where they are loaded as one float4, else 1.</param>
    private (ColumnTiling Tiling, Dim3 Block) TileColumns(int groups, int rows, int columns, int width)
    {
        var threads = (columns + width - 1) / width;
        var across = (int)Math.Min(32, BitOperations.RoundUpToPowerOf2((uint)Math.Max(threads, 1)));
        var tiles = (threads + across - 1) / across;
        var down = BlockSize / across;
        var (parts, partLength) = Parts((long)groups * tiles, rows, multiple: down, least: 4 * down);
        return (new ColumnTiling(rows, columns, tiles, parts, partLength), new Dim3(across, down));
    }

    /// <summary>The kernels' column_tiling: the same fields in the same order.</summary>
    private readonly record struct ColumnTiling(int Rows, int Columns, int Tiles, int Parts, int PartLength)
    {
        /// <summary>Blocks for that many groups of rows.</summary>
        public int Blocks(int groups) => checked((int)((long)groups * Parts * Tiles));
    }
}
