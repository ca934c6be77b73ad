using CrossModal.Kernels.Cuda.Libraries;

namespace CrossModal.Kernels.Cuda;

/// <summary>
/// Who computes matrix products and convolutions: as the options say, the hand-written kernels, cuBLAS and cuDNN, or whoever is fastest.
/// Among hand-written versions the fastest is always measured, too; on <c>cuda-sim</c>, whose times mean nothing, their own estimate
/// decides, and in a profile a model of the card's times.
/// </summary>
internal sealed unsafe partial class CudaBackend
{
    private readonly IKernelTimer _timer;

    /// <summary>Among the ways for operands of float32, then among those for bfloat16.</summary>
    private readonly KernelChoice<MatrixProductGeometry>?[] _matrixProducts = new KernelChoice<MatrixProductGeometry>?[2];

    /// <summary>The same for each form.</summary>
    private readonly KernelChoice<ConvolutionGeometry>?[,] _convolutions = new KernelChoice<ConvolutionGeometry>?[2, 3];
    private KernelChoiceFile? _convolutionFile;
    private CuBlas? _cuBlas;
    private CuDnn? _cuDnn;

    private void ChooseMatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        // Opening libraries is nothing for the middle of a capture; it does not come to that when the step ran once before.
        if (_matrixProducts[0] is null && !_timer.Capturing && _settings.MatrixProducts != KernelProvider.Library)
            OpenMatrixProducts();
        var (library, precision) = (true, PrecisionFor(a.Type));
        if (_matrixProducts[Narrow(a)] is { } choice)
            library = ReferenceEquals(choice.Run(geometry, a, b, c), CuBlasName);
        else if (_cuBlas is null || !LibraryMatrixProduct(geometry, a, b, c))
        {
            HandwrittenMatrixProduct(geometry, a, b, c, EstimatedMatrixProductVersion(geometry, precision));
            library = false;
        }

        Computed(library ? Computer.CuBlas : Computer.OurProducts, precision);
    }

    private void ChooseConvolution(ConvolutionForm form, in ConvolutionGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray result)
    {
        if (result.Count == 0)
            return;
        if (_convolutions[0, 0] is null && !_timer.Capturing && _settings.Convolutions != KernelProvider.Library)
            OpenConvolutions();
        var (library, precision) = (true, PrecisionFor(a.Type));
        if (_convolutions[Narrow(a), (int)form] is { } choice)
            library = ReferenceEquals(choice.Run(geometry, a, b, result,
                _epilogue.Statistics.Arrays.Mean.IsNone ? "" : " and statistics"), CuDnnName);
        else if (_cuDnn is null || !LibraryConvolution(form, geometry, a, b, result))
        {
            HandwrittenConvolution(form, geometry, new(a, b, result),
                ConvolutionPlan.Serves(form, geometry) ? ConvolutionIn(precision) : DirectConvolution);
            library = false;
        }

        if (library)
            Computed(Computer.CuDnn, precision);
        else if (ConvolutionPlan.Serves(form, geometry))
            Computed(Computer.OurConvolutions, precision);
        else
            Computed(Computer.OurDirectConvolutions, Precision.Float32);
    }

    private static int Narrow(DeviceArray operand) => operand.Type == ElementType.BFloat16 ? 1 : 0;

    /// <summary>The product by cuBLAS. False, with nothing done, where it has no terms.</summary>
    private bool LibraryMatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        MakeCurrent();
        return _cuBlas!.MatrixProduct(geometry, a, b, c);
    }

    /// <summary>
    /// The convolution by cuDNN. False, with nothing done, where it knows no way. It has one type for all arrays, so a float32 result of
    /// operands of bfloat16 is rounded to that first.
    /// </summary>
    private bool LibraryConvolution(ConvolutionForm form, in ConvolutionGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray result)
    {
        MakeCurrent();
        if (a.Type == result.Type)
            return _cuDnn!.Run(form, geometry, a, b, result);
        var room = Scratch.Allocate(result.Count * a.Type.Size(), "cuDNN's result");
        try
        {
            var own = new DeviceArray(room.Address, result.Count, a.Type);
            if (!_cuDnn!.Run(form, geometry, a, b, own))
                return false;
            Convert(own, result);
            return true;
        }
        finally
        {
            Scratch.Release(room);
        }
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
        foreach (var operand in (ReadOnlySpan<ElementType>)[ElementType.Float32, ElementType.BFloat16])
        {
            var precision = PrecisionFor(operand);
            _matrixProducts[operand == ElementType.BFloat16 ? 1 : 0] = new(new MatrixProductCandidates(this, precision), _timer, file);
        }
    }

    private void OpenConvolutions()
    {
        if (_settings.Convolutions == KernelProvider.Auto)
            _cuDnn = TryOpen(OpenCuDnn);
        _convolutionFile = ChoicesOf("convolutions", _cuDnn is null ? "no cuDNN" : $"cuDNN {CuDnn.Version}");
        foreach (var operand in (ReadOnlySpan<ElementType>)[ElementType.Float32, ElementType.BFloat16])
        {
            var precision = PrecisionFor(operand);
            foreach (var form in Enum.GetValues<ConvolutionForm>())
            {
                _convolutions[operand == ElementType.BFloat16 ? 1 : 0, (int)form] =
                    new(new ConvolutionCandidates(this, form, precision), _timer, _convolutionFile);
            }
        }
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
        return new KernelChoiceFile(_timer.OnDevice ? KernelChoiceFile.PathIn(ChoiceFolder, Gpu, identity) : null, identity);
    }

    private T Demand<T>(string setting, Func<T> open) where T : class
    {
        if (!_timer.OnDevice)
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
        if (!_timer.OnDevice)
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
