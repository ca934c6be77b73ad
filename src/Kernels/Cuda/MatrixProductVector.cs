using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda;

/// <summary>Matrix products of which one side is a vector: <c>kernels/matrix_product_vector.cu</c>.</summary>
internal sealed unsafe partial class CudaBackend
{
    /// <summary><c>matrix_vector_geometry</c> of the kernel file.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct MatrixVectorArguments(int Batch, int Lines, int Depth, int Vector, int Slices, int SliceDepth);

    /// <summary>
    /// The product of float32 arrays where M or N is 1, in float32 whatever <see cref="Precision"/> says: rounding operands gains nothing
    /// where reading them takes the time.
    /// </summary>
    internal void MatrixVectorProduct(in MatrixProductGeometry g, DeviceArray a, DeviceArray b, DeviceArray c, int slices = 0)
    {
        if (c.Count == 0)
            return;
        // The matrix is the side with the lines; with one line on both sides either will do.
        var ofA = g.N == 1;
        var (matrix, vector, lines) = ofA ? (a, b, g.M) : (b, a, g.N);
        var byRows = (ofA ? !g.TransposeA : g.TransposeB) || lines == 1;
        if (slices == 0)
            slices = VectorSlices(g, lines, byRows);
        var depth = MatrixProductVersion.SliceDepth(g, slices);
        slices = Math.Max(1, (g.K + depth - 1) / depth);
        using var sliced = Sliced(c, slices, "MatrixProduct");
        LaunchMatrixVectorProduct(g, byRows, lines, new(matrix, vector, sliced.Target), slices, depth);
        sliced.Sum();
    }

    /// <summary>
    /// As many slices as give every multiprocessor some 32 warps, none shorter than it takes to be worth a second launch.
    /// </summary>
    private int VectorSlices(in MatrixProductGeometry g, int lines, bool byRows)
    {
        const int warpsWanted = 32, shortest = 1024;
        var warps = (long)g.Batch * (byRows ? lines : (lines + 31L) / 32 * 8);
        return (int)Math.Clamp((long)warpsWanted * _driver.Properties.Multiprocessors / warps, 1, Math.Clamp(g.K / shortest, 1, 32));
    }

    private void LaunchMatrixVectorProduct(in MatrixProductGeometry g, bool byRows, int lines, in ProductArrays arrays, int slices,
        int sliceDepth)
    {
        var fours = MatrixProductArguments.Vectors(arrays.A, g.K) && MatrixProductArguments.Vectors(arrays.B, g.K);
        var arguments = new MatrixVectorArguments(g.Batch, lines, g.K, fours ? 1 : 0, slices, sliceDepth);
        var blocks = byRows ? ((long)slices * g.Batch * lines + 7) / 8 : (long)slices * g.Batch * ((lines + 31L) / 32);
        Kernel("matrix_product_vector", byRows ? "matrix_product_vector_rows" : "matrix_product_vector_columns")
            .Array(arrays.A).Array(arrays.B).Array(arrays.Result).Value(arguments).Run(checked((int)blocks), 256);
    }
}
