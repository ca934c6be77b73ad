namespace CrossModal.Kernels.Cuda;

/// <summary>How exactly matrix products and convolutions multiply. Sums, and everything else, are float32 always.</summary>
public enum Precision
{
    /// <summary>Operands as they are.</summary>
    Float32,

    /// <summary>Operands rounded to TF32 (10 bits of mantissa) for the tensor cores.</summary>
    TensorFloat32,

    /// <summary>Operands rounded to bfloat16 (7 bits of mantissa) for the tensor cores.</summary>
    BFloat16,
}

/// <summary>Who computes matrix products or convolutions.</summary>
public enum KernelProvider
{
    /// <summary>Whoever was fastest at this shape, measured once and remembered.</summary>
    Auto,

    /// <summary>The kernels of <c>kernels/</c>.</summary>
    Handwritten,

    /// <summary>cuBLAS or cuDNN.</summary>
    Library,
}

/// <summary>How the device <c>cuda</c> or <c>cuda-sim</c> works.</summary>
/// <param name="Graph">Whether a captured step becomes one CUDA graph launch.</param>
/// <param name="Threads">Threads that the simulator uses; 0 for one a core.</param>
public sealed record CudaOptions(
    Precision Precision = Precision.Float32, KernelProvider MatrixProducts = KernelProvider.Auto,
        KernelProvider Convolutions = KernelProvider.Auto, bool Graph = true, int Threads = 0)
{
    /// <summary>Told, when the device is opened, how many of how many kernel files are compiled.</summary>
    public Action<int, int>? Compiled { get; init; }
}
