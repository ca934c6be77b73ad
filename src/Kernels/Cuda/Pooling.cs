namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    public override void MaxPool(in PoolingGeometry geometry, DeviceArray x, DeviceArray y, DeviceArray indices)
    {
        if (y.Count == 0)
            return;
        var (grid, block) = RowWalk(geometry.Channels, y.Count / geometry.Channels);
        Kernel("pooling", "pooling_max").Value(new PoolingArguments(geometry)).Array(x).Array(y).Array(indices).Run(grid, block);
    }

    public override void MaxPoolScatter(in PoolingGeometry geometry, DeviceArray outputGradient, DeviceArray indices,
        DeviceArray inputGradient)
    {
        if (inputGradient.Count == 0)
            return;
        var (grid, block) = RowWalk(geometry.Channels, inputGradient.Count / geometry.Channels);
        Kernel("pooling", "pooling_max_scatter").Value(new PoolingArguments(geometry)).Array(outputGradient).Array(indices)
            .Array(inputGradient)
            .Run(grid, block);
    }

    public override void MaxPoolGather(in PoolingGeometry geometry, DeviceArray x, DeviceArray indices, DeviceArray y)
    {
        if (y.Count == 0)
            return;
        var (grid, block) = RowWalk(geometry.Channels, y.Count / geometry.Channels);
        Kernel("pooling", "pooling_max_gather").Value(new PoolingArguments(geometry)).Array(x).Array(indices).Array(y).Run(grid, block);
    }

    /// <summary><c>pooling_geometry</c> of kernels/pooling.cu.</summary>
    private readonly struct PoolingArguments(in PoolingGeometry geometry)
    {
        private readonly int _batch = geometry.Batch;
        private readonly int _inputHeight = geometry.InputHeight, _inputWidth = geometry.InputWidth, _channels = geometry.Channels;
        private readonly int _outputHeight = geometry.OutputHeight, _outputWidth = geometry.OutputWidth;
        private readonly int _kernel = geometry.Kernel, _stride = geometry.Stride;
    }
}
