namespace CrossModal.Kernels.Cuda;

/// <summary>The matrix product of arrays of bfloat16 by kernels/matrix_product_wgmma.cu, for compute capability 9.0.</summary>
internal sealed unsafe partial class CudaBackend
{
    private static readonly string[] WgmmaProducts =
    [
        .. WgmmaTile.All.SelectMany(tile => (string[])["nn", "nt", "tn", "tt"], (tile, form) => $"matrix_product_wgmma_{tile.Name}_{form}"),
    ];

    /// <summary>
    /// Whether <see cref="WgmmaMatrixProduct"/> computes this: operands of bfloat16, nothing empty, and every row of an array a multiple of
    /// 16 bytes from an address that is one.
    /// </summary>
    internal static bool WgmmaServes(in MatrixProductGeometry g, in ProductArrays arrays) =>
        g.Batch > 0 && g.M > 0 && g.N > 0 && g.K > 0 && AreForWgmma(arrays)
        && (g.TransposeA ? g.M : g.K) % WgmmaTile.Vector == 0 && (g.TransposeB ? g.K : g.N) % WgmmaTile.Vector == 0
        && g.N % WgmmaTile.Vector == 0;

    /// <summary>Into how many parts the depth is best cut.</summary>
    private int WgmmaSlices(in MatrixProductGeometry g, WgmmaTile tile) =>
        WgmmaTile.Slices(Tiles(g, tile), Ceiling(g.K, WgmmaTile.Depth), Gpu.Multiprocessors);

    private static long Tiles(in MatrixProductGeometry g, WgmmaTile tile) =>
        (long)g.Batch * Ceiling(g.M, WgmmaTile.Rows) * Ceiling(g.N, tile.Columns);

    /// <summary>C = op(A) · op(B), whether or not it would be chosen. A and B are bfloat16, C that or float32.</summary>
    /// <param name="tile">Index in <see cref="WgmmaTile.All"/>.</param>
    /// <param name="slices">Into how many parts to cut the depth, about; 0 for what seems best.</param>
    internal void WgmmaMatrixProduct(in MatrixProductGeometry g, in ProductArrays arrays, int tile, int slices = 0)
    {
        var chosen = WgmmaTile.All[tile];
        var (tiles, steps) = (Tiles(g, chosen), Ceiling(g.K, WgmmaTile.Depth));
        if (slices <= 0)
            slices = WgmmaSlices(g, chosen);
        var depth = Ceiling(steps, Math.Min(slices, steps)) * WgmmaTile.Depth;
        slices = Ceiling(g.K, depth);
        using var sliced = Sliced(arrays.Result, slices, "MatrixProduct");

        var (aWidth, aHeight, bWidth, bHeight) =
            (g.TransposeA ? g.M : g.K, g.TransposeA ? g.K : g.M, g.TransposeB ? g.K : g.N, g.TransposeB ? g.N : g.K);
        var a = Boxed(arrays.A, aWidth, aHeight, g.Batch, g.TransposeA ? WgmmaTile.RowElements : WgmmaTile.Rows);
        var b = Boxed(arrays.B, bWidth, bHeight, g.Batch, g.TransposeB ? chosen.Columns : WgmmaTile.RowElements);
        Kernel("matrix_product_wgmma", WgmmaProductName(g, tile)).Map(arrays.A, a).Map(arrays.B, b).Array(sliced.Target)
            .Value(new MatrixProductArguments(g, arrays with { Result = sliced.Target }, slices, depth))
            .Run(checked((int)(tiles * slices)), chosen.ProductThreads, chosen.SharedBytes);
        sliced.Sum();
    }

    /// <summary>The kernel of a tile for operands that lie so.</summary>
    internal static string WgmmaProductName(in MatrixProductGeometry g, int tile) =>
        WgmmaProducts[tile * 4 + (g.TransposeA ? 2 : 0) + (g.TransposeB ? 1 : 0)];

    private static bool AreForWgmma(in ProductArrays arrays) =>
        arrays.A.Type == ElementType.BFloat16 && arrays.B.Type == ElementType.BFloat16
        && ((arrays.A.Address | arrays.B.Address | arrays.Result.Address) & 15) == 0;

    private static int Ceiling(int count, int divisor) => (int)ConvolutionProduct.Ceiling(count, divisor);

    /// <summary>Matrices of rows side by side, in boxes of so many rows.</summary>
    private TensorMap Boxed(DeviceArray array, int width, int height, int depth, int boxHeight)
    {
        var rowBytes = (long)width * array.Type.Size();
        return _driver.EncodeTensorMap(new(array.Address, width, height, depth, rowBytes, rowBytes * height, boxHeight, 1));
    }
}
