using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// The block behind one or more tensors, which count as handles on it. It has no finalizer: within scopes none is needed, and each costs.
/// Where a handle belongs to no scope, a <see cref="Watcher"/> is collected together with the last of them.
/// </summary>
internal sealed class TensorStorage(DeviceMemoryPool pool, DeviceBuffer buffer)
{
    private int _handles = 1;
    private Watcher? _watcher;

    public DeviceMemoryPool Pool { get; } = pool;

    public DeviceBuffer Buffer { get; } = buffer;

    public void Retain() => _handles++;

    public void Release()
    {
        if (--_handles > 0)
            return;
        if (_watcher is not null)
            GC.SuppressFinalize(_watcher);
        Pool.Release(Buffer);
    }

    public void Watch()
    {
        if (_watcher is not null)
            return;
        _watcher = new Watcher(Pool, Buffer);
        Pool.Watch(Buffer);
    }

    /// <summary>
    /// Nothing else refers to it, so it is finalized when nothing refers to the storage. It only queues the block: the thread that owns the
    /// device gives it back.
    /// </summary>
    private sealed class Watcher(DeviceMemoryPool pool, DeviceBuffer buffer)
    {
        ~Watcher() => pool.Abandon(buffer);
    }
}
