using static CrossModal.Kernels.Cuda.DriverApi;

namespace CrossModal.Kernels.Cuda;

/// <summary>
/// The real driver: one GPU through its primary context, which cuBLAS and cuDNN share. Any thread may call, one at a time. Nothing is freed
/// by finalizers; what was created and not destroyed is destroyed in <see cref="Dispose"/>. The context itself stays for the process's
/// life, because those libraries keep things of their own in it, which do not survive that it is destroyed and made again.
/// </summary>
internal sealed unsafe partial class NativeCudaDriver : ICudaDriver
{
    /// <summary>The driver API serves from CUDA 11.4 on: cuGraphInstantiateWithFlags is as old as that.</summary>
    internal const int MinimumVersion = 11040;

    private const uint NonBlockingStream = 1, DefaultEvent = 0;

    /// <summary>Whose context is the current one of this thread.</summary>
    [ThreadStatic]
    private static NativeCudaDriver? _current;

    private readonly int _device;
    private readonly nint _context;
    private readonly NvrtcCompiler _compiler;

    /// <summary>What was created and not destroyed yet, and the function that destroys it.</summary>
    private readonly Dictionary<nint, Func<nint, int>> _created = [];
    private readonly Dictionary<nint, string> _names = [];
    private bool _faulted, _disposed;

    private NativeCudaDriver(int device, nint context, GpuProperties properties, NvrtcCompiler compiler) =>
        (_device, _context, Properties, _compiler) = (device, context, properties, compiler);

    public string DeviceName => "cuda";

    public GpuProperties Properties { get; }

    public long? FreeBytes
    {
        get
        {
            MakeCurrent();
            return cuMemGetInfo_v2(out var free, out _) == 0 ? (long)free : null;
        }
    }

