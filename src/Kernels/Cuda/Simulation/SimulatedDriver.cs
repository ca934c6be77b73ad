using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// A CUDA driver without a GPU: kernels are compiled by the machine's C++ compiler and run on its cores, one fiber a CUDA thread
/// (kernels/host/). Everything is done by the time a call returns. A launch that does what a GPU would punish, or would silently forgive,
/// ends with an exception that names kernel, block, thread and line; the driver can be used on.
/// </summary>
internal sealed unsafe class SimulatedDriver : ICudaDriver
{
    /// <summary>Dynamic and static shared memory that a block may have: what compute capability 9.0 grants.</summary>
    public const int SharedBytes = 227 * 1024;

    private readonly SimulatorBuild _build;
    private readonly TraceRequest? _trace;
    private readonly HostCompiler _compiler = HostCompiler.Find();
    private readonly SimulatedMemory _memory;
    private readonly BlockRunner _runner;
    private readonly LaunchRecord* _launch = (LaunchRecord*)NativeMemory.AllocZeroed((nuint)sizeof(LaunchRecord));
    private readonly Dictionary<nint, SimulatedModule> _modules = [];
    private readonly Dictionary<nint, SimulatedModule> _functions = [];
    private readonly Dictionary<nint, SimulatedGraph> _graphs = [];
    private readonly Dictionary<nint, long> _events = [];
    private SimulatedGraph? _recording;
    private nint _lastHandle;
    private bool _disposed;

    /// <param name="threads">Threads of the machine that share the blocks; 0 for one a core. Results do not depend on it.</param>
    /// <param name="memoryBytes">What the simulated device has; 0 for the machine's memory.</param>
    /// <param name="build">How kernels are compiled; null for what the environment asks for.</param>
    /// <param name="trace">What to record; the first launch of that kernel ends with <see cref="KernelTracedException"/>.</param>
    /// <exception cref="DeviceException">There is no C++ compiler, or no address space.</exception>
    public SimulatedDriver(int threads = 0, long memoryBytes = 0, SimulatorBuild? build = null, TraceRequest? trace = null)
    {
        _trace = trace;
        _build = build ?? HostCompiler.BuildOfEnvironment;
        var memory = memoryBytes > 0 ? memoryBytes : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        _memory = new SimulatedMemory(memory);
        _runner = new BlockRunner(threads > 0 ? threads : Environment.ProcessorCount);
        Properties = PropertiesOf(memory);
    }

    /// <summary>What the simulator passes itself off as; kernels and grids are chosen by it.</summary>
    public static GpuProperties PropertiesOf(long memoryBytes) =>
        new("simulated GPU (host C++)", 8, 0, 4, SharedBytes, memoryBytes, 1_000_000, 12040);

    public string DeviceName => "cuda-sim";

    public GpuProperties Properties { get; }

    public long? FreeBytes => _memory.FreeBytes;

    public nint Allocate(long bytes) => _memory.Allocate(bytes);

    public void Free(nint address) => _memory.Free(address);

    public void Reuse(nint address, long bytes) => _memory.MarkUnwritten(address, bytes);

    public nint AllocateHost(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64);

    public void FreeHost(nint address) => NativeMemory.AlignedFree((void*)address);

    public void CopyToDevice(nint destination, void* source, long bytes, nint stream)
    {
        RefuseInCapture("an upload");
        RequireLive(destination, bytes, "an upload goes to");
        Buffer.MemoryCopy(source, (void*)destination, bytes, bytes);
        _memory.MarkWritten(destination, bytes);
    }

    public void CopyToHost(void* destination, nint source, long bytes, nint stream)
    {
        RefuseInCapture("a download");
        RequireLive(source, bytes, "a download comes from");
        if (_build != SimulatorBuild.Fast && _memory.FirstUnwritten(source, bytes) is >= 0 and var unwritten)
            throw new CudaException($"cuda-sim: a download of {bytes} bytes: byte {unwritten} was never written");
        Buffer.MemoryCopy((void*)source, destination, bytes, bytes);
    }

    public void CopyOnDevice(nint destination, nint source, long bytes, nint stream)
    {
        if (_recording is { } graph)
            graph.AddCopy(destination, source, bytes);
        else
            CopyNow(destination, source, bytes);
    }

    public void Clear(nint address, long bytes, nint stream)
    {
        if (_recording is { } graph)
            graph.AddClear(address, bytes);
        else
            ClearNow(address, bytes);
    }

    public nint CreateStream() => ++_lastHandle;

    public void DestroyStream(nint stream)
    {
    }

    public void Synchronize(nint stream) => RefuseInCapture("waiting for the stream");

    public nint CreateEvent()
    {
        _events[++_lastHandle] = 0;
        return _lastHandle;
    }

    public void DestroyEvent(nint handle) => _events.Remove(handle);

    public void RecordEvent(nint handle, nint stream) => _events[handle] = Stopwatch.GetTimestamp();

    public void WaitForEvent(nint handle)
    {
    }

    public float ElapsedMilliseconds(nint start, nint end) =>
        (float)Stopwatch.GetElapsedTime(_events[start], _events[end]).TotalMilliseconds;

    public void Prepare(IReadOnlyList<string> families, Action<int>? compiled = null) =>
        KernelSource.CompileAll(families, source => _compiler.Compile(source, _build), compiled);

