using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda;

/// <summary>The three convolutions, each with its two operands and its result in the order of <see cref="Backend"/>.</summary>
internal enum ConvolutionForm
{
    /// <summary>Input and weight give the output.</summary>
    Value,

    /// <summary>Output gradient and weight give the input gradient.</summary>
    InputGradient,

    /// <summary>Input and output gradient give the weight gradient.</summary>
    WeightGradient,
}

/// <summary>The kernels' <c>convolution_geometry</c> (kernels/geometry.cuh): the same fields in the same order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ConvolutionArguments(in ConvolutionGeometry g)
{
    public readonly int Batch = g.Batch;
    public readonly int InputHeight = g.InputHeight, InputWidth = g.InputWidth, InputChannels = g.InputChannels;
    public readonly int OutputHeight = g.OutputHeight, OutputWidth = g.OutputWidth, OutputChannels = g.OutputChannels;
    public readonly int KernelHeight = g.KernelHeight, KernelWidth = g.KernelWidth;
    public readonly int StrideHeight = g.StrideHeight, StrideWidth = g.StrideWidth;
    public readonly int PaddingHeight = g.PaddingHeight, PaddingWidth = g.PaddingWidth;
    public readonly int DilationHeight = g.DilationHeight, DilationWidth = g.DilationWidth;
}

/// <summary>
/// A tile that kernels exist for, as kernels/convolution_tiled.cu, convolution_tf32.cu and convolution_bf16.cu have them.
/// </summary>
/// <param name="Depth">Values of the summed index in a step.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block; the tables of the rows' windows come on top of it.</param>
/// <param name="Rate">About how many products a multiprocessor full of such blocks makes in a cycle; for <see cref="ConvolutionPlan"/>'s
/// estimate only.</param>
/// <param name="Turned">Whether there is a weight gradient with rows and columns exchanged.</param>
internal sealed record ConvolutionTile(string Name, int Rows, int Columns, int Depth, int Threads, int SharedBytes, double Rate,
    bool Turned)
{
    /// <summary>What a line takes in the static tables of <c>convolution_input_gradient</c>, the form with the largest.</summary>
    private const int TableBytesPerRow = 24;

    public bool RunsOn(GpuProperties device) => SharedBytes + TableBytesPerRow * Rows <= device.SharedBytesPerBlock;
}

/// <summary>The tiles of one kernel file, and its kernels' names.</summary>
internal sealed class ConvolutionTiles
{
    private readonly string[] _kernels;

    private ConvolutionTiles(string family, string version, params ConvolutionTile[] tiles)
    {
        (Family, Tiles) = (family, tiles);
        _kernels = [.. tiles.SelectMany(tile => (string[])
        [
            $"convolution_{version}_{tile.Name}", $"convolution_input_gradient_{version}_{tile.Name}",
            $"convolution_weight_gradient_{version}_{tile.Name}", $"convolution_weight_gradient_turned_{version}_{tile.Name}",
        ])];
    }

    public static ConvolutionTiles Float32 { get; } = new("convolution_tiled", "2",
        new("128x128", 128, 128, 16, 256, 52224, 100, Turned: false),
        new("64x64", 64, 64, 16, 128, 26112, 80, Turned: false),
        new("128x16", 128, 16, 16, 128, 29376, 60, Turned: true),
        new("256x4", 256, 4, 16, 64, 53040, 50, Turned: true));

    public static ConvolutionTiles TensorFloat32 { get; } = new("convolution_tf32", "3_tf32",
        new("128x128", 128, 128, 32, 128, 98304, 500, Turned: false),
        new("64x64", 64, 64, 32, 128, 65536, 350, Turned: false),
        new("128x32", 128, 32, 32, 128, 61440, 250, Turned: true));

    public static ConvolutionTiles BFloat16 { get; } = new("convolution_bf16", "4",
        new("128x128", 128, 128, 64, 128, 98304, 640, Turned: false),
        new("128x64", 128, 64, 64, 128, 73728, 400, Turned: false),
        new("64x64", 64, 64, 64, 128, 65536, 260, Turned: false),
        new("128x32", 128, 32, 64, 128, 61440, 230, Turned: true));

