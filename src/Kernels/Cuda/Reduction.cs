namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    public override void Reduce(ReductionOperation operation, in ReductionGeometry geometry, DeviceArray x, DeviceArray y) =>
        throw new NotImplementedException();
}
