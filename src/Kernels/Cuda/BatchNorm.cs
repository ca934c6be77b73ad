namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance) =>
        throw new NotImplementedException();

    public override void BatchNormApply(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance, DeviceArray scale, DeviceArray shift, DeviceArray y) =>
        throw new NotImplementedException();

    public override void BatchNormGradient(in BatchNormGeometry geometry, DeviceArray outputGradient, DeviceArray x, DeviceArray mean, DeviceArray variance,
        DeviceArray scale, DeviceArray shift, DeviceArray inputGradient, DeviceArray scaleGradient, DeviceArray shiftGradient) =>
        throw new NotImplementedException();
}
