using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;

namespace CrossModal;

/// <summary>The devices that are tested against <c>reference</c>, and whether this machine has them.</summary>
internal static class TestDevices
{
    private static readonly Lazy<string?> NoGpu = new(() =>
    {
        using var cuda = CudaBackend.TryOpen(new DeviceSettings("cuda"), out var why);
        return cuda is null ? why ?? "no NVIDIA GPU on this machine" : null;
    });

    public static IReadOnlyList<string> All { get; } = ["cpu", "cuda-sim", "cuda"];

    /// <summary>Why tests of a device are skipped here; null where they run, or where CROSSMODAL_REQUIRE says that they must.</summary>
    public static string? WhyNot(string device) => device switch
    {
        "cuda-sim" when CudaBackend.CompilerOfSimulator is null && !IsRequired("compiler") =>
            "cuda-sim compiles its kernels with a C++ compiler, and there is none here (apt-get install g++)",
        "cuda" => NoGpu.Value,
        _ => null,
    };

    /// <summary>Skips the running test where it needs a device that is not here.</summary>
    public static void Require(string device)
    {
        if (WhyNot(device) is { } reason)
            Assert.Skip(reason);
    }

    private static bool IsRequired(string what) =>
        Environment.GetEnvironmentVariable("CROSSMODAL_REQUIRE")?.Contains(what, StringComparison.Ordinal) == true;
}
