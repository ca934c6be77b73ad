namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    public override void Convolution(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output) =>
        throw new NotImplementedException();

    public override void ConvolutionInputGradient(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight, DeviceArray inputGradient) =>
        throw new NotImplementedException();

    public override void ConvolutionWeightGradient(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray outputGradient, DeviceArray weightGradient) =>
        throw new NotImplementedException();
}
