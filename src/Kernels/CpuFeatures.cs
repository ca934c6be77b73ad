using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CrossModal.Kernels.Cpu;
using Arm = System.Runtime.Intrinsics.Arm;
using X86 = System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels;

/// <summary>What this machine computes with, for the list of devices and beside every measured figure.</summary>
internal static class CpuFeatures
{
    /// <summary>The processor's name, as the system gives it; else its architecture.</summary>
    public static string Name { get; } = ProcessorName();

    /// <summary>Cores that this process may use.</summary>
    public static int Cores => Environment.ProcessorCount;

    /// <summary>Bits of the widest vector register in use.</summary>
    public static int VectorBits =>
        X86.Avx512F.IsSupported ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 32;

    /// <summary>The instruction sets found that matter here.</summary>
    public static IReadOnlyList<string> InstructionSets { get; } = [.. Found()];

    /// <summary>Bytes of memory that this process may use: the machine's, or its container's limit.</summary>
    public static long MemoryBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>All of it on one line.</summary>
    public static string Description => string.Create(CultureInfo.InvariantCulture,
        $"{Name}, {Cores} {(Cores == 1 ? "core" : "cores")}, {VectorBits}-bit vectors ({string.Join(", ", InstructionSets)}), " +
        $"{MemoryBytes / (double)(1L << 30):0.0} GiB");

    private static IEnumerable<string> Found()
    {
        // The runtime's class for SVE is a preview; Linux lists it among the processor's features.
        var features = ProcessorLine("Features") ?? "";
        var sets = new (string Name, bool Found)[]
        {
            ("AVX-512F", X86.Avx512F.IsSupported),
            ("AVX-512BW", X86.Avx512BW.IsSupported),
            ("AVX-512-BF16", BFloat16Instructions.HasDotProduct),
            ("AMX-BF16", BFloat16Instructions.HasTiles),
            ("AVX2", X86.Avx2.IsSupported),
            ("FMA", X86.Fma.IsSupported),
            ("AdvSimd", Arm.AdvSimd.IsSupported),
            ("SVE", features.Split(' ').Contains("sve")),
        };
        return sets.Where(set => set.Found).Select(set => set.Name);
    }

    private static string ProcessorName()
    {
        // Windows gives its processor's name this way.
        var identifier = Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return ProcessorLine("model name") ?? ProcessorLine("Model")
            ?? (string.IsNullOrEmpty(identifier) ? $"{RuntimeInformation.ProcessArchitecture} processor" : identifier);
    }

    /// <summary>The value of the first line of this name in Linux's list of processors; nothing on other systems.</summary>
    private static string? ProcessorLine(string name)
    {
        const string Processors = "/proc/cpuinfo";
        if (!OperatingSystem.IsLinux() || !File.Exists(Processors))
            return null;
        foreach (var line in File.ReadLines(Processors))
        {
            var colon = line.IndexOf(':');
            if (colon > 0 && line.AsSpan(0, colon).Trim().SequenceEqual(name))
                return line[(colon + 1)..].Trim();
        }

        return null;
    }
}
