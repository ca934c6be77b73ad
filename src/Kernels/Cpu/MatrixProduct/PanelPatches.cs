using System.Runtime.CompilerServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The image patches that a convolution multiplies with its weights. Position (n, a, b) of the grid and tap (i, j) meet at the pixel (a ·
/// StepHeight + OriginHeight + i · TapStepHeight, the same in width) of image n of data[batch, Height, Width, Channels]; outside the image
/// there are zeros. The value, the weight gradient and each phase of the input gradient are all of this form.
/// </summary>
internal unsafe struct PatchGrid
{
    public Operand Data;
    public int Height, Width, Channels;
    public int Batch, GridHeight, GridWidth;
    public int OriginHeight, OriginWidth, StepHeight, StepWidth;
    public int TapsHeight, TapsWidth, TapStepHeight, TapStepWidth;

    /// <summary>Positions of all images.</summary>
    public readonly int Positions => checked(Batch * GridHeight * GridWidth);

    /// <summary>Elements of one patch: taps by channels.</summary>
    public readonly int PatchSize => TapsHeight * TapsWidth * Channels;

    /// <summary>The grid of a convolution's value and weight gradient: one position an output pixel.</summary>
    public static PatchGrid Of(in ConvolutionGeometry geometry, Operand input) => new()
    {
        Data = input,
        Height = geometry.InputHeight,
        Width = geometry.InputWidth,
        Channels = geometry.InputChannels,
        Batch = geometry.Batch,
        GridHeight = geometry.OutputHeight,
        GridWidth = geometry.OutputWidth,
        OriginHeight = -geometry.PaddingHeight,
        OriginWidth = -geometry.PaddingWidth,
        StepHeight = geometry.StrideHeight,
        StepWidth = geometry.StrideWidth,
        TapsHeight = geometry.KernelHeight,
        TapsWidth = geometry.KernelWidth,
        TapStepHeight = geometry.DilationHeight,
        TapStepWidth = geometry.DilationWidth,
    };
}
