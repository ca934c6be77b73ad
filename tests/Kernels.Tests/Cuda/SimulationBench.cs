using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>A simulated device with one small kernel file, for tests: <c>bench.Kernel("name").Array(x).Run(1, 32)</c>.</summary>
internal sealed unsafe class SimulationBench : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];
    private readonly KernelLaunch _launch;
    private readonly nint _module;

    public SimulationBench(string text, SimulatorBuild build = SimulatorBuild.Checked, int threads = 1, TraceRequest? trace = null)
    {
        TestDevices.Require("cuda-sim");
        Driver = new SimulatedDriver(threads, 1 << 28, build, trace);
        Stream = Driver.CreateStream();
        Memory = new DeviceMemoryPool(Driver, Driver.DeviceName);
        _launch = new KernelLaunch(Driver, Stream);
        _module = Driver.LoadModule(new KernelSource("planted", "#include \"kernel.cuh\"\n" + text, KernelSource.CarriedHeaders));
    }

    public SimulatedDriver Driver { get; }

    public nint Stream { get; }

    public DeviceMemoryPool Memory { get; }

    public KernelLaunch Kernel(string name) => Launch(Function(name));

    public nint Function(string name) => Driver.GetFunction(_module, name);

    public KernelLaunch Launch(nint function) => _launch.Begin(function);

    /// <summary>An array that nothing has written.</summary>
    public DeviceArray Array(int count, ElementType type = ElementType.Float32)
    {
        var buffer = Memory.Allocate(Math.Max(1, count * type.Size()), "test");
        _buffers.Add(buffer);
        return new DeviceArray(buffer.Address, count, type);
    }

    public DeviceArray Upload(params ReadOnlySpan<float> values)
    {
        var array = Array(values.Length);
        fixed (float* first = values)
            Driver.CopyToDevice(array.Address, first, array.Bytes, Stream);
        return array;
    }

    public DeviceArray Upload(params ReadOnlySpan<int> values)
    {
        var array = Array(values.Length, ElementType.Int32);
        fixed (int* first = values)
            Driver.CopyToDevice(array.Address, first, array.Bytes, Stream);
        return array;
    }

    public T[] Download<T>(DeviceArray array) where T : unmanaged
    {
        var values = new T[array.Count];
        fixed (T* first = values)
            Driver.CopyToHost(first, array.Address, array.Bytes, Stream);
        return values;
    }

    public void Dispose()
    {
        _launch.Dispose();
        Memory.Dispose();
        Driver.Dispose();
    }
}
