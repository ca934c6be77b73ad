namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    public override void Fill(DeviceArray y, double value) =>
        throw new NotImplementedException();

    public override void StridedCopy(in StridedGeometry geometry, DeviceArray x, DeviceArray y, bool accumulate = false) =>
        throw new NotImplementedException();

    public override void OneHot(DeviceArray labels, int classes, DeviceArray y) =>
        throw new NotImplementedException();
}
