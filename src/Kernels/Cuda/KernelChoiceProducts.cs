using CrossModal.Kernels.Cuda.Libraries;

namespace CrossModal.Kernels.Cuda;

/// <summary>
/// Who computes matrix products and convolutions: as the options say, the hand-written kernels, cuBLAS and cuDNN, or whoever is fastest.
/// Among hand-written versions the fastest is always measured, too; on <c>cuda-sim</c>, whose times mean nothing, their own estimate
/// decides.
/// </summary>
internal sealed unsafe partial class CudaBackend
{
    private readonly KernelChoiceTimer _timer;
    private readonly KernelChoice<ConvolutionGeometry>?[] _convolutions = new KernelChoice<ConvolutionGeometry>?[3];
    private KernelChoice<MatrixProductGeometry>? _matrixProducts;
    private KernelChoiceFile? _convolutionFile;
    private CuBlas? _cuBlas;
    private CuDnn? _cuDnn;

    private void ChooseMatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        // Opening libraries is nothing for the middle of a capture; it does not come to that when the step ran once before.
        if (_matrixProducts is null && !_timer.Capturing && _settings.MatrixProducts != KernelProvider.Library)
            OpenMatrixProducts();
        var library = true;
        if (_matrixProducts is not null)
            library = ReferenceEquals(_matrixProducts.Run(geometry, a, b, c), CuBlasName);
        else if (_cuBlas is null || !LibraryMatrixProduct(geometry, a, b, c))
        {
            HandwrittenMatrixProduct(geometry, a, b, c, EstimatedMatrixProductVersion(geometry));
            library = false;
        }

        _computers |= library ? Computers.CuBlas : Computers.OurProducts;
    }

    private void ChooseConvolution(ConvolutionForm form, in ConvolutionGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray result)
    {
        if (result.Count == 0)
            return;
        if (_convolutions[0] is null && !_timer.Capturing && _settings.Convolutions != KernelProvider.Library)
            OpenConvolutions();
        var library = true;
        if (_convolutions[(int)form] is { } choice)
            library = ReferenceEquals(choice.Run(geometry, a, b, result), CuDnnName);
        else if (_cuDnn is null || !LibraryConvolution(form, geometry, a, b, result))
        {
            HandwrittenConvolution(form, geometry, new(a, b, result), NewestConvolution(form, geometry));
            library = false;
        }

        _computers |= library ? Computers.CuDnn
            : ConvolutionPlan.Serves(form, geometry) ? Computers.OurConvolutions : Computers.OurDirectConvolutions;
    }

    /// <summary>The product by cuBLAS. False, with nothing done, where it has no terms.</summary>
    private bool LibraryMatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        MakeCurrent();
        return _cuBlas!.MatrixProduct(geometry, a, b, c);
    }

    /// <summary>The convolution by cuDNN. False, with nothing done, where it knows no way.</summary>
    private bool LibraryConvolution(ConvolutionForm form, in ConvolutionGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray result)
    {
        MakeCurrent();
        return _cuDnn!.Run(form, geometry, a, b, result);
    }

    /// <summary>Loads the libraries that the options demand, so that a missing one is told before any work.</summary>
    /// <exception cref="DeviceException">One is missing or does not start.</exception>
    private void DemandLibraries()
    {
        try
        {
            if (_settings.MatrixProducts == KernelProvider.Library)
                _cuBlas = Demand(nameof(DeviceSettings.MatrixProducts), OpenCuBlas);
            if (_settings.Convolutions == KernelProvider.Library)
                _cuDnn = Demand(nameof(DeviceSettings.Convolutions), OpenCuDnn);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void DisposeLibraries()
    {
        if (_cuBlas is null && _cuDnn is null)
            return;
        MakeCurrent();
        _cuBlas?.Dispose();
        _cuDnn?.Dispose();
    }

    private void OpenMatrixProducts()
    {
        if (_settings.MatrixProducts == KernelProvider.Auto)
            _cuBlas = TryOpen(OpenCuBlas);
        var file = ChoicesOf("matrix products", _cuBlas is null ? "no cuBLAS" : $"cuBLAS {CuBlas.Version}");
        _matrixProducts = new(new MatrixProductCandidates(this), _timer, file);
    }

    private void OpenConvolutions()
    {
        if (_settings.Convolutions == KernelProvider.Auto)
            _cuDnn = TryOpen(OpenCuDnn);
        _convolutionFile = ChoicesOf("convolutions", _cuDnn is null ? "no cuDNN" : $"cuDNN {CuDnn.Version}");
        for (var form = 0; form < _convolutions.Length; form++)
            _convolutions[form] = new(new ConvolutionCandidates(this, (ConvolutionForm)form), _timer, _convolutionFile);
    }

    private CuBlas OpenCuBlas()
    {
        CudaLibrary.Cublas.Require();
        return CuBlas.Open(_stream, Precision, Scratch);
    }

    private CuDnn OpenCuDnn()
    {
        CudaLibrary.Cudnn.Require();
        return CuDnn.Open(_stream, Precision, Scratch);
    }

    /// <summary>Where choices are kept from run to run: a folder for caches.</summary>
    internal string ChoiceFolder { get; init; } = CacheRoot.Folder;

    /// <summary>What is remembered about one group of primitives on this device.</summary>
    private KernelChoiceFile ChoicesOf(string group, string library)
    {
        var identity = KernelChoiceFile.Identity(Gpu, group, library);
        return new KernelChoiceFile(_timer.Measures ? KernelChoiceFile.PathIn(ChoiceFolder, Gpu, identity) : null, identity);
    }

    private T Demand<T>(string setting, Func<T> open) where T : class
    {
        if (!_timer.Measures)
            throw Unsupported($"{Name} has the hand-written kernels alone", null);
        try
        {
            MakeCurrent();
            return open();
        }
        catch (Exception error) when (MeansAbsent(error))
        {
            throw Unsupported(error.Message, error);
        }

        DeviceException Unsupported(string message, Exception? inner) =>
            new(message, DeviceProblem.Unsupported, inner) { Setting = setting };
    }

    /// <summary>The library, or null where it is missing, too old or does not start: the hand-written kernels then serve.</summary>
    private T? TryOpen<T>(Func<T> open) where T : class
    {
        if (!_timer.Measures)
            return null;
        try
        {
            MakeCurrent();
            return open();
        }
        catch (Exception error) when (MeansAbsent(error))
        {
            return null;
        }
    }

    /// <summary>The libraries work in the calling thread's current context; the driver's own calls see to it themselves.</summary>
    private void MakeCurrent()
    {
        if (_driver is NativeCudaDriver driver)
            driver.MakeCurrent();
    }

    private static bool MeansAbsent(Exception error) =>
        error is DeviceException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException;
}
