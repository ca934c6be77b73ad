using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// What a step is recorded into: its primitives, the memory of its own tensors, and the blocks made before that it works on. It counts as a
/// handle on each of those, because the recording knows their addresses only.
/// </summary>
internal sealed class StepCapture(RecordingBackend recorder, DeviceMemoryPool pool) : IDisposable
{
    private readonly HashSet<TensorStorage> _used = [];

    public RecordingBackend Recorder { get; } = recorder;

    public DeviceMemoryPool Pool { get; } = pool;

    public void Use(TensorStorage storage)
    {
        // The step's own come and go within it, and their pool stays as long as the recording.
        if (storage.Pool != Pool && _used.Add(storage))
            storage.Retain();
    }

    public void Dispose()
    {
        Recorder.Dispose();
        Pool.Dispose();
        foreach (var storage in _used)
            storage.Release();
        _used.Clear();
    }
}

/// <summary>A recorded step and the memory that it works in.</summary>
public sealed class CapturedStep : IDisposable
{
    private readonly Device _device;
    private readonly StepCapture _capture;
    private readonly IDeviceGraph? _graph;
    private bool _disposed;

    internal CapturedStep(Device device, StepCapture capture, IDeviceGraph? graph)
    {
        (_device, _capture, _graph) = (device, capture, graph);
        Bytes = capture.Pool.CachedBytes;
        (Operations, Count) = (capture.Recorder.Operations, capture.Recorder.Count);
    }

    /// <summary>Bytes of device memory that the step's tensors take turns in.</summary>
    public long Bytes { get; }

    /// <summary>Floating-point operations of the step's products and convolutions.</summary>
    public long Operations { get; }

    /// <summary>How many primitives the step is made of.</summary>
    public int Count { get; }

    /// <summary>The primitives by name, in order.</summary>
    internal IReadOnlyList<string> Primitives => _capture.Recorder.Primitives;

    /// <summary>Repeats the step: one launch where the device has made a graph of it, else primitive by primitive.</summary>
    /// <exception cref="ObjectDisposedException">The step, or its device, was disposed of.</exception>
    public void Replay()
    {
        if (_disposed)
            throw Disposed();
        if (_graph is not null)
            _graph.Launch();
        else
            _capture.Recorder.Replay();
    }

    /// <summary>Repeats the step primitive by primitive, as part of a larger graph, say.</summary>
    internal void ReplayPrimitives()
    {
        if (_disposed)
            throw Disposed();
        _capture.Recorder.Replay();
    }

    /// <summary>Forgets the recording and gives back its memory; <see cref="Device.Dispose"/> does so too.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _device.Forget(this);
        _graph?.Dispose();
        _capture.Dispose();
    }

    private ObjectDisposedException Disposed() => new(nameof(CapturedStep),
        $"the captured step was disposed of, by itself or with its device {_device.Name}; it cannot be replayed any more");
}
