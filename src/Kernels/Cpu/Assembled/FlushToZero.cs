using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// As long as this is not disposed of, float32 operations of the thread take denormal numbers as zero and give zero for them, as
/// <c>vdpbf16ps</c> does always. The runtime cannot set the processor's mode, so two instructions in memory for code do; where the
/// system allows no such memory, denormal numbers stay.
/// </summary>
internal readonly unsafe ref struct FlushToZero : IDisposable
{
    /// <summary>The bits "denormals are zeros" and "flush to zero" of MXCSR.</summary>
    private const int Bits = 0x8040;

    private static readonly delegate* unmanaged[SuppressGCTransition]<uint*, void> Get, Set;

    private readonly uint _before;
    private readonly bool _active;

    static FlushToZero()
    {
        if (!X86Base.X64.IsSupported)
            return;
        // stmxcsr and ldmxcsr of where the argument points, rdi or on Windows rcx; ret. Too short to wake an assembler for.
        var windows = OperatingSystem.IsWindows();
        byte[] get = [0x0F, 0xAE, (byte)(windows ? 0x19 : 0x1F), 0xC3], set = [0x0F, 0xAE, (byte)(windows ? 0x11 : 0x17), 0xC3];
        var functions = CodeMemory.Place([get, set]);
        if (functions is null)
            return;
        Get = (delegate* unmanaged[SuppressGCTransition]<uint*, void>)functions[0];
        Set = (delegate* unmanaged[SuppressGCTransition]<uint*, void>)functions[1];
    }

    /// <summary>Whether the mode can be set here.</summary>
    public static bool IsSupported => Get != null;

    /// <param name="wanted">False for nothing at all.</param>
    public FlushToZero(bool wanted)
    {
        if (!wanted || !IsSupported)
            return;
        uint mode;
        Get(&mode);
        _before = mode;
        _active = true;
        mode |= Bits;
        Set(&mode);
    }

    public void Dispose()
    {
        if (!_active)
            return;
        var mode = _before;
        Set(&mode);
    }
}
