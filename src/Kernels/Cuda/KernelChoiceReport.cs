using CrossModal.Kernels.Cuda.Libraries;

namespace CrossModal.Kernels.Cuda;

/// <summary>Who has computed: what was asked for is not always what was done, and a report must not say so.</summary>
internal sealed unsafe partial class CudaBackend
{
    /// <summary>What the libraries are called among the candidates, and where choices are remembered.</summary>
    private const string CuBlasName = "cublas", CuDnnName = "cudnn";

    private Computers _computers;

    [Flags]
    private enum Computers
    {
        None = 0,
        OurProducts = 1,
        OurVectorProducts = 2,
        CuBlas = 4,
        OurConvolutions = 8,
        OurDirectConvolutions = 16,
        CuDnn = 32,
    }

    public override IReadOnlyList<string> ComputedBy
    {
        get
        {
            // Without tensor cores the kernels multiply what they are given.
            var ours = Gpu.Major >= 8 ? Precision : Precision.Float32;
            var lines = new List<string>();
            Add(Computers.OurProducts, () => $"matrix products: handwritten in {ours.Name()}");
            Add(Computers.CuBlas, () => $"matrix products: cuBLAS {CuBlas.Version} in {Precision.Name()}");
            Add(Computers.OurVectorProducts, () => $"products by a vector: handwritten in {Precision.Float32.Name()}");
            Add(Computers.OurConvolutions, () => $"convolutions: handwritten in {ours.Name()}");
            Add(Computers.OurDirectConvolutions, () => $"convolutions without tiles: handwritten in {Precision.Float32.Name()}");
            Add(Computers.CuDnn, () => $"convolutions: cuDNN {CuDnn.Version} in {CuDnn.PrecisionOf(Precision).Name()}");
            if (_nccl is { TakesDeviceMemory: true })
                lines.Add($"sums over ranks: NCCL {NcclCommunicator.Version}");
            return lines;

            void Add(Computers who, Func<string> line)
            {
                if (_computers.HasFlag(who))
                    lines.Add(line());
            }
        }
    }

    public override void ForgetComputedBy() => _computers = Computers.None;
}
