namespace CrossModal.Kernels;

/// <summary>
/// One array on its way from the device to the host. <see cref="Begin"/> returns at once and copies what the array will hold when the work
/// asked before is done; <see cref="Wait"/> waits for that copy alone. So a training loop can look at the losses of one step while the
/// device computes the next.
/// </summary>
public abstract class Readback : IDisposable
{
    /// <summary>Begins the copy; one at a time.</summary>
    public abstract void Begin(DeviceArray source);

    /// <summary>The bytes of the last <see cref="Begin"/>.</summary>
    public abstract ReadOnlySpan<byte> Wait();

    /// <summary>Gives the room on the host back.</summary>
    public abstract void Dispose();
}

/// <summary>Of a device whose memory is the host's: the copy is done at once.</summary>
internal sealed class HostReadback(int bytes) : Readback
{
    private readonly byte[] _values = new byte[bytes];

    public override unsafe void Begin(DeviceArray source) =>
        new ReadOnlySpan<byte>((void*)source.Address, checked((int)source.Bytes)).CopyTo(_values);

    public override ReadOnlySpan<byte> Wait() => _values;

    public override void Dispose()
    {
    }
}
