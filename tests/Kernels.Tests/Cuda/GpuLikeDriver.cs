using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// The simulator under the name of a GPU, so that the backend looks for libraries and measures; the clock is the test's: milliseconds for a
/// number of launches.
/// </summary>
internal sealed unsafe class GpuLikeDriver(Func<int, float>? milliseconds = null) : ICudaDriver
{
    /// <summary>Unchecked: what a library writes is unknown to the simulator, which would take it for memory that nobody wrote.</summary>
    private readonly SimulatedDriver _simulated = new(1, build: SimulatorBuild.Fast);
    private readonly Dictionary<nint, int> _launchesAt = [];
    private readonly Dictionary<nint, float> _timeAt = [];
    private readonly Dictionary<nint, string> _names = [];
    private int _launches;
    private float _time;

    /// <summary>How long a launch of a kernel takes, instead of the number of launches.</summary>
    public Func<string, float>? MillisecondsOf { get; init; }

    /// <summary>Kernels of which the last array is wrong afterwards.</summary>
    public Func<string, bool>? Spoils { get; init; }

    /// <summary>The compute capability that it passes itself off as.</summary>
    public (int Major, int Minor)? Capability { get; init; }

    public string DeviceName => "cuda";

    public GpuProperties Properties =>
        Capability is { } own ? _simulated.Properties with { Major = own.Major, Minor = own.Minor } : _simulated.Properties;

    public long? FreeBytes => _simulated.FreeBytes;

    public nint Allocate(long bytes) => _simulated.Allocate(bytes);

    public void Free(nint address) => _simulated.Free(address);

    public void Reuse(nint address, long bytes) => _simulated.Reuse(address, bytes);

    public nint AllocateHost(long bytes) => _simulated.AllocateHost(bytes);

    public void FreeHost(nint address) => _simulated.FreeHost(address);

    public void CopyToDevice(nint destination, void* source, long bytes, nint stream) =>
        _simulated.CopyToDevice(destination, source, bytes, stream);

    public void CopyToHost(void* destination, nint source, long bytes, nint stream) =>
        _simulated.CopyToHost(destination, source, bytes, stream);

    public void CopyOnDevice(nint destination, nint source, long bytes, nint stream) =>
        _simulated.CopyOnDevice(destination, source, bytes, stream);

    public void Clear(nint address, long bytes, nint stream) => _simulated.Clear(address, bytes, stream);

    public nint CreateStream() => _simulated.CreateStream();

    public void DestroyStream(nint stream) => _simulated.DestroyStream(stream);

    public void Synchronize(nint stream) => _simulated.Synchronize(stream);

    public nint CreateEvent() => _simulated.CreateEvent();

    public void DestroyEvent(nint handle) => _simulated.DestroyEvent(handle);

    public void RecordEvent(nint handle, nint stream)
    {
        _launchesAt[handle] = _launches;
        _timeAt[handle] = _time;
        _simulated.RecordEvent(handle, stream);
    }

    public void WaitForEvent(nint handle) => _simulated.WaitForEvent(handle);

    public float ElapsedMilliseconds(nint start, nint end) =>
        MillisecondsOf is not null ? _timeAt[end] - _timeAt[start]
        : (milliseconds ?? (launches => launches))(_launchesAt[end] - _launchesAt[start]);

    public void Prepare(IReadOnlyList<string> families, Action<int>? compiled = null) => _simulated.Prepare(families, compiled);

    public nint LoadModule(KernelSource source) => _simulated.LoadModule(source);

    public nint GetFunction(nint module, string kernel)
    {
        var function = _simulated.GetFunction(module, kernel);
        _names[function] = kernel;
        return function;
    }

    public TensorMap EncodeTensorMap(in BoxedArray array) => _simulated.EncodeTensorMap(array);

    public void Launch(nint function, in LaunchShape shape, nint stream, void** arguments, ReadOnlySpan<DeviceRange> ranges)
    {
        _launches++;
        _time += MillisecondsOf?.Invoke(_names[function]) ?? 0;
        _simulated.Launch(function, shape, stream, arguments, ranges);
        if (Spoils?.Invoke(_names[function]) == true)
            *(float*)ranges[^1].Address += 1;
    }

    public void Call(Action library, nint stream) => _simulated.Call(library, stream);

    public void BeginCapture(nint stream) => _simulated.BeginCapture(stream);

    public nint EndCapture(nint stream) => _simulated.EndCapture(stream);

    public void LaunchGraph(nint graph, nint stream) => _simulated.LaunchGraph(graph, stream);

    public void DestroyGraph(nint graph) => _simulated.DestroyGraph(graph);

    public void Dispose() => _simulated.Dispose();
}
