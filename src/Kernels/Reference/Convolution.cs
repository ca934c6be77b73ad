namespace CrossModal.Kernels.Reference;

/// <summary>
/// The convolution and its two adjoints. All three walk the same products, output[b, y, x, o] with weight[o, kh, kw, i] with input[b, y',
/// x', i] where y' = y · stride + kh · dilation − padding; they differ only in which of the three arrays is the sum.
/// </summary>
internal sealed unsafe partial class ReferenceBackend
{
    private enum Sum
    {
        Output,
        InputGradient,
        WeightGradient,
    }

    public override void Convolution(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output)
    {
        Fill(output, 0);
        SumProducts(Sum.Output, geometry, input.Float64, weight.Float64, output.Float64);
    }

    public override void ConvolutionInputGradient(in ConvolutionGeometry geometry, DeviceArray outputGradient, DeviceArray weight,
        DeviceArray inputGradient)
    {
        Fill(inputGradient, 0);
        SumProducts(Sum.InputGradient, geometry, inputGradient.Float64, weight.Float64, outputGradient.Float64);
    }

    public override void ConvolutionWeightGradient(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray outputGradient,
        DeviceArray weightGradient)
    {
        Fill(weightGradient, 0);
        SumProducts(Sum.WeightGradient, geometry, input.Float64, weightGradient.Float64, outputGradient.Float64);
    }

    private static void SumProducts(Sum sum, in ConvolutionGeometry g, double* input, double* weight, double* output)
    {
        for (var batch = 0; batch < g.Batch; batch++)
        {
            for (var y = 0; y < g.OutputHeight; y++)
            {
                for (var x = 0; x < g.OutputWidth; x++)
                {
                    var outputPixel = output + (((long)batch * g.OutputHeight + y) * g.OutputWidth + x) * g.OutputChannels;
                    for (var kh = 0; kh < g.KernelHeight; kh++)
                    {
                        var row = y * g.StrideHeight + kh * g.DilationHeight - g.PaddingHeight;
                        if (row < 0 || row >= g.InputHeight)
                            continue;
                        for (var kw = 0; kw < g.KernelWidth; kw++)
                        {
                            var column = x * g.StrideWidth + kw * g.DilationWidth - g.PaddingWidth;
                            if (column < 0 || column >= g.InputWidth)
                                continue;
                            var inputPixel = input + (((long)batch * g.InputHeight + row) * g.InputWidth + column) * g.InputChannels;
                            for (var o = 0; o < g.OutputChannels; o++)
                            {
                                var taps = weight + (((long)o * g.KernelHeight + kh) * g.KernelWidth + kw) * g.InputChannels;
                                for (var i = 0; i < g.InputChannels; i++)
                                {
                                    switch (sum)
                                    {
                                        case Sum.Output:
                                            outputPixel[o] += inputPixel[i] * taps[i];
                                            break;
                                        case Sum.InputGradient:
                                            inputPixel[i] += outputPixel[o] * taps[i];
                                            break;
                                        default:
                                            taps[i] += outputPixel[o] * inputPixel[i];
                                            break;
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
