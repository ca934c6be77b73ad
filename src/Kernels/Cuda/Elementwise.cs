namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    public override void Unary(UnaryOperation operation, DeviceArray x, DeviceArray y, double a = 0, double b = 0) =>
        throw new NotImplementedException();

    public override void Binary(BinaryOperation operation, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y, double alpha = 0) =>
        throw new NotImplementedException();
}
