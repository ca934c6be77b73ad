namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The three convolutions as packed products. The matrix of image patches ("im2col") is never stored: the packer takes each panel straight
/// out of the image.
/// </summary>
internal sealed unsafe partial class CpuBackend
{
    public override void Convolution(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray weight, DeviceArray output)
    {
        var (x, w, y) = (OperandOf(input, weight), OperandOf(weight, input), ResultOf(output));
        if (IsMatrixProduct(geometry, out var pixels, out var patch))
        {
            MultiplyMatrices(new MatrixProductGeometry(1, pixels, geometry.OutputChannels, patch, false, true), x, w, y);
            return;
        }

        if (TryWinogradProduct(geometry, gradient: false, x, w, y))
            return;
        if (HasFewChannels(geometry))
        {
            ConvolveFewChannels(geometry, x, w, y);
            return;
        }

        if (HasFewOutputs(geometry))
        {
            ConvolveToFewOutputs(geometry, x, w, y);
            return;
        }

        var grid = PatchGrid.Of(geometry, x);
        var shape = new ProductShape { M = grid.Positions, N = geometry.OutputChannels, K = grid.PatchSize, C = y, Rounded = IsRounded(x) };
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
    /// The input is then a matrix [<paramref name="rows"/>, <paramref name="patch"/>], the weight [channels, patch] and the output [rows,
    /// channels].
    /// </summary>
    private static bool IsMatrixProduct(in ConvolutionGeometry g, out int rows, out int patch)
    {
        rows = checked(g.Batch * g.OutputHeight * g.OutputWidth);
        patch = checked(g.KernelHeight * g.KernelWidth * g.InputChannels);
        if (g.PaddingHeight != 0 || g.PaddingWidth != 0)
            return false;
        var pointwise = g.KernelHeight == 1 && g.KernelWidth == 1 && g.StrideHeight == 1 && g.StrideWidth == 1;
        return pointwise
            || (g.KernelHeight == g.InputHeight && g.KernelWidth == g.InputWidth && g.DilationHeight == 1 && g.DilationWidth == 1);
    }
}
