namespace CrossModal.Kernels.Cuda;

/// <summary>
/// One version of a product, launched whether or not it would be chosen: the simple ones are there to be read, and tiles of other sizes are
/// for other shapes.
/// </summary>
/// <param name="Family">The kernel's file.</param>
/// <param name="Name">What is computed by which version.</param>
/// <param name="Precision">How it rounds operands.</param>
/// <param name="A">Extents of the first operand.</param>
/// <param name="B">Extents of the second operand.</param>
/// <param name="Result">Extents of the result.</param>
/// <param name="Launch">Launches it on a backend of CUDA kernels.</param>
internal sealed record KernelVersion(string Family, string Name, Precision Precision, int[] A, int[] B, int[] Result,
    Action<Backend, DeviceArray, DeviceArray, DeviceArray> Launch)
{
    /// <summary>What the result is written as.</summary>
    public ElementType ResultType { get; init; } = ElementType.Float32;

    /// <summary>Every version of matrix products and convolutions.</summary>
    public static IReadOnlyList<KernelVersion> All { get; } = [.. MatrixProducts(), .. Convolutions(), .. Warpgroups()];

    /// <summary>The backend of CUDA kernels, behind another that widens what it has no kernels for.</summary>
    private static CudaBackend KernelsOf(Backend backend) => (CudaBackend)((backend as WideningBackend)?.Inner ?? backend);

    private static IEnumerable<KernelVersion> MatrixProducts()
    {
        const int k = 32;
        for (var i = 0; i < MatrixProductVersion.All.Count; i++)
        {
            var (index, version) = (i, MatrixProductVersion.All[i]);
            var (m, n) = version.Rows == 0 ? (16, 16) : (version.Rows, version.Columns);
            for (var transposes = 0; transposes < version.Kernels.Length; transposes++)
            {
                var (transposeA, transposeB) = ((transposes & 2) != 0, (transposes & 1) != 0);
                var geometry = new MatrixProductGeometry(1, m, n, k, transposeA, transposeB);
                int[] a = transposeA ? [k, m] : [m, k], b = transposeB ? [n, k] : [k, n];
                yield return new KernelVersion(version.Family, $"[{m}, {k}] times [{k}, {n}] by {version.Kernel(geometry)}",
                    version.Precision, a, b, [m, n],
                    (backend, x, y, z) => KernelsOf(backend).HandwrittenMatrixProduct(geometry, x, y, z, index, slices: 1));
            }
        }

        yield return Sliced(Precision.Float32, depth: 512, slices: 4);
        yield return Sliced(Precision.BFloat16, depth: 512, slices: 4);
        yield return Sliced(Precision.BFloat16, depth: 1024, slices: 16);
    }

    /// <summary>A product of activations, whose parts are summed by a second launch.</summary>
    private static KernelVersion Sliced(Precision precision, int depth, int slices)
    {
        var version = MatrixProductVersion.All.ToList().FindIndex(version => version.Slices && version.Precision == precision);
        return new KernelVersion("matrix_product", $"[16, {depth}] times [{depth}, 16], the depth in {slices} slices", precision,
            [16, depth], [depth, 16], [16, 16], (backend, x, y, z) => KernelsOf(backend).HandwrittenMatrixProduct(
                new MatrixProductGeometry(1, 16, 16, depth, false, false), x, y, z, version, slices))
        {
            ResultType = precision == Precision.BFloat16 ? ElementType.BFloat16 : ElementType.Float32,
        };
    }

    private static IEnumerable<KernelVersion> Convolutions()
    {
        (int Version, Precision Precision, ConvolutionTiles Tiles)[] versions =
        [
            (CudaBackend.TiledConvolution, Precision.Float32, ConvolutionTiles.Float32),
            (CudaBackend.TensorFloat32Convolution, Precision.TensorFloat32, ConvolutionTiles.TensorFloat32),
            (CudaBackend.BFloat16Convolution, Precision.BFloat16, ConvolutionTiles.BFloat16),
        ];
        foreach (var form in Enum.GetValues<ConvolutionForm>())
            yield return Convolution(form, CudaBackend.DirectConvolution, "convolution", Precision.Float32, -1, inputs: 3, outputs: 8);
        yield return Convolution(ConvolutionForm.Value, CudaBackend.TiledConvolution, "convolution", Precision.Float32, 0, inputs: 16,
            outputs: 4, slices: 16);
        foreach (var (version, precision, tiles) in versions)
        {
            foreach (var form in Enum.GetValues<ConvolutionForm>())
            {
                for (var tile = 0; tile < tiles.Tiles.Length; tile++)
                {
                    // With few output channels a weight gradient is turned where a tile can be, with many it is not.
                    yield return Convolution(form, version, tiles.Family, precision, tile, inputs: 8, outputs: 4);
                    if (form == ConvolutionForm.WeightGradient && tiles.Tiles[tile].Turned)
                        yield return Convolution(form, version, tiles.Family, precision, tile, inputs: 1, outputs: 128);
                }
            }
        }
    }

    /// <summary>A picture of 16 by 16 to one of 8 by 8.</summary>
    private static ConvolutionGeometry Halving(int inputs, int outputs) => new(1, new(16, 4, 2, 1), new(16, 4, 2, 1), inputs, outputs);

    private static KernelVersion Convolution(ConvolutionForm form, int version, string family, Precision precision, int tile, int inputs,
        int outputs, int slices = 1)
    {
        var geometry = Halving(inputs, outputs);
        int[] input = [1, 16, 16, inputs], weight = [outputs, 4, 4, inputs], output = [1, 8, 8, outputs];
        var (what, a, b, result) = form switch
        {
            ConvolutionForm.Value => ("convolution", input, weight, output),
            ConvolutionForm.InputGradient => ("input gradient of a convolution", output, weight, input),
            _ => ("weight gradient of a convolution", input, output, weight),
        };
        var by = (tile < 0 ? "" : $" by tile {tile + 1}") + (slices == 1 ? "" : $", in {slices} slices");
        return new KernelVersion(family, $"{what}, {inputs} to {outputs} channels, version {version}{by}", precision, a, b, result,
            (backend, x, y, z) => KernelsOf(backend).HandwrittenConvolution(form, geometry, new(x, y, z), version, tile, slices));
    }

    /// <summary>
    /// The versions for warpgroups. They take bfloat16 alone, so what is given in float32 is rounded first; a launch of its own does it.
    /// </summary>
    private static IEnumerable<KernelVersion> Warpgroups()
    {
        const int m = WgmmaTile.Rows, k = WgmmaTile.Depth, channels = 64;
        for (var i = 0; i < WgmmaTile.All.Count; i++)
        {
            var (tile, n) = (i, WgmmaTile.All[i].Columns);
            for (var transposes = 0; transposes < 4; transposes++)
            {
                var (transposeA, transposeB) = ((transposes & 2) != 0, (transposes & 1) != 0);
                var geometry = new MatrixProductGeometry(1, m, n, k, transposeA, transposeB);
                int[] a = transposeA ? [k, m] : [m, k], b = transposeB ? [n, k] : [k, n];
                yield return new KernelVersion("matrix_product_wgmma",
                    $"[{m}, {k}] times [{k}, {n}] by {CudaBackend.WgmmaProductName(geometry, tile)}", Precision.BFloat16, a, b, [m, n],
                    (backend, x, y, z) => Narrowed(backend, x, y,
                        (kernels, left, right) => kernels.WgmmaMatrixProduct(geometry, new(left, right, z), tile, slices: 1)));
            }

            foreach (var form in Enum.GetValues<ConvolutionForm>())
            {
                var version = Convolution(form, 0, "convolution_wgmma", Precision.BFloat16, tile, channels, channels);
                var geometry = Halving(channels, channels);
                yield return version with
                {
                    Name = $"{form} of {channels} to {channels} channels by {CudaBackend.WgmmaConvolutionName(form, tile)}",
                    Launch = (backend, x, y, z) => Narrowed(backend, x, y,
                        (kernels, left, right) => kernels.WgmmaConvolution(form, geometry, new(left, right, z), tile, slices: 1)),
                };
            }
        }
    }

    private static void Narrowed(Backend backend, DeviceArray x, DeviceArray y, Action<CudaBackend, DeviceArray, DeviceArray> launch)
    {
        var kernels = KernelsOf(backend);
        using CudaBackend.NarrowCopy left = kernels.InBFloat16(x), right = kernels.InBFloat16(y);
        launch(kernels, left.Array, right.Array);
    }
}