    public string Family { get; }

    public ConvolutionTile[] Tiles { get; }

    public string Kernel(ConvolutionForm form, int tile, bool turned) => _kernels[tile * 4 + (int)form + (turned ? 1 : 0)];
}

/// <summary>
/// A convolution as a matrix product of <see cref="Rows"/> by <see cref="Columns"/> (times <see cref="Phases"/>) results that each sum
/// <see cref="Depth"/> products: the table in kernels/convolution_product.cuh.
/// </summary>
internal readonly record struct ConvolutionProduct(long Rows, long Columns, long Depth, long Phases)
{
    public static ConvolutionProduct Of(ConvolutionForm form, in ConvolutionGeometry g, bool turned)
    {
        var taps = (long)g.KernelHeight * g.KernelWidth * g.InputChannels;
        var pixels = (long)g.Batch * g.OutputHeight * g.OutputWidth;
        return form switch
        {
            ConvolutionForm.Value => new(pixels, g.OutputChannels, taps, 1),
            ConvolutionForm.InputGradient =>
                new((long)g.Batch * Ceiling(g.InputHeight, g.StrideHeight) * Ceiling(g.InputWidth, g.StrideWidth), g.InputChannels,
                PhaseTaps(g.KernelHeight, g.StrideHeight, g.DilationHeight) * PhaseTaps(g.KernelWidth, g.StrideWidth, g.DilationWidth)
                    * g.OutputChannels, (long)g.StrideHeight * g.StrideWidth),
            _ => turned ? new(taps, g.OutputChannels, pixels, 1) : new(g.OutputChannels, taps, pixels, 1),
        };
    }

    /// <summary>The most taps that one phase of an axis has: every (stride / greatest common divisor)-th.</summary>
    private static long PhaseTaps(int kernel, int stride, int dilation)
    {
        var divisor = dilation;
        for (var rest = stride; rest != 0;)
            (divisor, rest) = (rest, divisor % rest);
        return Ceiling(kernel, stride / divisor);
    }

    public static long Ceiling(long count, long divisor) => (count + divisor - 1) / divisor;
}

