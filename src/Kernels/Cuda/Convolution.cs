namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>
    /// Versions of the convolution kernels: a thread a result; tiles in float32; tiles on tensor cores in the precision of the options.
    /// </summary>
    internal const int DirectConvolution = 1, TiledConvolution = 2, TensorConvolution = 3;

    private static readonly string[] DirectConvolutions =
        ["convolution_1", "convolution_input_gradient_1", "convolution_weight_gradient_1"];

    public override void Convolution(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output) =>
        Convolve(ConvolutionForm.Value, geometry, input, weight, output);

    public override void ConvolutionInputGradient(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient) =>
        Convolve(ConvolutionForm.InputGradient, geometry, outputGradient, weight, inputGradient);

    public override void ConvolutionWeightGradient(
        in ConvolutionGeometry geometry, DeviceArray input, DeviceArray outputGradient, DeviceArray weightGradient) =>
        Convolve(ConvolutionForm.WeightGradient, geometry, input, outputGradient, weightGradient);

    private void Convolve(ConvolutionForm form, in ConvolutionGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray result) =>
        ChooseConvolution(form, geometry, a, b, result);

    /// <summary>The highest version of the kernels that can compute this; every lower one can too.</summary>
    internal int NewestConvolution(ConvolutionForm form, in ConvolutionGeometry geometry) =>
        ConvolutionPlan.Serves(form, geometry) ? TiledOrTensorConvolution : DirectConvolution;

    /// <summary>The version that tiles, in the precision that is asked where this device can.</summary>
    private int TiledOrTensorConvolution =>
        Precision == Precision.Float32 || Gpu.Major < 8 ? TiledConvolution : TensorConvolution;

    /// <summary>The tiles that a version has, <see cref="TiledConvolution"/> or <see cref="TensorConvolution"/>.</summary>
    internal ConvolutionTiles TilesOf(int version) =>
        version == TiledConvolution ? ConvolutionTiles.Float32
        : Precision == Precision.BFloat16 ? ConvolutionTiles.BFloat16
        : ConvolutionTiles.TensorFloat32;

    /// <summary>One of the three convolutions by a kernel of <c>kernels/</c>.</summary>
    /// <param name="version">Up to <see cref="NewestConvolution"/>.</param>
    /// <param name="tile">Which of <see cref="TilesOf"/>; -1 for what seems best.</param>
    /// <param name="slices">Into how many parts the sums are cut; 0 for what seems best.</param>
    internal void HandwrittenConvolution(ConvolutionForm form, in ConvolutionGeometry geometry, in ProductArrays arrays, int version,
        int tile = -1, int slices = 0)
    {
        var result = arrays.Result;
        if (result.Count == 0)
            return;
        if (version == DirectConvolution)
        {
            Kernel("convolution", DirectConvolutions[(int)form]).Value(new ConvolutionArguments(geometry)).Array(arrays.A)
                .Array(arrays.B).Array(result).Run(Blocks(result.Count), BlockSize);
            return;
        }

        var tiles = TilesOf(version);
        var plan = ConvolutionPlan.Of(form, geometry, tiles, Gpu, tile, slices);
        if (plan.Slices == 1)
        {
            RunConvolution(form, geometry, arrays, tiles, plan);
            return;
        }

        var scratch = Scratch.Allocate(plan.Slices * result.Bytes, "convolution");
        var parts = new DeviceArray(scratch.Address, plan.Slices * result.Count, ElementType.Float32);
        RunConvolution(form, geometry, arrays with { Result = parts }, tiles, plan);
        SumConvolutionSlices(parts, plan.Slices, result);
        Scratch.Release(scratch);
    }

    private void SumConvolutionSlices(DeviceArray parts, int slices, DeviceArray result)
    {
        // From here on a single thread would wait too long for its chain of loads.
        const int many = 9;
        var name = slices < many ? "convolution_sum_slices" : "convolution_sum_many_slices";
        var blocks = slices < many ? Blocks(result.Count) : (int)((result.Count + 31) / 32);
        Kernel("convolution", name).Array(parts).Value(slices).Array(result).Value(result.Count).Run(blocks, BlockSize);
    }

    private void RunConvolution(ConvolutionForm form, in ConvolutionGeometry geometry, in ProductArrays arrays, ConvolutionTiles tiles,
        in ConvolutionPlan plan)
    {
        var tile = tiles.Tiles[plan.Tile];
        Kernel(tiles.Family, tiles.Kernel(form, plan.Tile, plan.Turned))
            .Value(new ConvolutionArguments(geometry)).Array(arrays.A).Array(arrays.B).Array(arrays.Result)
            .Value(plan.SliceSteps).Value(ConvolutionVectors(form, geometry, arrays))
            .Run(plan.Grid, tile.Threads, tile.SharedBytes);
    }

    /// <summary>
    /// Which matrices may be moved four elements at a time (vector_a = 1, vector_b = 2, vector_result = 4 of
    /// kernels/convolution_product.cuh): those whose address is a multiple of 16 bytes, and whose elements that lie together come in fours.
    /// </summary>
    private static int ConvolutionVectors(ConvolutionForm form, in ConvolutionGeometry g, in ProductArrays arrays)
    {
        var (a, b, result) = arrays;
        var taps = (long)g.KernelHeight * g.KernelWidth * g.InputChannels;
        return form switch
        {
            ConvolutionForm.Value => Fours(a, g.InputChannels, 1) | Fours(b, taps, 2) | Fours(result, g.OutputChannels, 4),
            ConvolutionForm.InputGradient =>
                Fours(a, g.OutputChannels, 1) | Fours(b, g.InputChannels, 2) | Fours(result, g.InputChannels, 4),

            // The product's first matrix is the output gradient here, the second the input.
            _ => Fours(b, g.OutputChannels, 1) | Fours(a, g.InputChannels, 2) | Fours(result, taps, 4),
        };

        static int Fours(DeviceArray array, long together, int flag) => array.Address % 16 == 0 && together % 4 == 0 ? flag : 0;
    }
}
