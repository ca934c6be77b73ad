namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    public override void Random(RandomDistribution distribution, ulong seed, ulong stream, DeviceArray position, DeviceArray y, double a, double b) =>
        throw new NotImplementedException();
}
