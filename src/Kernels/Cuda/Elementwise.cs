using System.Text;

namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    private static readonly string[] UnaryKernels = Array.ConvertAll(Enum.GetNames<UnaryOperation>(), name => ElementwiseKernel(name, ""));
    private static readonly string[] FlatKernels = Array.ConvertAll(Enum.GetNames<BinaryOperation>(), name =>
        ElementwiseKernel(name, "_flat"));
    private static readonly string[] RowKernels = Array.ConvertAll(Enum.GetNames<BinaryOperation>(), name =>
        ElementwiseKernel(name, "_rows"));
    private static readonly string[] StridedKernels = Array.ConvertAll(Enum.GetNames<BinaryOperation>(), name =>
        ElementwiseKernel(name, "_strided"));

    public override void Unary(UnaryOperation operation, DeviceArray x, DeviceArray y, double a = 0, double b = 0)
    {
        var vectors = InVectors(x, y) ? y.Count / 4 : 0;
        Kernel("elementwise", UnaryKernels[(int)operation]).Array(x).Array(y).Value(y.Count).Value(vectors).Value((float)a).Value((float)b)
            .Run(BlocksOfFours(y.Count, vectors), BlockSize);
    }

    public override void Binary(BinaryOperation operation, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y,
        double alpha = 0)
    {
        var count = geometry.Count;
        if (count == 0)
            return;
        var (number, rest) = ((float)alpha, (float)(1 - alpha));
        if (geometry.Rank == 1 && geometry.StridesOut[0] == 1 && geometry.StridesA[0] is 0 or 1 && geometry.StridesB[0] is 0 or 1)
        {
            var (oneA, oneB) = (geometry.StridesA[0] == 0, geometry.StridesB[0] == 0);
            var vectors = (oneA || InVectors(a)) && (oneB || InVectors(b)) && InVectors(y) ? count / 4 : 0;
            Kernel("elementwise", FlatKernels[(int)operation]).Array(a).Array(b).Array(y).Value(count).Value(vectors)
                .Value((oneA ? 1 : 0) | (oneB ? 2 : 0)).Value(number).Value(rest).Run(BlocksOfFours(count, vectors), BlockSize);
        }
        else if (IsRowBroadcast(geometry))
        {
            var columns = geometry.Extents[1];
            var vectors = columns % 4 == 0 && InVectors(a, b) && InVectors(y);
            Kernel("elementwise", RowKernels[(int)operation]).Array(a).Array(b).Array(y).Value(count).Value(columns)
                .Value(geometry.StridesA[0] == 0 ? 1 : 0).Value(vectors ? 1 : 0).Value(number).Value(rest)
                .Run(BlocksOfFours(count, vectors ? count / 4 : 0), BlockSize);
        }
        else
        {
            var (grid, block) = RowWalk(geometry);
            Kernel("elementwise", StridedKernels[(int)operation]).Value(geometry).Array(a).Array(b).Array(y).Value(number).Value(rest)
                .Run(grid, block);
        }
    }

    /// <summary>Whether one operand is a row that repeats, the other and the output contiguous: a bias.</summary>
    private static bool IsRowBroadcast(in StridedGeometry geometry)
    {
        if (geometry.Rank != 2)
            return false;
        var inner = geometry.Extents[1];
        return geometry.StridesOut[1] == 1 && geometry.StridesOut[0] == inner && geometry.StridesA[1] == 1 && geometry.StridesB[1] == 1
            && ((geometry.StridesA[0] == inner && geometry.StridesB[0] == 0)
                || (geometry.StridesA[0] == 0 && geometry.StridesB[0] == inner));
    }

    /// <summary>
    /// The launch of a walk over any geometry: threads in x along the innermost axis, a power of two of them, the block's other threads
    /// along the rows.
    /// </summary>
    private (Dim3 Grid, Dim3 Block) RowWalk(in StridedGeometry geometry)
    {
        var inner = geometry.Extents[geometry.Rank - 1];
        return RowWalk(inner, geometry.Count / inner);
    }

    private (Dim3 Grid, Dim3 Block) RowWalk(int inner, long rows)
    {
        var wide = (int)Math.Min(BlockSize, System.Numerics.BitOperations.RoundUpToPowerOf2((uint)inner));
        var high = BlockSize / wide;
        var most = 16L * Gpu.Multiprocessors;
        var down = Math.Clamp((rows + high - 1) / high, 1, Math.Min(most, ushort.MaxValue));
        var across = Math.Clamp((inner + wide - 1) / wide, 1, Math.Max(1, most / down));
        return (new Dim3((int)across, (int)down), new Dim3(wide, high));
    }

    /// <summary>Whether an array begins where a vector of four floats may.</summary>
    private static bool InVectors(DeviceArray x) => x.Address % 16 == 0;

    private static bool InVectors(DeviceArray x, DeviceArray y) => (x.Address | y.Address) % 16 == 0;

    /// <summary>Blocks for <paramref name="count"/> elements of which <paramref name="vectors"/> groups of four go at once.</summary>
    private int BlocksOfFours(long count, long vectors) => Blocks(vectors > 0 ? vectors : count);

    /// <summary><c>LeakyRelu</c> is <c>elementwise_leaky_relu</c> in the kernel file.</summary>
    private static string ElementwiseKernel(string operation, string version)
    {
        var name = new StringBuilder("elementwise");
        foreach (var letter in operation)
            name.Append(char.IsUpper(letter) ? "_" : "").Append(char.ToLowerInvariant(letter));
        return name.Append(version).ToString();
    }
}
