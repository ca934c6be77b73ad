namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    public override void LogSoftmax(int rows, int columns, DeviceArray x, DeviceArray y) =>
        throw new NotImplementedException();
}
