namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>
    /// The hand-written versions that may be the fastest, and cuBLAS where it is there. Those for warpgroups are taken where they were
    /// measured to be the fastest, and never by an estimate.
    /// </summary>
    private sealed class MatrixProductCandidates : IKernelCandidates<MatrixProductGeometry>
    {
        private readonly CudaBackend _backend;
        private readonly Precision _precision;
        private readonly int[] _versions, _wgmma;
        private readonly int _library;

        public MatrixProductCandidates(CudaBackend backend, Precision precision)
        {
            var all = MatrixProductVersion.All;
            (_backend, _precision) = (backend, precision);
            _versions = [.. Enumerable.Range(0, all.Count)
                .Where(version => all[version].Competes && backend.MatrixProductVersionServes(version, precision))];
            _wgmma = backend.WgmmaTiles(precision);
            _library = backend._cuBlas is null ? -1 : _versions.Length + _wgmma.Length;
            Name = $"matrix_product {precision}{(_library < 0 ? " handwritten" : "")}";
            Names = [.. _versions.Select(version => all[version].Name),
                .. _wgmma.Select(tile => $"matrix_product_wgmma_{WgmmaTile.All[tile].Name}"),
                .. _library < 0 ? Array.Empty<string>() : [CuBlasName]];
        }

        public string Name { get; }

        public IReadOnlyList<string> Names { get; }

        public int Default(in MatrixProductGeometry shape) =>
            _library >= 0 && shape.K > 0 ? _library : Array.IndexOf(_versions, _backend.EstimatedMatrixProductVersion(shape, _precision));

        public bool Run(int candidate, in MatrixProductGeometry shape, DeviceArray first, DeviceArray second, DeviceArray output)
        {
            if (candidate == _library)
                return _backend.LibraryMatrixProduct(shape, first, second, output);
            if (candidate >= _versions.Length)
                return _backend.TryWgmmaMatrixProduct(shape, new(first, second, output), _wgmma[candidate - _versions.Length]);
            _backend.HandwrittenMatrixProduct(shape, first, second, output, _versions[candidate]);
            return true;
        }
    }

    /// <summary>
    /// Each tile of the newest hand-written version, cut as its plan thinks best; the version that takes any size; those for warpgroups,
    /// by measurement alone; and cuDNN where it is there.
    /// </summary>
    private sealed class ConvolutionCandidates : IKernelCandidates<ConvolutionGeometry>
    {
        private readonly CudaBackend _backend;
        private readonly ConvolutionForm _form;
        private readonly int _version, _direct, _fewChannels, _library;
        private readonly int[] _wgmma;

        public ConvolutionCandidates(CudaBackend backend, ConvolutionForm form, Precision precision)
        {
            (_backend, _form) = (backend, form);
            _version = ConvolutionIn(precision);
            var tiles = TilesOf(_version);
            _direct = tiles.Tiles.Length;
            _wgmma = backend.WgmmaTiles(precision);
            string[] fewChannels = precision == Precision.BFloat16 && form == ConvolutionForm.InputGradient ? [FewChannelKernel] : [];
            _fewChannels = fewChannels.Length == 0 ? -1 : _direct + 1 + _wgmma.Length;
            _library = backend._cuDnn is null ? -1 : _direct + 1 + _wgmma.Length + fewChannels.Length;
            Name = $"{Primitive(form)} {precision}{(_library < 0 ? " handwritten" : "")}";
            Names = [.. tiles.Tiles.Select((_, tile) => tiles.Kernel(form, tile, turned: false)), DirectConvolutions[(int)form],
                .. _wgmma.Select(tile => WgmmaConvolutionName(form, tile)), .. fewChannels,
                .. _library < 0 ? Array.Empty<string>() : [CuDnnName]];
        }

        public string Name { get; }

        public IReadOnlyList<string> Names { get; }

        public int Default(in ConvolutionGeometry shape) =>
            _library >= 0 ? _library
            : _fewChannels >= 0 && FewChannelPlan.Of(shape) is not null ? _fewChannels
            : ConvolutionPlan.Serves(_form, shape) ? ConvolutionPlan.Of(_form, shape, TilesOf(_version), _backend.Gpu).Tile
            : _direct;

        /// <inheritdoc/>
        /// <remarks>The convolutions write their results in full.</remarks>
        public bool Run(int candidate, in ConvolutionGeometry shape, DeviceArray first, DeviceArray second, DeviceArray output)
        {
            if (candidate == _library)
                return _backend.LibraryConvolution(_form, shape, first, second, output);
            if (candidate == _fewChannels)
                return _backend.FewChannelInputGradient(shape, new(first, second, output));
            if (candidate > _direct)
                return _backend.TryWgmmaConvolution(_form, shape, new(first, second, output), _wgmma[candidate - _direct - 1]);

            // The version with a thread a result is worth no measurement where a tiled one serves.
            if (ConvolutionPlan.Serves(_form, shape) == (candidate == _direct))
                return false;
            if (candidate != _direct && !TilesOf(_version).Tiles[candidate].RunsOn(_backend.Gpu))
                return false;
            _backend.HandwrittenConvolution(_form, shape, new(first, second, output),
                candidate == _direct ? DirectConvolution : _version, candidate == _direct ? -1 : candidate);
            return true;
        }

        private static string Primitive(ConvolutionForm form) => form switch
        {
            ConvolutionForm.Value => "convolution",
            ConvolutionForm.InputGradient => "convolution_input_gradient",
            _ => "convolution_weight_gradient",
        };
    }
}
