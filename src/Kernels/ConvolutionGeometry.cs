namespace CrossModal.Kernels;

/// <summary>One axis of a 2-D convolution: the size of its input and of its kernel, and how the kernel moves along it.</summary>
internal readonly record struct ConvolutionAxis(int Input, int Kernel, int Stride = 1, int Padding = 0, int Dilation = 1)
{
    /// <summary>The size that the axis comes out with: floor((input + 2·padding − dilation·(kernel − 1) − 1) / stride) + 1.</summary>
    /// <exception cref="ShapeException">The kernel does not fit the padded input.</exception>
    public int Output(string axis)
    {
        var span = (long)Dilation * (Kernel - 1) + 1;
        var room = Input + 2L * Padding - span;
        return room >= 0
            ? Extent.Of("convolution", $"the {axis} of the output", room / Stride + 1)
            : throw new ShapeException($"convolution: a kernel that spans {span} does not fit the {axis} {Input} with padding {Padding}");
    }
}

/// <summary>
/// The sizes of one 2-D convolution, validated once and shared by its three forms (the value, the input gradient, which is the transposed
/// convolution, and the weight gradient). Input [batch, inputHeight, inputWidth, inputChannels], weight [outputChannels, kernelHeight,
/// kernelWidth, inputChannels], output [batch, outputHeight, outputWidth, outputChannels]. Padding stands on all four sides.
/// </summary>
internal readonly record struct ConvolutionGeometry
{
    /// <exception cref="ShapeException">A size is not positive, or the kernel does not fit the padded input.</exception>
    public ConvolutionGeometry(int batch, ConvolutionAxis height, ConvolutionAxis width, int inputChannels, int outputChannels)
    {
        (InputHeight, KernelHeight, StrideHeight, PaddingHeight, DilationHeight) = height;
        (InputWidth, KernelWidth, StrideWidth, PaddingWidth, DilationWidth) = width;
        (Batch, InputChannels, OutputChannels) = (batch, inputChannels, outputChannels);
        if (batch < 0 || InputHeight < 1 || InputWidth < 1 || inputChannels < 1 || outputChannels < 1)
            throw new ShapeException($"convolution: input [{batch}, {InputHeight}, {InputWidth}, {inputChannels}] to {outputChannels} "
                + $"channels has a size under one");
        if (KernelHeight < 1 || KernelWidth < 1 || StrideHeight < 1 || StrideWidth < 1 || PaddingHeight < 0 || PaddingWidth < 0
            || DilationHeight < 1 || DilationWidth < 1)
            throw new ShapeException($"convolution: kernel {KernelHeight}x{KernelWidth}, stride {StrideHeight}x{StrideWidth}, dilation "
                + $"{DilationHeight}x{DilationWidth} must be positive and padding {PaddingHeight}x{PaddingWidth} not negative");
        (OutputHeight, OutputWidth) = (height.Output("height"), width.Output("width"));
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

    /// <summary>
    /// Of stride and dilation one: the convolution whose value is this one's input gradient, and the other way round. Its taps are this
    /// one's in reverse order, with input and output channels changed about.
    /// </summary>
    /// <exception cref="ShapeException">There is more padding than the kernel reaches over.</exception>
    public ConvolutionGeometry Turned() => new(Batch, new(OutputHeight, KernelHeight, 1, KernelHeight - 1 - PaddingHeight),
        new(OutputWidth, KernelWidth, 1, KernelWidth - 1 - PaddingWidth), OutputChannels, InputChannels);

    public long InputCount => (long)Batch * InputHeight * InputWidth * InputChannels;
    public long OutputCount => (long)Batch * OutputHeight * OutputWidth * OutputChannels;
    public long WeightCount => (long)OutputChannels * KernelHeight * KernelWidth * InputChannels;

    /// <summary>
    /// Floating-point operations of each of the three forms, a multiplication and an addition counted as two; products with padding are
    /// counted.
    /// </summary>
    public long Operations => 2 * OutputCount * KernelHeight * KernelWidth * InputChannels;
}
