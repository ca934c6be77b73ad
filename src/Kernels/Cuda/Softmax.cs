namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    /// <remarks>A warp a row; rows longer than <see cref="LongestWarpRow"/> get a block each.</remarks>
    public override void LogSoftmax(int rows, int columns, DeviceArray x, DeviceArray y)
    {
        if (rows == 0 || columns == 0)
            return;
        if (columns > LongestWarpRow)
        {
            Kernel("softmax", "softmax_log_2").Array(x).Array(y).Value(columns).Run(rows, BlockSize);
            return;
        }

        // Blocks of four warps: a batch of rows is small, and its warps should be spread over the multiprocessors.
        const int warps = 4;
        Kernel("softmax", "softmax_log_1").Array(x).Array(y).Value(rows).Value(columns)
            .Run((int)(((long)rows + warps - 1) / warps), 32 * warps);
    }
}
