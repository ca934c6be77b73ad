using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// What the processor has for bfloat16. The runtime offers no class for these instructions, so the processor is asked itself.
/// </summary>
internal static class BFloat16Instructions
{
    /// <summary>
    /// Whether there is <c>vdpbf16ps</c> on 512-bit registers. Registers of that width must also be in use by the system and by the runtime
    /// (<c>DOTNET_EnableAVX512=0</c> turns them off).
    /// </summary>
    public static bool HasDotProduct { get; } = Avx512F.IsSupported && (Ask(7, 1).A >> 5 & 1) != 0;

    /// <summary>Whether there are tiles (AMX) of bfloat16.</summary>
    public static bool HasTiles { get; } = X86Base.IsSupported && (Ask(7, 0).D >> 22 & 1) != 0;

    /// <summary>Registers EAX and EDX of <c>cpuid</c>, zero where the processor does not know the question.</summary>
    private static (int A, int D) Ask(int leaf, int part)
    {
        if (X86Base.CpuId(0, 0).Eax < leaf || (part > 0 && X86Base.CpuId(leaf, 0).Eax < part))
            return default;
        var (a, _, _, d) = X86Base.CpuId(leaf, part);
        return (a, d);
    }
}
