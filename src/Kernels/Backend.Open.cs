using CrossModal.Kernels.Cpu;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels;

internal abstract partial class Backend
{
    /// <summary>The names of the devices.</summary>
    public static IReadOnlyList<string> Names { get; } = ["auto", "cpu", "cuda", "cuda-sim", "reference"];

    /// <summary>Opens a device.</summary>
    /// <param name="settings">Which, and how it is to work.</param>
    /// <param name="remark">Why a GPU that may be here is not used, where <c>auto</c> chose the processor for such a reason.</param>
    /// <exception cref="DeviceException">No such device, not on this machine, or it cannot do what the settings ask.</exception>
    public static Backend Open(DeviceSettings settings, out string? remark)
    {
        remark = null;
        switch (settings.Name)
        {
            case "auto":
                if (CudaBackend.TryOpen(settings, out var why) is { } cuda)
                    return Widening(cuda);
                remark = why is null ? null : $"computing on the cpu, because {why}";
                return OpenCpu(settings);
            case "cpu":
                return OpenCpu(settings);
            case "cuda":
                return Widening(CudaBackend.Open(settings));
            case "cuda-sim":
                return Widening(CudaBackend.OpenSimulated(settings));
            case "reference":
                return Widening(new ReferenceBackend(), settings);
            default:
                throw new DeviceException($"{settings.Name}: no such device; choose one of {string.Join(", ", Names)}",
                    DeviceProblem.Unsupported)
                { Setting = nameof(settings.Name) };
        }
    }

    private static Backend OpenCpu(DeviceSettings settings) =>
        Widening(new CpuBackend(settings.Threads, settings.Precision ?? Kernels.Precision.Float32), settings);

    /// <summary>With arrays of bfloat16 where the precision says so.</summary>
    internal static Backend Widening(CudaBackend device) =>
        device.Precision == Kernels.Precision.BFloat16 ? new WideningBackend(device) : device;

    /// <summary>A device in host memory, in the precision that was asked for.</summary>
    private static Backend Widening(Backend device, DeviceSettings settings)
    {
        switch (settings.Precision)
        {
            case null or Kernels.Precision.Float32:
                return device;
            case Kernels.Precision.BFloat16:
                return new WideningBackend(device);
            default:
                device.Dispose();
                throw new DeviceException($"{device.Name} computes in float32 or bf16; tf32 is a GPU's", DeviceProblem.Unsupported)
                {
                    Setting = nameof(settings.Precision)
                };
        }
    }
}
