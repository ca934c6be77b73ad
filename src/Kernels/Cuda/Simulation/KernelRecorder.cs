namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// Backends over drivers that watch: whatever is computed on them is told of, or recorded. They compute with the kernels of this program.
/// </summary>
internal static class KernelRecorder
{
    /// <summary>A backend that runs nothing and tells what it would launch, kernel by kernel, in captured steps too.</summary>
    /// <param name="moved">Told the bytes of each copy within the device and of each clearing.</param>
    /// <param name="properties">The GPU that it stands for; the simulated one where none is given.</param>
    public static Backend List(Precision precision, Action<ListedLaunch> launched, Action<long>? moved = null,
        GpuProperties? properties = null) =>
        Backend.Widening(new CudaBackend(new LaunchListDriver(launched, moved, properties), Settings(precision) with { Graph = false }));

    /// <summary>
    /// A backend that computes on the simulator until it comes to the launch that is to be recorded, which throws
    /// <see cref="KernelTracedException"/>. Kernel files are compiled when they are first needed.
    /// </summary>
    /// <exception cref="DeviceException">There is no C++ compiler.</exception>
    public static Backend Record(Precision precision, TraceRequest request) =>
        Backend.Widening(new CudaBackend(new SimulatedDriver(threads: 1, trace: request), Settings(precision)));

    private static DeviceSettings Settings(Precision precision) => new("cuda-sim", 1) { Precision = precision };
}
