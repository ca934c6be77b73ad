namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance) =>
        BatchNormStatistics(geometry, x, 0, 0, new(mean, variance, DeviceArray.None, DeviceArray.None));

    /// <inheritdoc/>
    /// <remarks>One launch: the last block of a group's columns merges what the others have left, that of all groups moves the running
    /// statistics.</remarks>
    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, double momentum, double correction,
        in RunningStatistics statistics)
    {
        var (mean, variance, runningMean, runningVariance) = statistics;
        var norm = new NormKernels(geometry, x);
        var (tiling, block) = norm.TileSums(this);
        var count = tiling.Parts == 1 ? 0 : (long)geometry.Groups * tiling.Parts * geometry.Channels;
        var scratch = count == 0 ? null : Scratch.Allocate(2 * count * sizeof(float), "BatchNormStatistics");
        var parts = scratch is null ? DeviceArray.None : new DeviceArray(scratch.Address, 2 * count, ElementType.Float32);
        Kernel(norm.Family, norm.Statistics).Value(tiling).Value(geometry.Groups).Array(x).Array(parts)
            .Array(ZeroCounters((geometry.Groups + 1) * tiling.Tiles)).Array(mean).Array(variance).Array(runningMean)
            .Array(runningVariance).Value((float)momentum).Value((float)correction).Run(tiling.Blocks(geometry.Groups), block);
        if (scratch is not null)
            Scratch.Release(scratch);
    }

    public override void BatchNormRunning(double momentum, double correction, in RunningStatistics statistics)
    {
        var (mean, variance, runningMean, runningVariance) = statistics;
        var channels = (int)runningMean.Count;
        Kernel("running_statistics", "running_statistics_move").Value((int)(mean.Count / Math.Max(1, channels))).Value(channels)
            .Value((float)momentum).Value((float)correction).Array(mean).Array(variance).Array(runningMean).Array(runningVariance)
            .Run((channels + BlockSize - 1) / BlockSize, BlockSize);
    }

    public override void BatchNormApply(in BatchNormGeometry geometry, in BatchNormArrays arrays, DeviceArray y)
    {
        var (x, mean, variance, scale, shift) = arrays;
        if (x.Count == 0)
            return;
        var norm = new NormKernels(geometry, x, y);
        var (tiling, block) = norm.Tile(this);
        Kernel(norm.Family, norm.Apply).Value(tiling).Value(geometry.Epsilon).Value(geometry.NegativeSlope).Array(x).Array(mean)
            .Array(variance).Array(scale).Array(shift).Array(y).Run(tiling.Blocks(geometry.Groups), block);
    }

    /// <inheritdoc/>
    /// <remarks>Two launches: the sums, and (where it is wanted) the input's gradient.</remarks>
    public override void BatchNormGradient(in BatchNormGeometry geometry, DeviceArray outputGradient, in BatchNormArrays arrays,
        in BatchNormGradients gradients)
    {
        var (x, mean, variance, scale, shift) = arrays;
        var (inputGradient, scaleGradient, shiftGradient) = gradients;
        var norm = new NormKernels(geometry, x, outputGradient);
        var (tiling, block) = norm.TileSums(this);
        var (count, groupCount) = ((long)geometry.Groups * tiling.Parts * geometry.Channels, (long)geometry.Groups * geometry.Channels);
        var scratch = Scratch.Allocate(2 * (count + groupCount) * sizeof(float), "BatchNormGradient");
        var all = new DeviceArray(scratch.Address, 2 * (count + groupCount), ElementType.Float32);
        var (sums, products) = (all.Slice(2 * count, groupCount), all.Slice(2 * count + groupCount, groupCount));
        Kernel(norm.Family, norm.GradientSums).Value(tiling).Value(geometry.Groups).Value(geometry.Epsilon).Value(geometry.NegativeSlope)
            .Array(outputGradient).Array(x).Array(mean).Array(variance).Array(scale).Array(shift).Array(all.Slice(0, 2 * count))
            .Array(ZeroCounters((geometry.Groups + 1) * tiling.Tiles)).Array(sums).Array(products).Array(scaleGradient)
            .Array(shiftGradient).Run(tiling.Blocks(geometry.Groups), block);
        if (!inputGradient.IsNone && x.Count > 0)
        {
            var input = new NormKernels(geometry, x, outputGradient, inputGradient);
            (tiling, block) = input.Tile(this);
            Kernel(input.Family, input.GradientInput).Value(tiling).Value(geometry.Epsilon).Value(geometry.NegativeSlope)
                .Array(outputGradient).Array(x).Array(mean).Array(variance).Array(scale).Array(shift).Array(sums).Array(products)
                .Array(inputGradient).Run(tiling.Blocks(geometry.Groups), block);
        }

        Scratch.Release(scratch);
    }

    /// <summary>Which kernels serve arrays, all of x's type: those of four channels a thread where all begin at four elements.</summary>
    private readonly struct NormKernels
    {
        private readonly BatchNormGeometry _geometry;
        private readonly int _width;
        private readonly bool _narrow;

        public NormKernels(in BatchNormGeometry geometry, DeviceArray x, params ReadOnlySpan<DeviceArray> others)
        {
            (_geometry, _narrow) = (geometry, x.Type == ElementType.BFloat16);
            var inFours = geometry.Channels % 4 == 0 && InVectors(x);
            foreach (var other in others)
                inFours &= InVectors(other);
            _width = inFours ? 4 : 1;
        }

        public string Family => _narrow ? "batch_norm_bf16" : "batch_norm";

        public string Statistics => Choose("batch_norm_statistics_1", "batch_norm_statistics_2", "batch_norm_statistics_1_bf16",
            "batch_norm_statistics_2_bf16");

        public string Apply =>
            Choose("batch_norm_apply_1", "batch_norm_apply_2", "batch_norm_apply_1_bf16", "batch_norm_apply_2_bf16");

        public string GradientSums => Choose("batch_norm_gradient_sums_1", "batch_norm_gradient_sums_2", "batch_norm_gradient_sums_1_bf16",
            "batch_norm_gradient_sums_2_bf16");

        public string GradientInput => Choose("batch_norm_gradient_input_1", "batch_norm_gradient_input_2",
            "batch_norm_gradient_input_1_bf16", "batch_norm_gradient_input_2_bf16");

        public (ColumnTiling Tiling, Dim3 Block) Tile(CudaBackend backend) =>
            backend.TileColumns(_geometry.Groups, _geometry.Rows, _geometry.Channels, _width);

        /// <summary>The same in blocks of few columns.</summary>
        public (ColumnTiling Tiling, Dim3 Block) TileSums(CudaBackend backend) =>
            backend.TileSums(_geometry.Groups, _geometry.Rows, _geometry.Channels, _width);

        private string Choose(string one, string four, string narrowOne, string narrowFour) =>
            _width == 4 ? _narrow ? narrowFour : four : _narrow ? narrowOne : one;
    }
}
