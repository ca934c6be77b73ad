using System.Text;

namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>For float32, and for arrays of which some are bfloat16.</summary>
    private static readonly string[] UnaryKernels = KernelsOf<UnaryOperation>(""), NarrowUnaryKernels = KernelsOf<UnaryOperation>("_bf16");

    private static readonly string[] FlatKernels = KernelsOf<BinaryOperation>("_flat"),
        NarrowFlatKernels = KernelsOf<BinaryOperation>("_flat_bf16");

    private static readonly string[] RowKernels = KernelsOf<BinaryOperation>("_rows"),
        NarrowRowKernels = KernelsOf<BinaryOperation>("_rows_bf16");

    private static readonly string[] StridedKernels = KernelsOf<BinaryOperation>("_strided"),
        NarrowStridedKernels = KernelsOf<BinaryOperation>("_strided_bf16");

    public override void Unary(UnaryOperation operation, DeviceArray x, DeviceArray y, double a = 0, double b = 0)
    {
        var vectors = InVectors(x, y) ? y.Count / 4 : 0;
        var narrow = Narrow(x) | Narrow(y) << 1;
        var kernel = narrow == 0 ? Kernel("elementwise", UnaryKernels[(int)operation]).Array(x).Array(y)
            : Kernel("elementwise_bf16", NarrowUnaryKernels[(int)operation]).Array(x).Array(y).Value(narrow);
        kernel.Value(y.Count).Value(vectors).Value((float)a).Value((float)b).Run(BlocksOfFours(y.Count, vectors), BlockSize);
    }

    public override void Binary(BinaryOperation operation, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y,
        double alpha = 0)
    {
        var count = geometry.Count;
        if (count == 0)
            return;
        var (number, rest) = ((float)alpha, (float)(1 - alpha));
        var narrow = Narrow(a) | Narrow(b) << 1 | Narrow(y) << 2;
        var family = narrow == 0 ? "elementwise" : "elementwise_bf16";
        if (geometry.Rank == 1 && geometry.StridesOut[0] == 1 && geometry.StridesA[0] is 0 or 1 && geometry.StridesB[0] is 0 or 1)
        {
            var (oneA, oneB) = (geometry.StridesA[0] == 0, geometry.StridesB[0] == 0);
            var vectors = (oneA || InVectors(a)) && (oneB || InVectors(b)) && InVectors(y) ? count / 4 : 0;
            var kernel = Kernel(family, (narrow == 0 ? FlatKernels : NarrowFlatKernels)[(int)operation]).Array(a).Array(b).Array(y);
            (narrow == 0 ? kernel : kernel.Value(narrow)).Value(count).Value(vectors)
                .Value((oneA ? 1 : 0) | (oneB ? 2 : 0)).Value(number).Value(rest).Run(BlocksOfFours(count, vectors), BlockSize);
        }
        else if (IsRowBroadcast(geometry))
        {
            var columns = geometry.Extents[1];
            var vectors = columns % 4 == 0 && InVectors(a, b) && InVectors(y);
            var kernel = Kernel(family, (narrow == 0 ? RowKernels : NarrowRowKernels)[(int)operation]).Array(a).Array(b).Array(y);
            (narrow == 0 ? kernel : kernel.Value(narrow)).Value(count).Value(columns)
                .Value(geometry.StridesA[0] == 0 ? 1 : 0).Value(vectors ? 1 : 0).Value(number).Value(rest)
                .Run(BlocksOfFours(count, vectors ? count / 4 : 0), BlockSize);
        }
        else
        {
            var (grid, block) = RowWalk(geometry);
            var kernel = Kernel(family, (narrow == 0 ? StridedKernels : NarrowStridedKernels)[(int)operation])
                .Value(geometry).Array(a).Array(b).Array(y);
            (narrow == 0 ? kernel : kernel.Value(narrow)).Value(number).Value(rest).Run(grid, block);
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

    /// <summary>Whether an array begins where a vector of four of its elements may.</summary>
    private static bool InVectors(DeviceArray x) => x.Address % (4 * x.Type.Size()) == 0;

    private static bool InVectors(DeviceArray x, DeviceArray y) => InVectors(x) && InVectors(y);

    /// <summary>Blocks for <paramref name="count"/> elements of which <paramref name="vectors"/> groups of four go at once.</summary>
    private int BlocksOfFours(long count, long vectors) => Blocks(vectors > 0 ? vectors : count);

    /// <summary>The kernels of all operations: <c>LeakyRelu</c> is <c>elementwise_leaky_relu</c> in the kernel file.</summary>
    private static string[] KernelsOf<T>(string suffix) where T : struct, Enum => Array.ConvertAll(Enum.GetNames<T>(), operation =>
    {
        var name = new StringBuilder("elementwise");
        foreach (var letter in operation)
            name.Append(char.IsUpper(letter) ? "_" : "").Append(char.ToLowerInvariant(letter));
        return name.Append(suffix).ToString();
    });
}
