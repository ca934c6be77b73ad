using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// What a launch tells the simulator and what it hears back: <c>simulator::launch</c> of kernels/host/runtime.h, field by field.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LaunchRecord
{
    public const int TextBytes = 1024;

    public KernelRecord* Function;
    public void** Arguments;
    public DeviceRange* Ranges;
    public nint Device, DeviceWritten;
    public long DeviceBytes, RangeCount;
    public fixed int Grid[3];
    public fixed int Block[3];
    public int DynamicBytes, FaultLock;
    public long FaultBlock;
    public nint Place, OtherPlace;
    public fixed byte Text[TextBytes];
    public TraceRecord* Traced;
    public CountingRecord* Counted;
}

/// <summary>One kernel: <c>simulator::kernel</c> of kernels/host/runtime.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct KernelRecord
{
    public byte* Name;
    public nint Call;
    public byte** Parameters;
    public int* Sizes;
    public bool* Pointers;
    public int ParameterCount, ThreadsBound;
    public byte* Declarations;

    public readonly string NameText => Marshal.PtrToStringUTF8((nint)Name)!;
}

/// <summary>A kernel file compiled for the host and loaded.</summary>
internal sealed unsafe class SimulatedModule : IDisposable
{
    private readonly nint _library;
    private readonly KernelRecord* _kernels;
    private readonly int _count;

    /// <exception cref="DeviceException">The library cannot be loaded.</exception>
    public SimulatedModule(string family, string path)
    {
        (Family, Path) = (family, path);
        try
        {
            _library = NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new DeviceException($"the compiled kernels {path} cannot be loaded ({error.Message.ReplaceLineEndings(" ").Trim()}); "
                + "remove that file, and look whether the cache's file system allows programs to run", DeviceProblem.Unavailable, error);
        }

        Run = (delegate* unmanaged<LaunchRecord*, void*, long, long, void>)NativeLibrary.GetExport(_library, "simulator_run");
        int count;
        _kernels = ((delegate* unmanaged<int*, KernelRecord*>)NativeLibrary.GetExport(_library, "simulator_module"))(&count);
        _count = count;
    }

    public string Family { get; }

    /// <summary>The library's file.</summary>
    public string Path { get; }

    /// <summary>Runs blocks [first, end) in the workspace given.</summary>
    public delegate* unmanaged<LaunchRecord*, void*, long, long, void> Run { get; }

    /// <summary>The names of all kernels of the file.</summary>
    public IEnumerable<string> Kernels => Enumerable.Range(0, _count).Select(NameOf);

    /// <exception cref="CudaException">The file has no such kernel.</exception>
    public KernelRecord* Find(string kernel)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_kernels[i].NameText == kernel)
                return _kernels + i;
        }

        throw new CudaException($"cuda-sim: {Family}.cu has no kernel {kernel}");
    }

    public void Dispose() => NativeLibrary.Free(_library);

    private string NameOf(int index) => _kernels[index].NameText;
}
