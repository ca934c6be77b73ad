namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    /// <remarks>
    /// One launch where a part is the whole group; else one for the moments of parts of the rows and one that merges them.
    /// </remarks>
    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance)
    {
        var vectors = geometry.Channels % 4 == 0 && IsAligned(x);
        var (tiling, block) = TileColumns(geometry.Groups, geometry.Rows, geometry.Channels, vectors ? 4 : 1);
        var kernel = vectors ? "batch_norm_statistics_2" : "batch_norm_statistics_1";
        var blocks = tiling.Blocks(geometry.Groups);
        if (tiling.Parts == 1)
        {
            Kernel("batch_norm", kernel).Value(tiling).Array(x).Array(mean).Array(variance).Run(blocks, block);
            return;
        }

        var count = (long)geometry.Groups * tiling.Parts * geometry.Channels;
        var scratch = Scratch.Allocate(2 * count * sizeof(float), "BatchNormStatistics");
        var all = new DeviceArray(scratch.Address, 2 * count, ElementType.Float32);
        var (means, variances) = (all.Slice(0, count), all.Slice(count, count));
        Kernel("batch_norm", kernel).Value(tiling).Array(x).Array(means).Array(variances).Run(blocks, block);
        Kernel("batch_norm", "batch_norm_statistics_finish").Value(tiling).Array(x).Array(means).Array(variances).Array(mean)
            .Array(variance)
            .Run(new Dim3((geometry.Channels + FinishBlock.X - 1) / FinishBlock.X, geometry.Groups), FinishBlock);
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
        var vectors = geometry.Channels % 4 == 0 && IsAligned(x) && IsAligned(y);
        var (tiling, block) = TileColumns(geometry.Groups, geometry.Rows, geometry.Channels, vectors ? 4 : 1);
        Kernel("batch_norm", vectors ? "batch_norm_apply_2" : "batch_norm_apply_1").Value(tiling).Value(geometry.Epsilon)
            .Value(geometry.NegativeSlope)
            .Array(x).Array(mean).Array(variance).Array(scale).Array(shift).Array(y).Run(tiling.Blocks(geometry.Groups), block);
    }

    /// <inheritdoc/>
    /// <remarks>Three launches: sums over parts of the rows, their sums, and (where it is wanted) the input's gradient.</remarks>
    public override void BatchNormGradient(in BatchNormGeometry geometry, DeviceArray outputGradient, in BatchNormArrays arrays,
        in BatchNormGradients gradients)
    {
        var (x, mean, variance, scale, shift) = arrays;
        var (inputGradient, scaleGradient, shiftGradient) = gradients;
        var vectors = geometry.Channels % 4 == 0 && IsAligned(x) && IsAligned(outputGradient);
        var (tiling, block) = TileColumns(geometry.Groups, geometry.Rows, geometry.Channels, vectors ? 4 : 1);
        var (count, groupCount) = ((long)geometry.Groups * tiling.Parts * geometry.Channels, (long)geometry.Groups * geometry.Channels);
        var scratch = Scratch.Allocate(2 * (count + groupCount) * sizeof(float), "BatchNormGradient");
        var all = new DeviceArray(scratch.Address, 2 * (count + groupCount), ElementType.Float32);
        var (partSums, partProducts) = (all.Slice(0, count), all.Slice(count, count));
        var (sums, products) = (all.Slice(2 * count, groupCount), all.Slice(2 * count + groupCount, groupCount));

        Kernel("batch_norm", vectors ? "batch_norm_gradient_sums_2" : "batch_norm_gradient_sums_1")
            .Value(tiling).Value(geometry.Epsilon).Value(geometry.NegativeSlope).Array(outputGradient).Array(x).Array(mean).Array(variance)
                .Array(scale)
            .Array(shift).Array(partSums).Array(partProducts).Run(tiling.Blocks(geometry.Groups), block);
        Kernel("batch_norm", "batch_norm_gradient_finish").Value(tiling).Value(geometry.Groups).Array(partSums).Array(partProducts)
            .Array(sums).Array(products)
            .Array(scaleGradient).Array(shiftGradient).Run((geometry.Channels + FinishBlock.X - 1) / FinishBlock.X, FinishBlock);
        if (!inputGradient.IsNone && x.Count > 0)
        {
            if (vectors && !IsAligned(inputGradient))
                (vectors, (tiling, block)) = (false, TileColumns(geometry.Groups, geometry.Rows, geometry.Channels, 1));
            Kernel("batch_norm", vectors ? "batch_norm_gradient_input_2" : "batch_norm_gradient_input_1")
                .Value(tiling).Value(geometry.Epsilon).Value(geometry.NegativeSlope).Array(outputGradient).Array(x).Array(mean)
                    .Array(variance)
                .Array(scale).Array(shift).Array(sums).Array(products).Array(inputGradient).Run(tiling.Blocks(geometry.Groups), block);
        }

        Scratch.Release(scratch);
    }
}
