namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    public override void MaxPool(in PoolingGeometry geometry, DeviceArray x, DeviceArray y, DeviceArray indices) =>
        throw new NotImplementedException();

    public override void MaxPoolScatter(in PoolingGeometry geometry, DeviceArray outputGradient, DeviceArray indices, DeviceArray inputGradient) =>
        throw new NotImplementedException();

    public override void MaxPoolGather(in PoolingGeometry geometry, DeviceArray x, DeviceArray indices, DeviceArray y) =>
        throw new NotImplementedException();
}
