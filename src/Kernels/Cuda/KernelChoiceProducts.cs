using CrossModal.Kernels.Cuda.Libraries;

namespace CrossModal.Kernels.Cuda;

/// <summary>Who computes matrix products and convolutions: the options' word, else whoever was fastest.</summary>
public sealed unsafe partial class CudaBackend
{
    private readonly KernelChoiceTimer _timer;
    private CuBlas? _cuBlas;
    private KernelChoice<MatrixProductGeometry>? _matrixProducts;

    private void ChooseMatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        if (_options.MatrixProducts == KernelProvider.Library)
        {
            // The library declines what has no terms.
            if (!_cuBlas!.MatrixProduct(geometry, a, b, c))
                HandwrittenMatrixProduct(geometry, a, b, c, EstimatedMatrixProductVersion(geometry));
            return;
        }

        if (_matrixProducts is null && !_timer.Capturing)
            _matrixProducts = OpenMatrixProductChoice();
        if (_matrixProducts is null)
            HandwrittenMatrixProduct(geometry, a, b, c, EstimatedMatrixProductVersion(geometry));
        else
            _matrixProducts.Run(geometry, a, b, c);
    }

    /// <summary>Loads the libraries that the options demand, so that a missing one is told before any work.</summary>
    /// <exception cref="BadInputException">One is missing or does not start.</exception>
    private void DemandLibraries()
    {
        try
        {
            if (_options.MatrixProducts == KernelProvider.Library)
                _cuBlas = Demand("--gemm library", CudaLibrary.Cublas, OpenCuBlas);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void DisposeLibraries() => _cuBlas?.Dispose();

    private KernelChoice<MatrixProductGeometry> OpenMatrixProductChoice()
    {
        if (_options.MatrixProducts == KernelProvider.Auto)
            _cuBlas = TryOpen(OpenCuBlas);
        var file = ChoicesOf("matrix products", _cuBlas is null ? "no cuBLAS" : $"cuBLAS {CuBlas.Version}");
        return new(new MatrixProductCandidates(this, _cuBlas), _timer, file, Memory);
    }

    private CuBlas OpenCuBlas() => CuBlas.Open(_stream, _options.Precision, Memory);

    /// <summary>What is remembered about one group of primitives on this device.</summary>
    private KernelChoiceFile ChoicesOf(string group, string library)
    {
        var identity = KernelChoiceFile.Identity(Properties, group, library);
        return new KernelChoiceFile(_timer.Measures ? KernelChoiceFile.PathIn(CacheRoot.Folder, Properties, identity) : null, identity);
    }

    private T Demand<T>(string option, CudaLibrary library, Func<T> open) where T : class
    {
        if (!_timer.Measures)
            throw new BadInputException($"{option}: {Name} has no libraries, only the hand-written kernels");
        try
        {
            library.Require();
            return open();
        }
        catch (Exception error) when (MeansAbsent(error))
        {
            throw new BadInputException($"{option}: {error.Message}", error);
        }
    }

    /// <summary>The library, or null where it is missing, too old or does not start: the hand-written kernels then serve.</summary>
    private T? TryOpen<T>(Func<T> open) where T : class
    {
        if (!_timer.Measures)
            return null;
        try
        {
            return open();
        }
        catch (Exception error) when (MeansAbsent(error))
        {
            return null;
        }
    }

    private static bool MeansAbsent(Exception error) =>
        error is CudaException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or DeviceOutOfMemoryException;

    /// <summary>The hand-written versions that may be the fastest, and cuBLAS where it is there.</summary>
    private sealed class MatrixProductCandidates : IKernelCandidates<MatrixProductGeometry>
    {
        private readonly CudaBackend _backend;
        private readonly CuBlas? _library;
        private readonly int[] _versions;

        public MatrixProductCandidates(CudaBackend backend, CuBlas? library)
        {
            (_backend, _library) = (backend, library);
            _versions = [.. Enumerable.Range(0, MatrixProductVersion.All.Count).Where(version => MatrixProductVersion.All[version].Competes && backend.MatrixProductVersionServes(version))];
            Name = $"matrix_product {backend._options.Precision}{(library is null ? " handwritten" : "")}";
            Names = [.. _versions.Select(version => MatrixProductVersion.All[version].Name), .. library is null ? Array.Empty<string>() : ["cublas"]];
        }

        public string Name { get; }

        public IReadOnlyList<string> Names { get; }

        public int Default(in MatrixProductGeometry shape) =>
            _library is null || shape.K == 0 ? Array.IndexOf(_versions, _backend.EstimatedMatrixProductVersion(shape)) : _versions.Length;

        public long Accumulated(in MatrixProductGeometry shape) => shape.Accumulate ? (long)shape.Batch * shape.M * shape.N : 0;

        public bool Run(int candidate, in MatrixProductGeometry shape, DeviceArray first, DeviceArray second, DeviceArray output)
        {
            if (candidate == _versions.Length)
                return _library!.MatrixProduct(shape, first, second, output);
            _backend.HandwrittenMatrixProduct(shape, first, second, output, _versions[candidate]);
            return true;
        }
    }
}
