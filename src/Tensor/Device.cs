using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>Where tensors live and are computed: a backend and its memory. Not for several threads at once.</summary>
public sealed class Device : IDisposable
{
    private readonly Backend _backend;
    private DeviceMemoryPool? _capturePool;

    /// <summary>Over any backend, which is disposed with the device.</summary>
    internal Device(Backend backend) => Backend = _backend = backend;

    /// <summary>Opens a device by its name, with settings as they are by default.</summary>
    /// <exception cref="DeviceException">No such device, or not on this machine.</exception>
    public static Device Open(string name, int threads = 0) => Open(new DeviceSettings(name, threads));

    /// <exception cref="DeviceException">No such device, not on this machine, or it cannot do what the settings ask.</exception>
    public static Device Open(DeviceSettings settings) => new(Backend.Open(settings, out var remark)) { Remark = remark };

    /// <summary>The names that <see cref="Open(string, int)"/> takes.</summary>
    public static IReadOnlyList<string> Names => Backend.Names;

    /// <summary>The primitives; a recorder stands before them while a step is captured.</summary>
    internal Backend Backend { get; private set; }

    /// <summary>The name that it was opened by; <c>auto</c> gives that of what was chosen.</summary>
    public string Name => _backend.Name;

    /// <summary>Why a GPU that may be here is not used, where <c>auto</c> chose the processor for such a reason; else null.</summary>
    public string? Remark { get; private init; }

    /// <summary>The type of new float tensors: float64 on <c>reference</c>, else float32.</summary>
    public ElementType FloatType => _backend.FloatType;

    /// <summary>Whether calls return before their work is done, so that the host may prepare what comes next meanwhile.</summary>
    public bool IsAsynchronous => _backend.IsAsynchronous;

    /// <summary>How products and convolutions round what they multiply here.</summary>
    public Precision Precision => _backend.Precision;

    /// <summary>The GPU, or what stands in for it; null on other devices.</summary>
    public GpuProperties? Gpu => _backend.Gpu;

    /// <summary>While a step is captured, the blocks that it works on, which must outlive the recording.</summary>
    internal HashSet<TensorStorage>? Capturing { get; private set; }

    /// <summary>Where new tensors come from: the backend's pool, or a captured step's own.</summary>
    internal DeviceMemoryPool Memory => _capturePool ?? _backend.Memory;

    /// <summary>Bytes of all tensors that are alive.</summary>
    public long LiveBytes => _backend.Memory.LiveBytes + (_capturePool?.LiveBytes ?? 0);

    /// <summary>The most bytes alive at one time, outside captured steps, and what the device keeps for itself.</summary>
    public long PeakBytes => _backend.Memory.PeakBytes + _backend.WorkspaceBytes;

    /// <summary>
    /// When set, every op's result is checked, and the op that first makes a NaN or an infinity throws <see cref="NonFiniteException"/>.
    /// Slow.
    /// </summary>
    public bool CheckFinite { get; set; }

    /// <summary>
    /// When set, new tensors hold NaN, or the least integer, until they are written: an element that a kernel leaves out shows.
    /// </summary>
    internal bool MarksNewTensors { get; set; }

    /// <summary>Lets <see cref="PeakBytes"/> begin anew.</summary>
    public void ResetPeak() => _backend.Memory.ResetPeak();

    /// <summary>Waits until everything asked so far is done.</summary>
    public void Synchronize() => _backend.Synchronize();

    /// <summary>
    /// Opens a scope for one training step, or anything else that is done over and over: what is made until it is disposed goes back to the
    /// device then, ready for the next. <code>using (device.Step()) optimizer.Minimize(Loss());</code>
    /// </summary>
    public Scope Step() => new();

    /// <summary>
    /// Runs <paramref name="step"/> once and returns a recording that repeats its device work: same arrays, no allocation, no graph
    /// building. What the step reads must lie in tensors made before (write new data into them), and what it leaves must be written into
    /// such tensors.
    /// </summary>
    public CapturedStep Capture(Action step)
    {
        if (_capturePool is not null)
            throw new InvalidOperationException("a step is being captured already");
        var recorder = new RecordingBackend(_backend);
        var pool = _backend.Memory.CreatePrivate();
        var used = new HashSet<TensorStorage>();
        (Backend, _capturePool, Capturing) = (recorder, pool, used);
        try
        {
            using (new Scope())
                step();
            if (pool.LiveBytes != 0)
                throw new InvalidOperationException(
                    $"a captured step left {pool.LiveBytes} bytes alive; write results into tensors made before the capture");
            return new CapturedStep(recorder, pool, _backend.CaptureGraph(recorder.Replay), used);
        }
        catch
        {
            pool.Dispose();
            throw;
        }
        finally
        {
            (Backend, _capturePool, Capturing) = (_backend, null, null);
        }
    }

    /// <summary>Gives back all memory; tensors of this device must not be used any more.</summary>
    public void Dispose() => _backend.Dispose();
}

/// <summary>A recorded step and the memory that it works in.</summary>
public sealed class CapturedStep : IDisposable
{
    private readonly RecordingBackend _recorder;
    private readonly DeviceMemoryPool _pool;
    private readonly IDeviceGraph? _graph;

    /// <summary>The recording knows addresses only; this keeps the garbage collector from those who own them.</summary>
    private readonly HashSet<TensorStorage> _used;

    internal CapturedStep(RecordingBackend recorder, DeviceMemoryPool pool, IDeviceGraph? graph, HashSet<TensorStorage> used)
    {
        (_recorder, _pool, _graph, _used) = (recorder, pool, graph, used);
        Bytes = pool.CachedBytes;
    }

    /// <summary>Bytes of device memory that the step's tensors take turns in.</summary>
    public long Bytes { get; }

    /// <summary>Floating-point operations of the step's products and convolutions.</summary>
    public long Operations => _recorder.Operations;

    /// <summary>How many primitives the step is made of.</summary>
    public int Count => _recorder.Count;

    /// <summary>The primitives by name, in order.</summary>
    internal IReadOnlyList<string> Primitives => _recorder.Primitives;

    /// <summary>Repeats the step: one launch where the device has made a graph of it, else primitive by primitive.</summary>
    public void Replay()
    {
        if (_graph is not null)
            _graph.Launch();
        else
            _recorder.Replay();
    }

    /// <summary>Repeats the step primitive by primitive, as part of a larger graph, say.</summary>
    internal void ReplayPrimitives() => _recorder.Replay();

    /// <summary>Forgets the recording and gives back its memory.</summary>
    public void Dispose()
    {
        _graph?.Dispose();
        _pool.Dispose();
        _used.Clear();
    }
}

/// <summary>An op made a NaN or an infinity while <see cref="Device.CheckFinite"/> was set.</summary>
public sealed class NonFiniteException(string message) : Exception(message);
