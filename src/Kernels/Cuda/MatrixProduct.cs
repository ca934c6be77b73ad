namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    public override void MatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c) =>
        throw new NotImplementedException();
}
