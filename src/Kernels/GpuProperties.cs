namespace CrossModal.Kernels;

/// <summary>A GPU, or what stands in for one.</summary>
/// <param name="Name">As its driver calls it.</param>
/// <param name="Major">Compute capability, its first number; <paramref name="Minor"/> is its second.</param>
/// <param name="Minor">Compute capability, its second number.</param>
/// <param name="Multiprocessors">How many blocks can run at one time, at least.</param>
/// <param name="SharedBytesPerBlock">The most shared memory that one block may ask for (with opting in).</param>
/// <param name="MemoryBytes">Bytes of device memory.</param>
/// <param name="ClockKilohertz">The highest clock rate.</param>
/// <param name="DriverVersion">1000 · major + 10 · minor of the CUDA version that the driver knows, e.g. 13000.</param>
public sealed record GpuProperties(string Name, int Major, int Minor, int Multiprocessors, int SharedBytesPerBlock, long MemoryBytes,
    int ClockKilohertz, int DriverVersion);
