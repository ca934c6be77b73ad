namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    /// <remarks>In bfloat16 b may be of float32, and is rounded; what has no kernel goes by two copies.</remarks>
    public override void JoinRows(in JoinGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y)
    {
        var (family, kernel) = (a.Type, b.Type, y.Type) switch
        {
            (ElementType.Float32, ElementType.Float32, ElementType.Float32) => ("join_rows", "join_rows_4"),
            (ElementType.BFloat16, ElementType.BFloat16, ElementType.BFloat16) => ("join_rows_bf16", "join_rows_2"),
            (ElementType.BFloat16, ElementType.Float32, ElementType.BFloat16) => ("join_rows_bf16", "join_rows_narrow"),
            _ => ("", ""),
        };
        if (kernel.Length == 0)
        {
            base.JoinRows(geometry, a, b, y);
            return;
        }

        var (rows, repeat, left, right) = geometry;
        if (y.Count == 0)
            return;
        var fours = left % 4 == 0 && right % 4 == 0 && InVectors(a) && InVectors(b) && InVectors(y);
        const int lanes = 32, down = BlockSize / lanes;
        var blocks = (int)Math.Min(((long)rows + down - 1) / down, 16L * Gpu.Multiprocessors);
        Kernel(family, kernel).Value(rows).Value(repeat).Value(left).Value(right).Value(fours ? 1 : 0).Array(a).Array(b).Array(y)
            .Run(blocks, new Dim3(lanes, down));
    }
}
