using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Cli;

/// <summary>Facts about the machine that tables and reports name.</summary>
internal static class Machine
{
    /// <summary>The processor as its maker calls it; the architecture where the system does not tell.</summary>
    public static string ProcessorName { get; } = FindProcessorName() ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>Bytes of memory that the process may use; a container's limit counts.</summary>
    public static long MemoryBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The widest vectors that are worth using here.</summary>
    public static string Vectors => Vector512.IsHardwareAccelerated ? "512 bits" : Vector256.IsHardwareAccelerated ? "256 bits" : Vector128.IsHardwareAccelerated ? "128 bits" : "none";

    /// <summary>Those of the instruction sets that matter to the kernels.</summary>
    public static string InstructionSets
    {
        get
        {
            (string Name, bool Found)[] sets =
            [
                ("SSE4.2", Sse42.IsSupported), ("AVX", Avx.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported),
                ("AVX-512F", Avx512F.IsSupported), ("AVX-512BW", Avx512BW.IsSupported), ("AVX-512DQ", Avx512DQ.IsSupported),
                ("AdvSIMD", AdvSimd.IsSupported),
            ];
            var found = sets.Where(set => set.Found).Select(set => set.Name).ToList();
            return found.Count == 0 ? "none" : string.Join(", ", found);
        }
    }

    private static string? FindProcessorName()
    {
        try
        {
            if (OperatingSystem.IsLinux())
                return File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
            if (OperatingSystem.IsWindows())
                return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
            if (!OperatingSystem.IsMacOS())
                return null;
            using var query = Process.Start(new ProcessStartInfo("sysctl", ["-n", "machdep.cpu.brand_string"]) { RedirectStandardOutput = true })!;
            return query.StandardOutput.ReadToEnd().Trim() is { Length: > 0 } name ? name : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
