namespace CrossModal.Kernels.Cpu;

internal sealed unsafe partial class CpuBackend
{
    /// <summary>
    /// weightGradient[outputChannels, taps · inputChannels] = outputGradientᵀ · patches, with the pixels of the batch as depth. Both
    /// operands lie along channels, so packing copies.
    /// </summary>
    public override void ConvolutionWeightGradient(in ConvolutionGeometry geometry, DeviceArray input, DeviceArray outputGradient,
        DeviceArray weightGradient)
    {
        var (x, dy, dw) = (OperandOf(input, outputGradient), OperandOf(outputGradient, input), ResultOf(weightGradient));
        if (IsMatrixProduct(geometry, out var pixels, out var patch))
        {
            MultiplyMatrices(new MatrixProductGeometry(1, geometry.OutputChannels, patch, pixels, true, false), dy, x, dw);
            return;
        }

        if (TryWinogradWeightGradient(geometry, x, dy, dw))
            return;
        // Where it is float32 the output gradient is read in whole vectors where it lies.
        if (HasFewChannels(geometry) && geometry.OutputChannels % Lanes.Width == 0)
        {
            FewChannelsWeightGradient(geometry, x, dy, dw);
            return;
        }

        var grid = PatchGrid.Of(geometry, x);
        var shape = new ProductShape
        {
            M = geometry.OutputChannels,
            N = grid.PatchSize,
            K = grid.Positions,
            C = dw,
            Rounded = IsRounded(x),
        };
        Multiply(new PanelColumns(dy, shape.M), new PanelPatchColumns(grid), new MatrixRows(shape.N), shape, slices: true);
    }
}
