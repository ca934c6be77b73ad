using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>The GPU of this machine, or of this rank; <c>CROSSMODAL_CUDA_DEVICE</c> chooses among several.</summary>
    /// <exception cref="DeviceException">There is none, or its driver or NVRTC is missing or too old; the message says what to
    /// do.</exception>
    public static CudaBackend Open(DeviceSettings settings) =>
        Over(NativeCudaDriver.Open(CacheRoot.EnsurePrivate("cuda"), settings.Ranks), settings);

    /// <summary>The GPU of this machine, or null where there is none that serves.</summary>
    /// <param name="why">What is missing where there is a driver and yet no use for it; else null.</param>
    /// <exception cref="DeviceException">There are GPUs, and none is left for this rank.</exception>
    public static CudaBackend? TryOpen(DeviceSettings settings, out string? why)
    {
        why = null;
        if (CudaLibrary.Driver.Lookup.Problem is not null)
            return null;
        if (NativeCudaDriver.TryOpen(CacheRoot.EnsurePrivate("cuda"), out var driver, out var problem, settings.Ranks))
            return Over(driver!, settings);
        why = problem;
        return null;
    }

    /// <summary>The same kernels compiled for the host.</summary>
    /// <exception cref="DeviceException">There is no C++ compiler, or what is asked for needs a GPU.</exception>
    public static CudaBackend OpenSimulated(DeviceSettings settings) => Over(new SimulatedDriver(settings.Threads), settings);

    /// <summary>The C++ compiler that <c>cuda-sim</c> uses here; null where there is none.</summary>
    public static string? CompilerOfSimulator
    {
        get
        {
            try
            {
                return HostCompiler.Find().ToString();
            }
            catch (DeviceException)
            {
                return null;
            }
        }
    }

    private static CudaBackend Over(ICudaDriver driver, DeviceSettings settings)
    {
        try
        {
            // Refuses what cannot be had before it compiles anything.
            var backend = new CudaBackend(driver, settings);

            // Those of another precision are not for this device; all others are needed sooner or later.
            string[] families =
            [
                .. KernelSource.Families.Where(family =>
                    !(family.EndsWith("_tf32", StringComparison.Ordinal) && backend.Precision != Precision.TensorFloat32)
                    && !(family.EndsWith("_bf16", StringComparison.Ordinal) && backend.Precision != Precision.BFloat16)
                    && !(KernelSource.IsHoppers(family) && !(WgmmaTile.IsKnownTo(backend.Gpu) && backend.Precision == Precision.BFloat16))),
            ];
            driver.Prepare(families, settings.Compiled is { } compiled ? ready => compiled(ready, families.Length) : null);
            return backend;
        }
        catch
        {
            driver.Dispose();
            throw;
        }
    }
}
