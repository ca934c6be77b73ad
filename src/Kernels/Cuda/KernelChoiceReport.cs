using CrossModal.Kernels.Cuda.Libraries;

namespace CrossModal.Kernels.Cuda;

/// <summary>Who has computed: what was asked for is not always what was done, and a report must not say so.</summary>
internal sealed unsafe partial class CudaBackend
{
    /// <summary>What the libraries are called among the candidates, and where choices are remembered.</summary>
    private const string CuBlasName = "cublas", CuDnnName = "cudnn";

    /// <summary>A bit for each computer in each precision.</summary>
    private int _computed;

    private enum Computer
    {
        OurProducts,
        OurVectorProducts,
        CuBlas,
        OurConvolutions,
        OurDirectConvolutions,
        CuDnn,
    }

    private void Computed(Computer who, Precision precision) => _computed |= 1 << ((int)who * 3 + (int)precision);

    public override IReadOnlyList<string> ComputedBy
    {
        get
        {
            var lines = new List<string>();
            foreach (var who in Enum.GetValues<Computer>())
            {
                foreach (var precision in Enum.GetValues<Precision>())
                {
                    if ((_computed >> ((int)who * 3 + (int)precision) & 1) != 0)
                        lines.Add($"{Name(who)} in {precision.Name()}");
                }
            }

            if (_wgmmaProblem is not null)
                lines.Add($"without a tile of warpgroups: {_wgmmaProblem}");
            if (_nccl is { TakesDeviceMemory: true })
                lines.Add($"sums over ranks: NCCL {NcclCommunicator.Version}");
            return lines;

            static string Name(Computer who) => who switch
            {
                Computer.OurProducts => "matrix products: handwritten",
                Computer.CuBlas => $"matrix products: cuBLAS {CuBlas.Version}",
                Computer.OurVectorProducts => "products by a vector: handwritten",
                Computer.OurConvolutions => "convolutions: handwritten",
                Computer.OurDirectConvolutions => "convolutions without tiles: handwritten",
                _ => $"convolutions: cuDNN {CuDnn.Version}",
            };
        }
    }

    public override void ForgetComputedBy() => _computed = 0;
}
