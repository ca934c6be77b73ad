using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    /// <summary>The GPU of this machine; <c>CROSSMODAL_CUDA_DEVICE</c> chooses among several.</summary>
    /// <exception cref="DeviceException">There is none, or its driver or NVRTC is missing or too old; the message says what to
    /// do.</exception>
    public static CudaBackend Open(CudaOptions options) => Over(NativeCudaDriver.Open(CacheRoot.Ensure("cuda")), options);

    /// <summary>The GPU of this machine, or null where there is none that serves.</summary>
    /// <param name="why">What is missing where there is a driver and yet no use for it; else null.</param>
    public static CudaBackend? TryOpen(CudaOptions options, out string? why)
    {
        why = null;
        if (CudaLibrary.Driver.Lookup.Problem is not null)
            return null;
        if (NativeCudaDriver.TryOpen(CacheRoot.Ensure("cuda"), out var driver, out var problem))
            return Over(driver!, options);
        why = problem;
        return null;
    }

    /// <summary>The same kernels compiled for the host.</summary>
    /// <exception cref="DeviceException">There is no C++ compiler, or what is asked for needs a GPU.</exception>
    public static CudaBackend OpenSimulated(CudaOptions options) => Over(new SimulatedDriver(options.Threads), options);

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

    private static CudaBackend Over(ICudaDriver driver, CudaOptions options)
    {
        try
        {
            // Refuses what cannot be had before it compiles anything.
            var backend = new CudaBackend(driver, options);

            // Those of another precision are not for this device; all others are needed sooner or later.
            string[] families =
            [
                .. KernelSource.Families.Where(family =>
                    !(family.EndsWith("_tf32", StringComparison.Ordinal) && options.Precision != Precision.TensorFloat32)
                    && !(family.EndsWith("_bf16", StringComparison.Ordinal) && options.Precision != Precision.BFloat16)),
            ];
            driver.Prepare(families, options.Compiled is { } compiled ? ready => compiled(ready, families.Length) : null);
            return backend;
        }
        catch
        {
            driver.Dispose();
            throw;
        }
    }
}
