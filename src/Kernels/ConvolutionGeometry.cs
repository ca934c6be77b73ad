namespace CrossModal.Kernels;

/// <summary>
/// The sizes of one 2-D convolution, validated once and shared by its three forms (the value, the input gradient, which is the transposed
/// convolution, and the weight gradient). Input [batch, inputHeight, inputWidth, inputChannels], weight [outputChannels, kernelHeight,
/// kernelWidth, inputChannels], output [batch, outputHeight, outputWidth, outputChannels]. Padding stands on all four sides.
/// </summary>
internal readonly record struct ConvolutionGeometry
{
    /// <exception cref="ShapeException">A size is not positive, or the kernel does not fit the padded input.</exception>
    public ConvolutionGeometry(int batch, int inputHeight, int inputWidth, int inputChannels, int outputChannels,
        int kernelHeight, int kernelWidth, int strideHeight = 1, int strideWidth = 1, int paddingHeight = 0, int paddingWidth = 0,
        int dilationHeight = 1, int dilationWidth = 1)
    {
        if (batch < 0 || inputHeight < 1 || inputWidth < 1 || inputChannels < 1 || outputChannels < 1)
            throw new ShapeException($"convolution: input [{batch}, {inputHeight}, {inputWidth}, {inputChannels}] to {outputChannels} "
                + $"channels has a size under one");
        if (kernelHeight < 1 || kernelWidth < 1 || strideHeight < 1 || strideWidth < 1 || paddingHeight < 0 || paddingWidth < 0
            || dilationHeight < 1 || dilationWidth < 1)
            throw new ShapeException($"convolution: kernel {kernelHeight}x{kernelWidth}, stride {strideHeight}x{strideWidth}, dilation "
                + $"{dilationHeight}x{dilationWidth} must be positive and padding {paddingHeight}x{paddingWidth} not negative");
        (Batch, InputHeight, InputWidth, InputChannels, OutputChannels) = (batch, inputHeight, inputWidth, inputChannels, outputChannels);
        (KernelHeight, KernelWidth, StrideHeight, StrideWidth) = (kernelHeight, kernelWidth, strideHeight, strideWidth);
        (PaddingHeight, PaddingWidth, DilationHeight, DilationWidth) = (paddingHeight, paddingWidth, dilationHeight, dilationWidth);
        OutputHeight = OutputSize("height", inputHeight, kernelHeight, strideHeight, paddingHeight, dilationHeight);
        OutputWidth = OutputSize("width", inputWidth, kernelWidth, strideWidth, paddingWidth, dilationWidth);
    }

    public int Batch { get; init; }
    public int InputHeight { get; }
    public int InputWidth { get; }
    public int InputChannels { get; }
    public int OutputHeight { get; }
    public int OutputWidth { get; }
    public int OutputChannels { get; }
    public int KernelHeight { get; }
    public int KernelWidth { get; }
    public int StrideHeight { get; }
    public int StrideWidth { get; }
    public int PaddingHeight { get; }
    public int PaddingWidth { get; }
    public int DilationHeight { get; }
    public int DilationWidth { get; }

    public long InputCount => (long)Batch * InputHeight * InputWidth * InputChannels;
    public long OutputCount => (long)Batch * OutputHeight * OutputWidth * OutputChannels;
    public long WeightCount => (long)OutputChannels * KernelHeight * KernelWidth * InputChannels;

    /// <summary>
    /// Floating-point operations of each of the three forms, a multiplication and an addition counted as two; products with padding are
    /// counted.
    /// </summary>
    public long Operations => 2 * OutputCount * KernelHeight * KernelWidth * InputChannels;

    /// <summary>
    /// The size that one spatial axis comes out with: floor((input + 2·padding − dilation·(kernel − 1) − 1) / stride) + 1.
    /// </summary>
    public static int OutputSize(string axis, int input, int kernel, int stride, int padding, int dilation)
    {
        var span = dilation * (kernel - 1) + 1;
        var room = input + 2 * padding - span;
        return room >= 0
            ? room / stride + 1
            : throw new ShapeException(
            $"convolution: a kernel that spans {span} does not fit the {axis} {input} with padding {padding}");
    }
}
