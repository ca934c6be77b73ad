namespace CrossModal.Kernels;

internal sealed partial class WideningBackend
{
    public override void ConvolutionAdd(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray bias,
        DeviceArray output)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.Convolution, input.Type, weight.Type, output.Type)
            && inner.HasLoopsFor(NarrowPrimitive.Binary, output.Type, bias.Type, output.Type))
            inner.ConvolutionAdd(geometry, input, weight, bias, output);
        else
            base.ConvolutionAdd(geometry, input, weight, bias, output);
    }

    public override void ConvolutionStatistics(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output,
        in ResultStatistics statistics)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.Convolution, input.Type, weight.Type, output.Type) && HasLoopsFor(output, statistics))
            inner.ConvolutionStatistics(geometry, input, weight, output, statistics);
        else
            base.ConvolutionStatistics(geometry, input, weight, output, statistics);
    }

    public override void ConvolutionInputGradientStatistics(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient, in ResultStatistics statistics)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.Convolution, outputGradient.Type, weight.Type, inputGradient.Type)
            && HasLoopsFor(inputGradient, statistics))
            inner.ConvolutionInputGradientStatistics(geometry, outputGradient, weight, inputGradient, statistics);
        else
            base.ConvolutionInputGradientStatistics(geometry, outputGradient, weight, inputGradient, statistics);
    }

    private bool HasLoopsFor(DeviceArray result, in ResultStatistics statistics) =>
        inner.HasLoopsFor(NarrowPrimitive.BatchNorm, result.Type)
        && statistics.Arrays.RunningMean.Type != ElementType.BFloat16 && statistics.Arrays.RunningVariance.Type != ElementType.BFloat16;

    // Batch normalization: statistics, scale and shift are of the device's float type always.

    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.BatchNorm, x.Type))
        {
            inner.BatchNormStatistics(geometry, x, mean, variance);
            return;
        }

        using var from = Wide(x);
        inner.BatchNormStatistics(geometry, from.Read(), mean, variance);
    }

    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, double momentum, double correction,
        in RunningStatistics statistics)
    {
        using Copy mean = Wide(statistics.RunningMean), variance = Wide(statistics.RunningVariance);
        var all = statistics with { RunningMean = mean.Read(), RunningVariance = variance.Read() };
        if (inner.HasLoopsFor(NarrowPrimitive.BatchNorm, x.Type))
            inner.BatchNormStatistics(geometry, x, momentum, correction, all);
        else
        {
            using var from = Wide(x);
            inner.BatchNormStatistics(geometry, from.Read(), momentum, correction, all);
        }

        mean.Write();
        variance.Write();
    }

    public override void BatchNormRunning(double momentum, double correction, in RunningStatistics statistics)
    {
        using Copy mean = Wide(statistics.Mean), variance = Wide(statistics.Variance);
        using Copy runningMean = Wide(statistics.RunningMean), runningVariance = Wide(statistics.RunningVariance);
        inner.BatchNormRunning(momentum, correction,
            new(mean.Read(), variance.Read(), runningMean.Read(), runningVariance.Read()));
        runningMean.Write();
        runningVariance.Write();
    }

    public override void BatchNormApply(in BatchNormGeometry geometry, in BatchNormArrays arrays, DeviceArray y)
    {
        if (inner.HasLoopsFor(NarrowPrimitive.BatchNorm, arrays.X.Type, y.Type))
        {
            inner.BatchNormApply(geometry, arrays, y);
            return;
        }

        using Copy from = Wide(arrays.X), to = Wide(y);
        inner.BatchNormApply(geometry, arrays with { X = from.Read() }, to.Array);
        to.Write();
    }

    public override void BatchNormGradient(in BatchNormGeometry geometry, DeviceArray outputGradient, in BatchNormArrays arrays,
        in BatchNormGradients gradients)
    {
        var input = gradients.Input.IsNone ? arrays.X.Type : gradients.Input.Type;
        if (inner.HasLoopsFor(NarrowPrimitive.BatchNorm, arrays.X.Type, outputGradient.Type, input))
        {
            inner.BatchNormGradient(geometry, outputGradient, arrays, gradients);
            return;
        }

        using Copy from = Wide(arrays.X), g = Wide(outputGradient), to = Wide(gradients.Input);
        inner.BatchNormGradient(geometry, g.Read(), arrays with { X = from.Read() }, gradients with { Input = to.Array });
        to.Write();
    }

    // Pooling.

    public override void MaxPool(in PoolingGeometry geometry, DeviceArray x, DeviceArray y, DeviceArray indices)
    {
        using Copy from = Wide(x), to = Wide(y);
        inner.MaxPool(geometry, from.Read(), to.Array, indices);
        to.Write();
    }

    public override void MaxPoolScatter(in PoolingGeometry geometry, DeviceArray outputGradient, DeviceArray indices,
        DeviceArray inputGradient)
    {
        using Copy from = Wide(outputGradient), to = Wide(inputGradient);
        inner.MaxPoolScatter(geometry, from.Read(), indices, to.Array);
        to.Write();
    }

    public override void MaxPoolGather(in PoolingGeometry geometry, DeviceArray x, DeviceArray indices, DeviceArray y)
    {
        using Copy from = Wide(x), to = Wide(y);
        inner.MaxPoolGather(geometry, from.Read(), indices, to.Array);
        to.Write();
    }
}
