namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    /// <summary>The GPU of this machine.</summary>
    /// <exception cref="BadInputException">There is none, or its driver or NVRTC is missing or too old; the message says what to do.</exception>
    public static CudaBackend Open(CudaOptions options) => throw new BadInputException("--device cuda: not there yet");

    /// <summary>The GPU of this machine, or null where there is none.</summary>
    public static CudaBackend? TryOpen(CudaOptions options) => null;

    /// <summary>The same kernels compiled for the host.</summary>
    public static CudaBackend OpenSimulated(CudaOptions options) => throw new BadInputException("--device cuda-sim: not there yet");
}
