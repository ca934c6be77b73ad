namespace CrossModal.Kernels.Cuda;

/// <summary>
/// The GPU: every primitive as a launch of a kernel of <c>kernels/</c>, or a call of cuBLAS or cuDNN. One partial file a family, beside the
/// kernel file of the same name. It knows CUDA only through <see cref="ICudaDriver"/>, so the same code runs on a GPU (<c>cuda</c>) and
/// without one (<c>cuda-sim</c>). One stream; nothing waits but <see cref="Download"/> and <see cref="Synchronize"/>.
/// </summary>
internal sealed unsafe partial class CudaBackend : Backend
{
    /// <summary>Threads of a block where a kernel has no reason for another number.</summary>
    private const int BlockSize = 256;

    private readonly ICudaDriver _driver;
    private readonly DeviceSettings _settings;
    private readonly nint _stream;
    private readonly KernelLaunch _launch;
    private readonly Dictionary<(string Family, string Kernel), nint> _functions = [];
    private readonly Dictionary<string, nint> _modules = [];

    /// <param name="driver">Disposed with the backend.</param>
    /// <param name="timer">Who says which version is the fastest; null for the driver's own clock.</param>
    public CudaBackend(ICudaDriver driver, DeviceSettings settings, IKernelTimer? timer = null)
    {
        (_driver, _settings) = (driver, settings);
        _stream = driver.CreateStream();
        var copies = Precision == Precision.BFloat16;
        _launch = new KernelLaunch(driver, _stream, copies ? Touched : null);
        _timer = timer ?? new KernelChoiceTimer(driver, _stream);
        _staging = new StagingBuffers(driver, _stream);
        Memory = new DeviceMemoryPool(driver, driver.DeviceName);
        (Scratch, KeptRooms) = (Memory.CreatePrivate(), Memory.CreatePrivate());
        Memory.Released = copies ? ForgetCopiesIn : null;
        DemandLibraries();
    }

    public override string Name => _driver.DeviceName;

    public override ElementType FloatType => ElementType.Float32;

    public override DeviceMemoryPool Memory { get; }

    /// <summary>
    /// Where partial sums and the libraries' workspaces lie: taken for one call and given back in the order of the stream. A captured graph
    /// goes on using the very blocks that its capture was given, so they are kept until the end, whatever the pool of the tensors gives
    /// back to the driver.
    /// </summary>
    private DeviceMemoryPool Scratch { get; }

    public override long WorkspaceBytes => Scratch.LiveBytes + Scratch.CachedBytes + KeptRooms.LiveBytes + KeptRooms.CachedBytes;

    /// <summary>Whether an address lies in memory that a call takes for itself, writes, reads and gives back.</summary>
    internal bool IsScratch(nint address) => Scratch.Contains(address);

    public override bool IsAsynchronous => true;

    public override Precision Precision => _settings.Precision ?? Precision.Float32;

    public override GpuProperties Gpu => _driver.Properties;

    /// <inheritdoc/>
    /// <remarks>
    /// Products need tensor cores that know bfloat16; without them operands are widened, and multiplied in float32.
    /// </remarks>
    internal override bool HasLoopsFor(NarrowPrimitive primitive, params ReadOnlySpan<ElementType> types) => primitive switch
    {
        NarrowPrimitive.Unary or NarrowPrimitive.Binary => true,
        NarrowPrimitive.Reduce => types[1] == ElementType.Float32,
        NarrowPrimitive.MatrixProduct or NarrowPrimitive.Convolution => Gpu.Major >= 8
            && (types[0] == ElementType.BFloat16 || types[1] == ElementType.BFloat16 || types[2] == ElementType.Float32),
        NarrowPrimitive.BatchNorm or NarrowPrimitive.LogisticLoss or NarrowPrimitive.LeakyReluGradientSums =>
            !types.ContainsAnyExcept(types[0]),

        // What stands beside the rows may be of float32 still.
        NarrowPrimitive.JoinRows => types[0] == types[2] && (types[1] == types[0] || types[1] == ElementType.Float32),
        _ => false,
    };

    public override void Synchronize() => _driver.Synchronize(_stream);

    public override void Dispose()
    {
        DisposeLibraries();
        _staging.Dispose();
        Scratch.Dispose();
        KeptRooms.Dispose();
        Memory.Dispose();
        _launch.Dispose();
        _driver.DestroyStream(_stream);
        _driver.Dispose();
    }

    /// <summary>Begins the launch of a kernel; its file is compiled and loaded when it is first asked for.</summary>
    private KernelLaunch Kernel(string family, string kernel)
    {
        if (!_functions.TryGetValue((family, kernel), out var function))
            function = Load(family, kernel, KernelSource.Of(family));
        return _launch.Begin(function);
    }

    private nint Load(string key, string kernel, KernelSource source)
    {
        if (!_modules.TryGetValue(key, out var module))
            _modules[key] = module = _driver.LoadModule(source);
        return _functions[(key, kernel)] = _driver.GetFunction(module, kernel);
    }

    /// <summary>
    /// Blocks of <see cref="BlockSize"/> for a loop over <paramref name="count"/> items with a step of the whole grid: at most sixteen a
    /// multiprocessor.
    /// </summary>
    private int Blocks(long count) => (int)Math.Min((count + BlockSize - 1) / BlockSize, 16L * Gpu.Multiprocessors);
}