    /// <inheritdoc/>
    public void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (ReferenceEquals(_current, this))
            return;
        Check(cuCtxSetCurrent(_context), nameof(cuCtxSetCurrent));
        _current = this;
    }

    /// <summary>Device memory, aligned to 256 bytes; 0 when there is no room.</summary>
    public nint Allocate(long bytes)
    {
        MakeCurrent();
        var result = cuMemAlloc_v2(out var address, (nuint)bytes);
        if (result == DriverError.OutOfMemory)
            return 0;
        Check(result, nameof(cuMemAlloc_v2));
        return Created(address, cuMemFree_v2);
    }

    public void Free(nint address) => Destroy(address, cuMemFree_v2, nameof(cuMemFree_v2));

    public nint AllocateHost(long bytes)
    {
        MakeCurrent();
        Check(cuMemAllocHost_v2(out var address, (nuint)bytes), nameof(cuMemAllocHost_v2));
        return Created(address, cuMemFreeHost);
    }

    public void FreeHost(nint address) => Destroy(address, cuMemFreeHost, nameof(cuMemFreeHost));

    public void CopyToDevice(nint destination, void* source, long bytes, nint stream)
    {
        MakeCurrent();
        Check(cuMemcpyHtoDAsync_v2(destination, source, (nuint)bytes, stream), nameof(cuMemcpyHtoDAsync_v2));
    }

    public void CopyToHost(void* destination, nint source, long bytes, nint stream)
    {
        MakeCurrent();
        Check(cuMemcpyDtoHAsync_v2(destination, source, (nuint)bytes, stream), nameof(cuMemcpyDtoHAsync_v2));
    }

    public void CopyOnDevice(nint destination, nint source, long bytes, nint stream)
    {
        MakeCurrent();
        Check(cuMemcpyDtoDAsync_v2(destination, source, (nuint)bytes, stream), nameof(cuMemcpyDtoDAsync_v2));
    }

    public void Clear(nint address, long bytes, nint stream)
    {
        MakeCurrent();
        if (bytes > 0)
            Check(cuMemsetD8Async(address, 0, (nuint)bytes, stream), nameof(cuMemsetD8Async));
    }

    /// <summary>A stream that does not wait for the default stream, nor the default stream for it.</summary>
    public nint CreateStream()
    {
        MakeCurrent();
        Check(cuStreamCreate(out var stream, NonBlockingStream), nameof(cuStreamCreate));
        return Created(stream, cuStreamDestroy_v2);
    }

    public void DestroyStream(nint stream) => Destroy(stream, cuStreamDestroy_v2, nameof(cuStreamDestroy_v2));

    public void Synchronize(nint stream)
    {
        MakeCurrent();
        Check(cuStreamSynchronize(stream), nameof(cuStreamSynchronize));
    }

    public nint CreateEvent()
    {
        MakeCurrent();
        Check(cuEventCreate(out var handle, DefaultEvent), nameof(cuEventCreate));
        return Created(handle, cuEventDestroy_v2);
    }

    public void DestroyEvent(nint handle) => Destroy(handle, cuEventDestroy_v2, nameof(cuEventDestroy_v2));

    public void RecordEvent(nint handle, nint stream)
    {
        MakeCurrent();
        Check(cuEventRecord(handle, stream), nameof(cuEventRecord));
    }

    public void WaitForEvent(nint handle)
    {
        MakeCurrent();
        Check(cuEventSynchronize(handle), nameof(cuEventSynchronize));
    }

    public float ElapsedMilliseconds(nint start, nint end)
    {
        MakeCurrent();
        Check(cuEventElapsedTime(out var milliseconds, start, end), nameof(cuEventElapsedTime));
        return milliseconds;
    }

    public void Prepare(IReadOnlyList<string> families, Action<int>? compiled = null) =>
        KernelSource.CompileAll(families, source => _compiler.Compile(source, Properties.Major, Properties.Minor), compiled);

    public nint LoadModule(KernelSource source)
    {
        MakeCurrent();
        nint module;
        fixed (byte* image = _compiler.Compile(source, Properties.Major, Properties.Minor).Image)
        {
            var result = cuModuleLoadData(out module, image);
            if (result != 0)
            {
                var driver = VersionText(Properties.DriverVersion);
                throw Error(result, $"{nameof(cuModuleLoadData)} of {source.Name} by NVRTC {_compiler.Version} for driver CUDA {driver}");
            }
        }

        return Created(module, cuModuleUnload);
    }

    public nint GetFunction(nint module, string kernel)
    {
        MakeCurrent();
        var result = cuModuleGetFunction(out var function, module, kernel);
        if (result != 0)
            throw Error(result, $"{nameof(cuModuleGetFunction)} of {kernel}");

        // A block may use 48 KiB unless its kernel asks for more; what it declares itself is taken from the same memory.
        Check(cuFuncGetAttribute(out var declared, FunctionAttribute.SharedSizeBytes, function), nameof(cuFuncGetAttribute));
        var most = Properties.SharedBytesPerBlock - declared;
        if (most > 0)
            Check(cuFuncSetAttribute(function, FunctionAttribute.MaxDynamicSharedSizeBytes, most), nameof(cuFuncSetAttribute));
        _names[function] = kernel;
        return function;
    }

    public void Launch(nint function, in LaunchShape shape, nint stream, void** arguments, ReadOnlySpan<DeviceRange> ranges)
    {
        MakeCurrent();
        var (grid, block) = (shape.Grid, shape.Block);
        var result = cuLaunchKernel(
            function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)block.X, (uint)block.Y, (uint)block.Z, (uint)shape.SharedBytes,
                stream, arguments, null);
        if (result != 0)
            throw LaunchError(result, function, shape);
    }

    public void Call(Action library, nint stream)
    {
        MakeCurrent();
        library();
    }

    /// <summary>
    /// Captures in the relaxed mode: one thread captures one stream here, so nothing is gained by forbidding it what a capture does not
    /// record; but the pool must be able to ask for memory, and a kernel to be loaded, in the middle of it.
    /// </summary>
    public void BeginCapture(nint stream)
    {
        MakeCurrent();
        Check(cuStreamBeginCapture_v2(stream, CaptureMode.Relaxed), nameof(cuStreamBeginCapture_v2));
    }

    public nint EndCapture(nint stream)
    {
        MakeCurrent();
        Check(cuStreamEndCapture(stream, out var graph), nameof(cuStreamEndCapture));
        var result = cuGraphInstantiateWithFlags(out var executable, graph, 0);
        _ = cuGraphDestroy(graph);
        Check(result, nameof(cuGraphInstantiateWithFlags));
        return Created(executable, cuGraphExecDestroy);
    }

    public void LaunchGraph(nint graph, nint stream)
    {
        MakeCurrent();
        Check(cuGraphLaunch(graph, stream), nameof(cuGraphLaunch));
    }

    public void DestroyGraph(nint graph) => Destroy(graph, cuGraphExecDestroy, nameof(cuGraphExecDestroy));

    /// <summary>Unloads the kernels and frees whatever was not freed.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        if (!_faulted && (ReferenceEquals(_current, this) || cuCtxSetCurrent(_context) == 0))
        {
            foreach (var (handle, destroy) in _created)
                _ = destroy(handle);
            _ = cuCtxSetCurrent(0);
        }

        _created.Clear();
        _current = null;
        _disposed = true;
        _ = cuDevicePrimaryCtxRelease_v2(_device);
    }

    internal static string VersionText(int version) => $"{version / 1000}.{version % 1000 / 10}";

    /// <summary>
    /// Nothing can be freed one by one after a kernel's fault, and the fault itself has been reported: what follows must not hide it.
    /// </summary>
    private void Destroy(nint handle, Func<nint, int> destroy, string function)
    {
        if (_faulted || _disposed)
            return;
        MakeCurrent();
        _created.Remove(handle);
        Check(destroy(handle), function);
    }

    private nint Created(nint handle, Func<nint, int> destroy)
    {
        _created[handle] = destroy;
        return handle;
    }

    private void Check(int result, string function)
    {
        if (result != 0)
            throw Error(result, function);
    }

    private CudaException Error(int result, string function)
    {
        _faulted |= DriverError.IsKernelFault(result);
        return DriverError.Exception(function, result);
    }

    private CudaException LaunchError(int result, nint function, in LaunchShape shape)
    {
        var (grid, block) = (shape.Grid, shape.Block);
        return Error(result, $"{nameof(cuLaunchKernel)} of {_names.GetValueOrDefault(function, "a kernel")} "
            + $"(grid {grid.X}x{grid.Y}x{grid.Z}, block {block.X}x{block.Y}x{block.Z}, {shape.SharedBytes} bytes of shared memory)");
    }
}
