using CrossModal.Kernels.Communication;

namespace CrossModal.Kernels;

/// <summary>
/// How exactly matrix products and convolutions multiply. Sums, statistics, losses and weights are float32 always; with bfloat16, layers
/// also keep activations and their gradients so, on the devices that have arrays of it.
/// </summary>
public enum Precision
{
    /// <summary>Operands as they are.</summary>
    Float32,

    /// <summary>Operands rounded to TF32 (10 bits of mantissa) for the tensor cores.</summary>
    TensorFloat32,

    /// <summary>Operands rounded to bfloat16 (7 bits of mantissa).</summary>
    BFloat16,
}

/// <summary>The words for precisions on the command line and in reports.</summary>
internal static class PrecisionNames
{
    public static string Name(this Precision precision) => precision switch
    {
        Precision.TensorFloat32 => "tf32",
        Precision.BFloat16 => "bf16",
        _ => "float32",
    };
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

/// <summary>Which device to open and how it is to work.</summary>
/// <param name="Name"><c>cpu</c>, <c>cuda</c>, <c>cuda-sim</c>, <c>reference</c>, or <c>auto</c> for the fastest there is.</param>
/// <param name="Threads">Threads that <c>cpu</c> and <c>cuda-sim</c> may use; 0 for one a core.</param>
public sealed record DeviceSettings(string Name = "auto", int Threads = 0)
{
    /// <summary>
    /// How products and convolutions round their operands: float32 where nothing is said. <c>cpu</c> and <c>reference</c> know bfloat16
    /// besides, <c>cuda</c> and <c>cuda-sim</c> all.
    /// </summary>
    public Precision? Precision { get; init; }

    /// <summary>Who computes matrix products on <c>cuda</c>.</summary>
    public KernelProvider MatrixProducts { get; init; }

    /// <summary>Who computes convolutions on <c>cuda</c>.</summary>
    public KernelProvider Convolutions { get; init; }

    /// <summary>Whether a captured step becomes one CUDA graph launch.</summary>
    public bool Graph { get; init; } = true;

    /// <summary>The processes that train together with this one.</summary>
    internal Communicator Ranks { get; init; } = Communicator.Alone;

    /// <summary>Told, while <c>cuda</c> or <c>cuda-sim</c> is opened, how many of how many kernel files are compiled.</summary>
    public Action<int, int>? Compiled { get; init; }
}
