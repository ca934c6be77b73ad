using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// What drivers have in common that compute nothing: streams and events are handles alone, there is nothing to wait for, and what is read
/// back is zero. Files are compiled by whoever needs them.
/// </summary>
internal abstract unsafe class IdleDriver
{
    private nint _lastHandle;

    public nint AllocateHost(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64);

    public void FreeHost(nint address) => NativeMemory.AlignedFree((void*)address);

    public void CopyToHost(void* destination, nint source, long bytes, nint stream) => NativeMemory.Clear(destination, (nuint)bytes);

    public nint CreateStream() => ++_lastHandle;

    public void DestroyStream(nint stream)
    {
    }

    public void Synchronize(nint stream)
    {
    }

    public nint CreateEvent() => ++_lastHandle;

    public void DestroyEvent(nint handle)
    {
    }

    public void RecordEvent(nint handle, nint stream)
    {
    }

    public void WaitForEvent(nint handle)
    {
    }

    public float ElapsedMilliseconds(nint start, nint end) => 0;

    public void Prepare(IReadOnlyList<string> families, Action<int>? compiled = null)
    {
    }

    protected nint NewHandle() => ++_lastHandle;
}