/// <summary>
/// How one convolution is cut into blocks: which tile, and into how many slices the summed index. Slices beyond the first are written aside
/// and summed afterwards in their order, so that a few results of many products (a weight gradient, a discriminator's logit) still fill the
/// device. Depends on shapes and on the device alone.
/// </summary>
internal readonly record struct ConvolutionPlan(int Tile, bool Turned, int Slices, int SliceSteps, Dim3 Grid)
{
    /// <summary>Cycles that a block takes before its first product and after its last, and that a second launch takes.</summary>
    private const double BlockCycles = 1500, LaunchCycles = 3000;

    /// <summary>Bytes of device memory that go by in a cycle.</summary>
    private const double BytesPerCycle = 1500;

    /// <summary>The most scratch memory that slices may take.</summary>
    private const long ScratchBytes = 256L << 20;

    private const int GridLimit = 65535;

    /// <summary>
    /// The indices of kernels are 32 bits wide where they are used in the innermost loops; what lies beyond is left to version 1.
    /// </summary>
    public static bool Serves(ConvolutionForm form, in ConvolutionGeometry g)
    {
        const long limit = int.MaxValue - 1024;
        var product = ConvolutionProduct.Of(form, g, turned: false);
        return product.Depth <= limit && product.Columns <= 4L * GridLimit && product.Phases <= GridLimit && product.Rows <= 64 * limit
            && (long)g.Batch * Math.Max((long)g.InputHeight * g.InputWidth, (long)g.OutputHeight * g.OutputWidth) <= limit
            && (form != ConvolutionForm.WeightGradient || product.Rows <= limit);
    }

    /// <summary>The plan that should be fastest by a rough count of cycles.</summary>
    /// <param name="tile">The only tile to consider; -1 for all.</param>
    /// <param name="slices">The number of slices to take, as nearly as whole steps allow; 0 for what seems best.</param>
    public static ConvolutionPlan Of(
        ConvolutionForm form, in ConvolutionGeometry g, ConvolutionTiles tiles, GpuProperties device, int tile = -1, int slices = 0)
    {
        ConvolutionPlan best = default;
        var bestCycles = double.PositiveInfinity;
        for (var turned = 0; turned < (form == ConvolutionForm.WeightGradient ? 2 : 1); turned++)
        {
            var product = ConvolutionProduct.Of(form, g, turned == 1);
            for (var i = 0; i < tiles.Tiles.Length; i++)
            {
                if ((tile >= 0 && tile != i) || (turned == 1 && !tiles.Tiles[i].Turned) || !tiles.Tiles[i].RunsOn(device))
                    continue;
                var steps = Math.Max(1, ConvolutionProduct.Ceiling(product.Depth, tiles.Tiles[i].Depth));
                var limit = Math.Min(steps, GridLimit / product.Phases);
                for (long count = slices > 0 ? Math.Min(slices, limit) : 1; count <= limit; count += Math.Max(1, count / 4))
                {
                    var plan = Cut(product, tiles.Tiles[i], i, turned == 1, steps, count);
                    var cycles = plan.Cycles(product, tiles.Tiles[i], device.Multiprocessors);
                    if (cycles < bestCycles)
                        (best, bestCycles) = (plan, cycles);
                    if (slices > 0 || plan.Grid.Count > 4L * device.Multiprocessors)
                        break;
                }
            }
        }

        return bestCycles < double.PositiveInfinity
            ? best
            : throw new CudaException(
                $"{device.Name} gives a block {device.SharedBytesPerBlock} bytes of shared memory, too few for the convolution kernels");
    }

    /// <summary>
    /// Whether the launch is to join its slices itself, by the last block of each tile: where that block has so little to read that it is
    /// done before a second launch would have begun.
    /// </summary>
    public bool JoinsSlices(ConvolutionForm form, in ConvolutionGeometry g, ConvolutionTiles tiles)
    {
        const long most = 512 << 10;
        var (product, tile) = (ConvolutionProduct.Of(form, g, Turned), tiles.Tiles[Tile]);
        return !Turned && sizeof(float) * Slices * Math.Min(tile.Rows, product.Rows) * Math.Min(tile.Columns, product.Columns) <= most;
    }

    private static ConvolutionPlan Cut(in ConvolutionProduct product, ConvolutionTile tile, int index, bool turned, long steps, long slices)
    {
        var sliceSteps = ConvolutionProduct.Ceiling(steps, slices);
        slices = ConvolutionProduct.Ceiling(steps, sliceSteps);
        return new ConvolutionPlan(index, turned, (int)slices, (int)sliceSteps,
            new Dim3((int)ConvolutionProduct.Ceiling(product.Rows, tile.Rows),
                (int)ConvolutionProduct.Ceiling(product.Columns, tile.Columns), (int)(slices * product.Phases)));
    }

    /// <summary>
    /// The work of the multiprocessor that has the most blocks, and the traffic of the slices. A block alone on a multiprocessor has nobody
    /// to fill its waits.
    /// </summary>
    private double Cycles(in ConvolutionProduct product, ConvolutionTile tile, int multiprocessors)
    {
        if (Grid.Y > GridLimit)
            return double.MaxValue;
        var blocks = ConvolutionProduct.Ceiling(Grid.Count, multiprocessors);
        var cycles = blocks * ((double)tile.Rows * tile.Columns * tile.Depth * SliceSteps / (blocks == 1 ? 0.7 * tile.Rate : tile.Rate)
            + BlockCycles);
        if (Slices == 1)
            return cycles;
        var bytes = 4 * product.Rows * product.Columns * product.Phases * (2L * Slices + 1);
        return bytes > 2 * ScratchBytes ? double.MaxValue : cycles + LaunchCycles + bytes / BytesPerCycle;
    }
}
