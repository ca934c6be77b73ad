namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>
    /// How the input gradient of few channels is cut (kernels/convolution_few_channels_bf16.cu): rows of output gradient a block reads, how
    /// many of them the block before reads as well, and blocks an image.
    /// </summary>
    private readonly record struct FewChannelPlan(int Rows, int Halo, int Strips)
    {
        public const int Threads = 128, SharedBytes = 49152;

        private const int Lines = 128, Columns = 64;

        /// <summary>Null where the kernel does not serve, wherever the arrays lie.</summary>
        public static FewChannelPlan? Of(in ConvolutionGeometry g)
        {
            var columns = (long)g.KernelHeight * g.KernelWidth * g.InputChannels;
            var halo = (g.KernelHeight - 1L) * g.DilationHeight / g.StrideHeight;
            var rows = Lines / Math.Max(1, g.OutputWidth);
            if (columns > Columns || columns % 8 != 0 || g.OutputChannels % 8 != 0 || rows <= halo || g.OutputHeight == 0
                || g.Batch > ushort.MaxValue)
                return null;
            var last = (g.InputHeight - 1 + g.PaddingHeight) / g.StrideHeight;
            return new FewChannelPlan(rows, (int)halo, last / (rows - (int)halo) + 1);
        }
    }

    /// <summary>The input gradient of few channels. False, with nothing done, where the kernel does not serve.</summary>
    internal bool FewChannelInputGradient(in ConvolutionGeometry geometry, in ProductArrays arrays)
    {
        if (FewChannelPlan.Of(geometry) is not { } plan || (arrays.A.Address | arrays.B.Address) % 16 != 0)
            return false;
        var result = arrays.Result;
        var vector = InVectors(result) && geometry.InputWidth * (long)geometry.InputChannels % 4 == 0;
        Kernel("convolution_few_channels_bf16", FewChannelKernel).Value(new ConvolutionArguments(geometry)).Array(arrays.A)
            .Array(arrays.B).Array(result).Value(plan.Rows).Value(plan.Halo).Value(vector ? 1 : 0).Value(Narrow(result))
            .Run(new Dim3(plan.Strips, geometry.Batch), FewChannelPlan.Threads, FewChannelPlan.SharedBytes);
        return true;
    }

    private const string FewChannelKernel = "convolution_input_gradient_5_few_channels";
}
