using System.Globalization;
using System.Runtime.InteropServices;
using CrossModal.Kernels.Communication;
using static CrossModal.Kernels.Cuda.DriverApi;

namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class NativeCudaDriver
{
    /// <summary>Which GPU, by the driver's number; the first when it is not set.</summary>
    public const string DeviceVariable = "CROSSMODAL_CUDA_DEVICE";

    /// <summary>Which GPUs the driver shows, and in which order; launchers set it, one GPU a rank, say.</summary>
    private const string VisibleVariable = "CUDA_VISIBLE_DEVICES";

    /// <summary>The GPUs whose primary context stays until the process ends.</summary>
    private static readonly HashSet<int> Held = [];

    internal const string NoGpu = "the CUDA driver sees no GPU; see what nvidia-smi says";

    /// <summary>Opens the GPU if there is one that serves.</summary>
    /// <param name="cacheFolder">Where compiled kernels are kept, or null to keep none.</param>
    /// <param name="why">Otherwise one line that says what is missing and what to do.</param>
    /// <param name="ranks">Those who share the machine's GPUs; null for this process alone.</param>
    /// <exception cref="CudaException">There are GPUs, and none is left for this rank.</exception>
    public static bool TryOpen(string? cacheFolder, out NativeCudaDriver? driver, out string why, Communicator? ranks = null)
    {
        try
        {
            (driver, why) = (Open(cacheFolder, ranks), "");
            return true;
        }
        catch (CudaException error) when (error.Problem != DeviceProblem.Unsupported)
        {
            (driver, why) = (null, error.Message);
            return false;
        }
    }

    /// <summary>Opens the GPU that <see cref="DeviceVariable"/> chooses, or else the one of this rank.</summary>
    /// <param name="cacheFolder">Where compiled kernels are kept, or null to keep none.</param>
    /// <param name="ranks">Those who share the machine's GPUs; null for this process alone.</param>
    /// <exception cref="CudaException">There is none, or the driver or NVRTC is missing or too old, or another process holds the GPU; one
    /// line.</exception>
    public static NativeCudaDriver Open(string? cacheFolder, Communicator? ranks = null)
    {
        var version = Initialize();
        CudaLibrary.Nvrtc.Require();
        Demand(cuDeviceGetCount(out var count), nameof(cuDeviceGetCount));
        if (count == 0)
            throw new CudaException(NoGpu, DeviceProblem.Unavailable);
        var ordinal = ChosenDevice(count, ranks ?? Communicator.Alone);
        Demand(cuDeviceGet(out var device, ordinal), nameof(cuDeviceGet));
        var properties = PropertiesOf(device, version);
        var compiler = new NvrtcCompiler(cacheFolder);
        compiler.RequireServes(properties.Major, properties.Minor);
        var result = cuDevicePrimaryCtxRetain(out var context, device);
        if (result != 0)
            throw new CudaException(Unavailable(result, ordinal, device, properties.Name), DeviceProblem.Unavailable);
        lock (Held)
        {
            // One reference more than is ever given back.
            if (Held.Add(device))
                Demand(cuDevicePrimaryCtxRetain(out _, device), nameof(cuDevicePrimaryCtxRetain));
        }

        return new NativeCudaDriver(device, context, properties, compiler);
    }

    /// <summary>Loads and starts the driver; makes no context.</summary>
    /// <returns>Its version, as in <see cref="GpuProperties.DriverVersion"/>.</returns>
    internal static int Initialize()
    {
        CudaLibrary.Driver.Require();
        try
        {
            Demand(cuDriverGetVersion(out var version), nameof(cuDriverGetVersion));
            if (version < MinimumVersion)
            {
                throw new CudaException(
                    $"the CUDA driver is too old: it knows CUDA {VersionText(version)} and {VersionText(MinimumVersion)} is needed; "
                    + "install NVIDIA's driver of release 470 or newer", DeviceProblem.Unavailable);
            }

            var result = cuInit(0);
            if (result != 0)
                throw new CudaException(
                    $"the CUDA driver does not start: {DriverError.Describe(nameof(cuInit), result)}", DeviceProblem.Unavailable);
            return version;
        }
        catch (EntryPointNotFoundException error)
        {
            var library = CudaLibrary.Driver;
            throw new CudaException(
                $"{library.Lookup.Name} lacks a function of CUDA {VersionText(MinimumVersion)}: {error.Message}; {library.Remedy}",
                DeviceProblem.Unavailable, error);
        }
    }

    internal static GpuProperties PropertiesOf(int device, int driverVersion)
    {
        const int length = 256;
        var name = stackalloc byte[length];
        Demand(cuDeviceGetName(name, length, device), nameof(cuDeviceGetName));
        Demand(cuDeviceTotalMem_v2(out var bytes, device), nameof(cuDeviceTotalMem_v2));
        return new GpuProperties(
            Marshal.PtrToStringUTF8((nint)name) ?? "GPU",
            Attribute(DeviceAttribute.ComputeCapabilityMajor),
            Attribute(DeviceAttribute.ComputeCapabilityMinor),
            Attribute(DeviceAttribute.MultiprocessorCount),
            Attribute(DeviceAttribute.MaxSharedMemoryPerBlockOptin),
            (long)bytes,
            Attribute(DeviceAttribute.ClockRate),
            driverVersion);

        int Attribute(DeviceAttribute attribute)
        {
            Demand(cuDeviceGetAttribute(out var value, attribute, device), nameof(cuDeviceGetAttribute));
            return value;
        }
    }

    private static int ChosenDevice(int count, Communicator ranks)
    {
        if (Environment.GetEnvironmentVariable(DeviceVariable) is not { Length: > 0 } chosen)
            return DeviceOf(ranks, count, Environment.GetEnvironmentVariable(VisibleVariable));
        if (int.TryParse(chosen, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) && ordinal < count)
            return ordinal;
        throw new CudaException(
            $"{DeviceVariable} is {chosen} and must be a whole number from 0 to {count - 1}: there "
                + $"{(count == 1 ? "is one GPU" : $"are {count} GPUs")}", DeviceProblem.Unavailable);
    }

    /// <summary>The GPU of a rank: each has the one of its number on the machine, or the only one that its launcher shows it.</summary>
    /// <param name="visible">What <see cref="VisibleVariable"/> says.</param>
    internal static int DeviceOf(Communicator ranks, int count, string? visible)
    {
        if (ranks.LocalRank < count)
            return ranks.LocalRank;
        if (count == 1 && !string.IsNullOrEmpty(visible))
            return 0;
        throw new CudaException($"rank {ranks.Rank} has no GPU: it is number {ranks.LocalRank} of {ranks.LocalSize} ranks on its machine, "
            + $"from 0, which shows {count} GPU{(count == 1 ? "" : "s")}; start as many ranks on a machine as it has GPUs",
            DeviceProblem.Unsupported);
    }

    private static string Unavailable(int result, int ordinal, int device, string name)
    {
        var exclusive = cuDeviceGetAttribute(out var mode, DeviceAttribute.ComputeMode, device) == 0 && mode != 0;
        var problem = DriverError.Describe(nameof(cuDevicePrimaryCtxRetain), result);
        return result is DriverError.DeviceUnavailable or DriverError.InvalidDevice || exclusive
            ? $"GPU {ordinal} ({name}) lets no other process in ({problem}); end the process that nvidia-smi shows, allow several with "
                + $"nvidia-smi -c DEFAULT, or choose another GPU with {DeviceVariable}"
            : $"GPU {ordinal} ({name}) cannot be used: {problem}";
    }

    private static void Demand(int result, string function)
    {
        if (result != 0)
            throw DriverError.Exception(function, result);
    }
}