    /// <exception cref="CudaException">The file does not compile.</exception>
    public nint LoadModule(KernelSource source)
    {
        _trace?.Compiling?.Invoke(source.Path);
        var build = _trace?.Family == source.Name ? SimulatorBuild.Trace : _build;
        _modules[++_lastHandle] = new SimulatedModule(source.Name, _compiler.Compile(source, build));
        return _lastHandle;
    }

    public nint GetFunction(nint module, string kernel)
    {
        var owner = _modules[module];
        var function = (nint)owner.Find(kernel);
        _functions[function] = owner;
        return function;
    }

    /// <inheritdoc/>
    /// <exception cref="CudaException">What the real driver refuses, too.</exception>
    public TensorMap EncodeTensorMap(in BoxedArray array) => SimulatedTensorMap.Of(array);

    public void Launch(nint function, in LaunchShape shape, nint stream, void** arguments, ReadOnlySpan<DeviceRange> ranges)
    {
        if (_recording is { } graph)
            graph.AddLaunch(function, shape, arguments, ranges);
        else
            LaunchNow(function, shape, arguments, ranges);
    }

    public void Call(Action library, nint stream)
    {
        if (_recording is { } graph)
            graph.AddCall(library);
        else
            library();
    }

    public void BeginCapture(nint stream) =>
        _recording = _recording is null ? new SimulatedGraph() : throw new CudaException("cuda-sim: a capture is under way already");

    public nint EndCapture(nint stream)
    {
        _graphs[++_lastHandle] = _recording ?? throw new CudaException("cuda-sim: no capture is under way");
        _recording = null;
        return _lastHandle;
    }

    public void LaunchGraph(nint graph, nint stream) => _graphs[graph].Run(this);

    public void DestroyGraph(nint graph)
    {
        if (_graphs.Remove(graph, out var removed))
            removed.Dispose();
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _runner.Dispose();
        foreach (var graph in _graphs.Values)
            graph.Dispose();
        _recording?.Dispose();
        foreach (var module in _modules.Values)
            module.Dispose();
        _memory.Dispose();
        NativeMemory.Free(_launch);
    }

    internal void CopyNow(nint destination, nint source, long bytes)
    {
        RequireLive(destination, bytes, "a copy goes to");
        RequireLive(source, bytes, "a copy comes from");
        Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);
        _memory.CopyMarks(destination, source, bytes);
    }

    internal void ClearNow(nint address, long bytes)
    {
        RequireLive(address, bytes, "zeros go to");
        NativeMemory.Clear((void*)address, (nuint)bytes);
        _memory.MarkWritten(address, bytes);
    }

    internal void LaunchNow(nint function, in LaunchShape shape, void** arguments, ReadOnlySpan<DeviceRange> ranges)
    {
        if (!_functions.TryGetValue(function, out var module))
            throw new CudaException($"cuda-sim: a launch of 0x{function:x}, which is no kernel");
        var kernel = (KernelRecord*)function;
        LaunchFault.CheckShape(kernel, shape);
        for (var i = 0; i < ranges.Length; i++)
        {
            if (ranges[i].Bytes > 0 && !_memory.IsLive(ranges[i].Address, ranges[i].Bytes))
                throw LaunchFault.FreedArray(kernel, arguments, ranges[i]);
        }

        LaunchFault.CheckArguments(kernel, arguments);
        fixed (DeviceRange* first = ranges)
        {
            _launch->Function = kernel;
            _launch->Arguments = arguments;
            _launch->Ranges = first;
            _launch->RangeCount = ranges.Length;
            (_launch->Device, _launch->DeviceWritten, _launch->DeviceBytes) = (_memory.Base, _memory.Written, _memory.Bytes);
            (_launch->Grid[0], _launch->Grid[1], _launch->Grid[2]) = (shape.Grid.X, shape.Grid.Y, shape.Grid.Z);
            (_launch->Block[0], _launch->Block[1], _launch->Block[2]) = (shape.Block.X, shape.Block.Y, shape.Block.Z);
            _launch->DynamicBytes = shape.SharedBytes;
            _launch->FaultBlock = long.MaxValue;
            if (_trace is { } trace && module.Family == trace.Family && kernel->NameText == trace.Kernel)
                throw Traced(trace, module, shape);
            _runner.Run(_launch, module.Run, shape.Grid.Count);
        }

        if (_launch->FaultBlock != long.MaxValue)
            throw LaunchFault.Report(kernel, module.Path, _launch);
    }

    /// <summary>Runs the blocks up to the one that is asked for, and records that one.</summary>
    private KernelTracedException Traced(TraceRequest trace, SimulatedModule module, in LaunchShape shape)
    {
        using var recorded = new LaunchTrace(trace, _launch, shape);
        _runner.Run(_launch, module.Run, recorded.Block + 1);
        _launch->Traced = null;
        if (_launch->FaultBlock != long.MaxValue)
            throw LaunchFault.Report(_launch->Function, module.Path, _launch);
        return new KernelTracedException(recorded.Read(module.Path));
    }

    private void RefuseInCapture(string what)
    {
        if (_recording is not null)
            throw new CudaException(
                $"cuda-sim: {what} while a stream is captured; only launches, copies on the device and clears can be captured");
    }

    private void RequireLive(nint address, long bytes, string what)
    {
        if (bytes > 0 && !_memory.IsLive(address, bytes))
            throw new CudaException(
                $"cuda-sim: {what} 0x{address:x} + {bytes} bytes, which is not within one allocated piece of device memory");
    }
}
