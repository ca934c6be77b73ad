using System.Runtime.Intrinsics.X86;
using static Iced.Intel.AssemblerRegisters;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// As long as this is not disposed of, float32 operations of the thread take denormal numbers as zero and give zero for them, as
/// <c>vdpbf16ps</c> does always. Two instructions set the processor's mode, and they are assembled too; where that cannot be, denormal
/// numbers stay.
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
        var argument = TileAssembler.Native == CodeConvention.Windows ? rcx : rdi;
        var functions = CodeMemory.Place(
        [
            TileAssembler.Encode(a =>
            {
                a.stmxcsr(__dword_ptr[argument]);
                a.ret();
            }),
            TileAssembler.Encode(a =>
            {
                a.ldmxcsr(__dword_ptr[argument]);
                a.ret();
            }),
        ]);
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
