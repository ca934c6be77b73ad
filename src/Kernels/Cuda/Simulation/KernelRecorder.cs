namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// Backends over drivers that watch: whatever is computed on them is told of, or recorded. They compute with the kernels of this program.
/// </summary>
internal static class KernelRecorder
{
    /// <summary>A backend that runs nothing and tells what it would launch.</summary>
    public static Backend List(Precision precision, Action<ListedLaunch> launched) =>
        Backend.Widening(new CudaBackend(new LaunchListDriver(launched), Settings(precision)));

    /// <summary>
    /// A backend that computes on the simulator until it comes to the launch that is to be recorded, which throws
    /// <see cref="KernelTracedException"/>. Kernel files are compiled when they are first needed.
    /// </summary>
    /// <exception cref="DeviceException">There is no C++ compiler.</exception>
    public static Backend Record(Precision precision, TraceRequest request) =>
        Backend.Widening(new CudaBackend(new SimulatedDriver(threads: 1, trace: request), Settings(precision)));

    private static DeviceSettings Settings(Precision precision) => new("cuda-sim", 1) { Precision = precision };
}
