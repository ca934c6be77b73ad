namespace CrossModal.Kernels.Cuda;

/// <summary>The convolutions of arrays of bfloat16 by kernels/convolution_wgmma.cu, for compute capability 9.0.</summary>
internal sealed unsafe partial class CudaBackend
{
    private static readonly string[] WgmmaConvolutions =
    [
        .. WgmmaTile.All.SelectMany(
            _ => (string[])["convolution", "convolution_input_gradient", "convolution_weight_gradient"],
            (tile, form) => $"{form}_wgmma_{tile.Name}"),
    ];

    /// <summary>
    /// Whether <see cref="WgmmaConvolution"/> computes this: operands of bfloat16 and nothing empty, channels multiples of 8, arrays
    /// aligned to 16 bytes.
    /// </summary>
    internal static bool WgmmaServes(ConvolutionForm form, in ConvolutionGeometry g, in ProductArrays arrays) =>
        AreForWgmma(arrays) && ConvolutionPlan.Serves(form, g)
        && Math.Min(arrays.A.Count, Math.Min(arrays.B.Count, arrays.Result.Count)) > 0
        && g.InputChannels % WgmmaTile.Vector == 0 && g.OutputChannels % WgmmaTile.Vector == 0;

    /// <summary>Into how many parts the sums are best cut.</summary>
    private int WgmmaSlices(ConvolutionForm form, in ConvolutionGeometry g, WgmmaTile tile)
    {
        var (grid, steps) = WgmmaGrid(form, g, tile);
        return WgmmaTile.Slices(grid.Count, steps, Gpu.Multiprocessors);
    }

    /// <summary>The kernel of a tile.</summary>
    internal static string WgmmaConvolutionName(ConvolutionForm form, int tile) => WgmmaConvolutions[tile * 3 + (int)form];

    /// <summary>
    /// One of the three convolutions, whether or not it would be chosen. Operands are bfloat16, the result that or float32.
    /// </summary>
    /// <param name="tile">Index in <see cref="WgmmaTile.All"/>.</param>
    /// <param name="slices">Into how many parts to cut the sums, about; 0 for what seems best.</param>
    internal void WgmmaConvolution(ConvolutionForm form, in ConvolutionGeometry g, in ProductArrays arrays, int tile, int slices = 0)
    {
        var chosen = WgmmaTile.All[tile];
        var (grid, steps) = WgmmaGrid(form, g, chosen);
        if (slices <= 0)
            slices = WgmmaTile.Slices(grid.Count, steps, Gpu.Multiprocessors);
        var sliceSteps = Ceiling(steps, Math.Min(slices, steps));
        slices = Ceiling(steps, sliceSteps);
        using var sliced = Sliced(arrays.Result, slices, "convolution");
        using var statistics = slices == 1 ? StatisticsOf(form, g, arrays.Result, WgmmaTile.Rows, grid.Y) : default;
        var kernel = Kernel("convolution_wgmma", WgmmaConvolutionName(form, tile)).Value(new ConvolutionArguments(g)).Array(arrays.A)
            .Map(arrays.B, WgmmaMap(form, g, arrays.B, chosen)).Array(sliced.Target).Value(sliceSteps).Value(Narrow(sliced.Target));
        statistics.AddTo(kernel);
        _epilogue.Applied = statistics.Says;
        kernel.Run(new Dim3(grid.X, grid.Y, grid.Z * slices), chosen.ConvolutionThreads, chosen.SharedBytes);
        sliced.Sum();
    }

    /// <summary>The blocks of one slice, and the steps along the depth.</summary>
    private static (Dim3 Grid, int Steps) WgmmaGrid(ConvolutionForm form, in ConvolutionGeometry g, WgmmaTile tile)
    {
        var product = ConvolutionProduct.Of(form, g, turned: false);
        var (inputs, outputs) = (Ceiling(g.InputChannels, WgmmaTile.Depth), Ceiling(g.OutputChannels, WgmmaTile.Depth));
        var taps = g.KernelHeight * g.KernelWidth;
        var rows = (int)ConvolutionProduct.Ceiling(product.Rows, WgmmaTile.Rows);
        return form switch
        {
            ConvolutionForm.Value => (new(rows, Ceiling(g.OutputChannels, tile.Columns), 1), taps * inputs),
            ConvolutionForm.InputGradient => (new(rows, Ceiling(g.InputChannels, tile.Columns), (int)product.Phases),
                (int)(product.Depth / g.OutputChannels) * outputs),
            _ => (new(rows, Ceiling(taps * inputs, tile.Columns / WgmmaTile.RowElements), 1), Ceiling((int)product.Depth, WgmmaTile.Depth)),
        };
    }

    /// <summary>
    /// The operand that the copy engine brings: weights as [output channel, tap, input channel], or the output gradient as [pixel,
    /// channel].
    /// </summary>
    private TensorMap WgmmaMap(ConvolutionForm form, in ConvolutionGeometry g, DeviceArray array, WgmmaTile tile)
    {
        var taps = (long)g.KernelHeight * g.KernelWidth;
        var (inputs, outputs) = ((long)g.InputChannels, (long)g.OutputChannels);
        long size = array.Type.Size(), pixels = (long)g.Batch * g.OutputHeight * g.OutputWidth;
        return _driver.EncodeTensorMap(form switch
        {
            ConvolutionForm.Value =>
                new(array.Address, inputs, taps, outputs, inputs * size, taps * inputs * size, 1, tile.Columns),
            ConvolutionForm.InputGradient =>
                new(array.Address, inputs, taps, outputs, inputs * size, taps * inputs * size, 1, WgmmaTile.Depth),
            _ => new(array.Address, outputs, pixels, 1, outputs * size, outputs * pixels * size, WgmmaTile.Depth, 1),
        });
    }
}
