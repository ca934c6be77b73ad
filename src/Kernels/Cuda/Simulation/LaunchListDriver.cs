using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>One launch that a backend has asked for.</summary>
internal readonly record struct ListedLaunch(string Family, string Kernel, LaunchShape Shape);

/// <summary>
/// A driver that runs nothing and has no memory: it tells which kernels would be launched, and how. It needs no compiler, and what is read
/// back is zero.
/// </summary>
/// <param name="launched">Told each launch.</param>
/// <param name="moved">Told each copy within the device and each clearing of memory: with the launches, the nodes of a graph.</param>
/// <param name="properties">The GPU whose launches are listed; the simulated one where none is given.</param>
internal sealed unsafe class LaunchListDriver(Action<ListedLaunch> launched, Action<long>? moved = null, GpuProperties? properties = null)
    : IdleDriver, ICudaDriver
{
    private const int Alignment = 256;

    private readonly List<string> _families = [];
    private readonly List<(string Family, string Kernel)> _functions = [];
    private nint _nextAddress = Alignment;

    public string DeviceName => "cuda-sim";

    public GpuProperties Properties { get; } = properties ?? SimulatedDriver.PropertiesOf(1L << 40);

    public long? FreeBytes => null;

    public nint Allocate(long bytes)
    {
        var address = _nextAddress;
        _nextAddress += (nint)((Math.Max(1, bytes) + Alignment - 1) / Alignment * Alignment);
        return address;
    }

    public void Free(nint address)
    {
    }

    public void CopyToDevice(nint destination, void* source, long bytes, nint stream)
    {
    }

    public void CopyOnDevice(nint destination, nint source, long bytes, nint stream) => moved?.Invoke(bytes);

    public void Clear(nint address, long bytes, nint stream) => moved?.Invoke(bytes);

    public nint LoadModule(KernelSource source)
    {
        _families.Add(source.Name);
        return _families.Count - 1;
    }

    public nint GetFunction(nint module, string kernel)
    {
        _functions.Add((_families[(int)module], kernel));
        return _functions.Count - 1;
    }

    public TensorMap EncodeTensorMap(in BoxedArray array) => default;

    public void Launch(nint function, in LaunchShape shape, nint stream, void** arguments, ReadOnlySpan<DeviceRange> ranges) =>
        launched(new ListedLaunch(_functions[(int)function].Family, _functions[(int)function].Kernel, shape));

    public void Call(Action library, nint stream)
    {
    }

    public void BeginCapture(nint stream) => throw new NotSupportedException("launches are listed one by one");

    public nint EndCapture(nint stream) => throw new NotSupportedException("launches are listed one by one");

    public void LaunchGraph(nint graph, nint stream) => throw new NotSupportedException("launches are listed one by one");

    public void DestroyGraph(nint graph)
    {
    }

    public void Dispose()
    {
    }
}
