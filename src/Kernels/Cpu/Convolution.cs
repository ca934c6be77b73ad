namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The three convolutions as packed products. The matrix of image patches ("im2col") is never stored: the packer takes each panel straight out of the image.
/// </summary>
public sealed unsafe partial class CpuBackend
{
    public override void Convolution(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output) =>
        Convolve(geometry, input.Float32, weight.Float32, BiasActivation.None, Output(output));

    /// <summary>Bias and activation are applied to some outputs at a time, while they are in a cache, where a layer is computed so; else to all of them behind it.</summary>
    public override void ConvolutionAddLeakyRelu(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray bias, double slope, DeviceArray output)
    {
        if (AppliesActivations(geometry))
            Convolve(geometry, input.Float32, weight.Float32, new BiasActivation(bias.Float32, (float)slope), Output(output));
        else
            base.ConvolutionAddLeakyRelu(geometry, input, weight, bias, slope, output);
    }

    private bool AppliesActivations(in ConvolutionGeometry g) => !IsMatrixProduct(g, out _, out _) && (ChooseWinograd(g) > 0 || HasFewChannels(g));

    private void Convolve(in ConvolutionGeometry geometry, float* x, float* w, in BiasActivation activation, float* y)
    {
        if (IsMatrixProduct(geometry, out var pixels, out var patch))
        {
            MultiplyMatrices(pixels, geometry.OutputChannels, patch, false, true, false, x, w, y);
            return;
        }

        if (TryWinogradProduct(geometry, gradient: false, x, w, activation, y))
            return;
        if (HasFewChannels(geometry))
        {
            ConvolveFewChannels(geometry, x, w, activation, y);
            return;
        }

        var grid = PatchGrid.Of(geometry, x);
        var shape = new ProductShape { M = grid.Positions, N = geometry.OutputChannels, K = grid.PatchSize, C = y };
        if (shape.M == 0)
            return;
        if (shape.N == 1)
        {
            // One channel: the output is one row of pixels, so the pixels take the vector's place.
            shape = shape with { M = 1, N = shape.M };
            Multiply(new PanelRows(w, shape.K), new PanelPatchRows(grid), new MatrixRows(shape.N), shape, slices: false);
            return;
        }

        shape = shape with { Weight = w, WeightForm = PanelForm.Of(PanelKind.Patches, 0, 0, geometry) };
        Multiply(new PanelPatchRows(grid), new PanelRows(w, shape.K), new MatrixRows(shape.N), shape, slices: false);
    }

    /// <summary>
    /// Whether each pixel of the output sees its own part of the input and nothing else: a 1x1 kernel, or one that covers the whole image.
    /// The input is then a matrix [<paramref name="rows"/>, <paramref name="patch"/>], the weight [channels, patch] and the output [rows, channels].
    /// </summary>
    private static bool IsMatrixProduct(in ConvolutionGeometry g, out int rows, out int patch)
    {
        rows = checked(g.Batch * g.OutputHeight * g.OutputWidth);
        patch = checked(g.KernelHeight * g.KernelWidth * g.InputChannels);
        if (g.PaddingHeight != 0 || g.PaddingWidth != 0)
            return false;
        var pointwise = g.KernelHeight == 1 && g.KernelWidth == 1 && g.StrideHeight == 1 && g.StrideWidth == 1;
        return pointwise || (g.KernelHeight == g.InputHeight && g.KernelWidth == g.InputWidth && g.DilationHeight == 1 && g.DilationWidth == 1);
    }
}
