namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>
    /// Where a plan cuts the sums into no more parts than this, not cutting them competes as well: it saves the parts' way through memory
    /// and leaves some multiprocessors idle, and the plan's estimate of that is rough.
    /// </summary>
    private const int FewSlices = 4;

    /// <summary>Whose kernels a candidate is made of.</summary>
    private enum Maker
    {
        Tiled,
        Direct,
        Warpgroups,
        FewChannels,
        Library,
    }

    /// <summary>One of the ways to compute a product or a convolution.</summary>
    /// <param name="Index">Version or tile, as its maker counts them.</param>
    /// <param name="Whole">With the sums in one piece, where the plan would cut them into a few.</param>
    private readonly record struct Way(string Name, Maker Maker, int Index = 0, bool Whole = false)
    {
        /// <summary>For parameters in which 0 stands for what seems best.</summary>
        public int Slices => Whole ? 1 : 0;

        /// <summary>Whether sums that a plan cuts into so many parts are worth trying whole.</summary>
        public static bool AreFew(int slices) => slices is > 1 and <= FewSlices;

        /// <summary>What decides which candidates there are: the precision, and whether a library and those for warpgroups are.</summary>
        public static string NameOf(string primitive, Precision precision, Way[] ways) =>
            $"{primitive} {precision}{(ways.Any(way => way.Maker == Maker.Library) ? "" : " handwritten")}"
            + string.Concat(ways.Where(way => way is { Maker: Maker.Warpgroups, Whole: false })
                .Select(way => $" {WgmmaTile.All[way.Index].Name}"));

        /// <summary>As the plan cuts it, and whole.</summary>
        public static Way[] CutAndWhole(string name, Maker maker, int index) =>
            [new(name, maker, index), new($"{name} whole", maker, index, Whole: true)];
    }

    /// <summary>
    /// The hand-written versions that may be the fastest, and cuBLAS where it is there. Those for warpgroups are taken where they were
    /// measured to be the fastest, and never by an estimate.
    /// </summary>
    private sealed class MatrixProductCandidates : IKernelCandidates<MatrixProductGeometry>
    {
        private readonly CudaBackend _backend;
        private readonly Precision _precision;
        private readonly Way[] _ways;

        public MatrixProductCandidates(CudaBackend backend, Precision precision)
        {
            (_backend, _precision) = (backend, precision);
            var all = MatrixProductVersion.All;
            _ways =
            [
                .. Enumerable.Range(0, all.Count)
                    .Where(version => all[version].Competes && backend.MatrixProductVersionServes(version, precision))
                    .SelectMany(version => Way.CutAndWhole(all[version].Name, Maker.Tiled, version)),
                .. backend.WgmmaTiles(precision).SelectMany(tile =>
                    Way.CutAndWhole($"matrix_product_wgmma_{WgmmaTile.All[tile].Name}", Maker.Warpgroups, tile)),
                .. backend._cuBlas is null ? Array.Empty<Way>() : [new(CuBlasName, Maker.Library)],
            ];
            Name = Way.NameOf("matrix_product", precision, _ways);
            Names = [.. _ways.Select(way => way.Name)];
        }

        public string Name { get; }

        public IReadOnlyList<string> Names { get; }

        public int Default(in MatrixProductGeometry shape)
        {
            if (_ways[^1].Maker == Maker.Library && shape.K > 0)
                return _ways.Length - 1;
            var version = _backend.EstimatedMatrixProductVersion(shape, _precision);
            return Array.FindIndex(_ways, way => way.Maker == Maker.Tiled && way.Index == version);
        }

        public bool Run(int candidate, in MatrixProductGeometry shape, DeviceArray first, DeviceArray second, DeviceArray output)
        {
            var way = _ways[candidate];
            switch (way.Maker)
            {
                case Maker.Library:
                    return _backend.LibraryMatrixProduct(shape, first, second, output);
                case Maker.Warpgroups:
                    var arrays = new ProductArrays(first, second, output);
                    if (!WgmmaServes(shape, arrays)
                        || (way.Whole && !Way.AreFew(_backend.WgmmaSlices(shape, WgmmaTile.All[way.Index]))))
                        return false;
                    _backend.WgmmaMatrixProduct(shape, arrays, way.Index, way.Slices);
                    return true;
                default:
                    if (way.Whole && !Way.AreFew(MatrixProductVersion.All[way.Index].Estimate(shape, _backend.Gpu).Slices))
                        return false;
                    _backend.HandwrittenMatrixProduct(shape, first, second, output, way.Index, way.Slices);
                    return true;
            }
        }
    }

    /// <summary>
    /// Each tile of the newest hand-written version, cut as its plan thinks best, and whole; the version that takes any size; those for
    /// warpgroups, by measurement alone; the one for an input of few channels; and cuDNN where it is there.
    /// </summary>
    private sealed class ConvolutionCandidates : IKernelCandidates<ConvolutionGeometry>
    {
        private readonly CudaBackend _backend;
        private readonly ConvolutionForm _form;
        private readonly int _version;
        private readonly Way[] _ways;

        public ConvolutionCandidates(CudaBackend backend, ConvolutionForm form, Precision precision)
        {
            (_backend, _form, _version) = (backend, form, ConvolutionIn(precision));
            var tiles = TilesOf(_version);
            _ways =
            [
                .. tiles.Tiles.SelectMany((_, tile) => Way.CutAndWhole(tiles.Kernel(form, tile, turned: false), Maker.Tiled, tile)),
                new(DirectConvolutions[(int)form], Maker.Direct),
                .. backend.WgmmaTiles(precision).SelectMany(tile =>
                    Way.CutAndWhole(WgmmaConvolutionName(form, tile), Maker.Warpgroups, tile)),
                .. precision == Precision.BFloat16 && form == ConvolutionForm.InputGradient
                    ? [new Way(FewChannelKernel, Maker.FewChannels)]
                    : Array.Empty<Way>(),
                .. backend._cuDnn is null ? Array.Empty<Way>() : [new(CuDnnName, Maker.Library)],
            ];
            Name = Way.NameOf(Primitive(form), precision, _ways);
            Names = [.. _ways.Select(way => way.Name)];
        }

        public string Name { get; }

        public IReadOnlyList<string> Names { get; }

        public int Default(in ConvolutionGeometry shape)
        {
            if (_ways[^1].Maker == Maker.Library)
                return _ways.Length - 1;
            var few = Array.FindIndex(_ways, way => way.Maker == Maker.FewChannels);
            if (few >= 0 && FewChannelPlan.Of(shape) is not null)
                return few;
            if (!ConvolutionPlan.Serves(_form, shape))
                return Array.FindIndex(_ways, way => way.Maker == Maker.Direct);
            var tile = ConvolutionPlan.Of(_form, shape, TilesOf(_version), _backend.Gpu).Tile;
            return Array.FindIndex(_ways, way => way.Maker == Maker.Tiled && way.Index == tile);
        }

        /// <inheritdoc/>
        /// <remarks>
        /// The convolutions write their results in full. Where something is asked for besides, a candidate that does not do it as it writes
        /// is followed by a pass that does, so that its time is of the same work.
        /// </remarks>
        public bool Run(int candidate, in ConvolutionGeometry shape, DeviceArray first, DeviceArray second, DeviceArray output)
        {
            // Another one may have done it before, to be measured.
            _backend._epilogue.Applied = false;
            if (!Convolve(_ways[candidate], shape, new(first, second, output)))
                return false;
            _backend.FinishConvolution(shape, output);
            return true;
        }

        /// <inheritdoc/>
        /// <remarks>Running statistics must move once, by whoever is chosen.</remarks>
        public bool Try(int candidate, in ConvolutionGeometry shape, DeviceArray first, DeviceArray second, DeviceArray output)
        {
            var asked = _backend._epilogue.Statistics;
            _backend._epilogue.Statistics =
                asked with { Arrays = asked.Arrays with { RunningMean = DeviceArray.None, RunningVariance = DeviceArray.None } };
            try
            {
                return Run(candidate, shape, first, second, output);
            }
            finally
            {
                _backend._epilogue.Statistics = asked;
            }
        }

        private bool Convolve(in Way way, in ConvolutionGeometry shape, in ProductArrays arrays)
        {
            switch (way.Maker)
            {
                case Maker.Library:
                    return _backend.LibraryConvolution(_form, shape, arrays.A, arrays.B, arrays.Result);
                case Maker.Warpgroups:
                    if (!WgmmaServes(_form, shape, arrays)
                        || (way.Whole && !Way.AreFew(_backend.WgmmaSlices(_form, shape, WgmmaTile.All[way.Index]))))
                        return false;
                    _backend.WgmmaConvolution(_form, shape, arrays, way.Index, way.Slices);
                    return true;

                case Maker.FewChannels:
                    return _backend.FewChannelInputGradient(shape, arrays);

                // The version with a thread a result is worth no measurement where a tiled one serves.
                case Maker.Direct:
                    if (ConvolutionPlan.Serves(_form, shape))
                        return false;
                    _backend.HandwrittenConvolution(_form, shape, arrays, DirectConvolution);
                    return true;
                default:
                    var tiles = TilesOf(_version);
                    if (!ConvolutionPlan.Serves(_form, shape) || !tiles.Tiles[way.Index].RunsOn(_backend.Gpu)
                        || (way.Whole && !Way.AreFew(ConvolutionPlan.Of(_form, shape, tiles, _backend.Gpu, way.Index).Slices)))
                        return false;
                    _backend.HandwrittenConvolution(_form, shape, arrays, _version, way.Index, way.Slices);
                    return true;
            }
        }

        private static string Primitive(ConvolutionForm form) => form switch
        {
            ConvolutionForm.Value => "convolution",
            ConvolutionForm.InputGradient => "convolution_input_gradient",
            _ => "convolution_weight_gradient",
        };
    }
}
