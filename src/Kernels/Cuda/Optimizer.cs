namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    public override void Adam(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, DeviceArray parameters, DeviceArray gradients, DeviceArray firstMoment, DeviceArray secondMoment) =>
        throw new NotImplementedException();

    public override void Sgd(float momentum, float weightDecay, DeviceArray learningRate, DeviceArray parameters, DeviceArray gradients, DeviceArray velocity) =>
        throw new NotImplementedException();

    public override void Increment(DeviceArray counter, long amount) =>
        throw new NotImplementedException();
}
