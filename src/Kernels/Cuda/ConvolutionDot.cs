namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    /// <remarks>One launch where the only window is the whole image and there is one output, as in a discriminator's score.</remarks>
    public override void ConvolutionAdd(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray bias,
        DeviceArray output)
    {
        var g = geometry;
        var isWhole = g is { OutputChannels: 1, OutputHeight: 1, OutputWidth: 1, PaddingHeight: 0, PaddingWidth: 0 }
            && (g.KernelHeight, g.KernelWidth) == (g.InputHeight, g.InputWidth) && g.WeightCount <= int.MaxValue;
        var ofOneType = input.Type == output.Type && (input.Type == ElementType.BFloat16 || weight.Type == input.Type);
        if (!isWhole || !ofOneType || bias.Type != ElementType.Float32 || output.Count == 0
            || _settings.Convolutions == KernelProvider.Library)
        {
            base.ConvolutionAdd(geometry, input, weight, bias, output);
            return;
        }

        using var factors = NarrowedBeside(input, weight);
        var (narrow, count) = (input.Type == ElementType.BFloat16, (int)g.WeightCount);
        var fours = count % 4 == 0 && InVectors(input) && InVectors(factors.Array);
        Kernel(narrow ? "convolution_dot_bf16" : "convolution_dot", narrow ? "convolution_dot_2" : "convolution_dot_4").Value(count)
            .Value(fours ? 1 : 0).Array(input).Array(factors.Array).Array(bias).Array(output).Run(g.Batch, BlockSize);
        Computed(Computer.OurVectorProducts, Precision.Float32);
    }
}
