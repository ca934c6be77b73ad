using CrossModal.Kernels;
using CrossModal.Kernels.Communication;

namespace CrossModal.Tensors;

/// <summary>Where tensors live and are computed: a backend and its memory. Not for several threads at once.</summary>
public sealed class Device : IDisposable
{
    private readonly Backend _backend;
    private readonly HashSet<CapturedStep> _steps = [];
    private StepCapture? _capture;
    private bool _disposed;

    /// <summary>Over any backend, which is disposed with the device.</summary>
    internal Device(Backend backend) => _backend = backend;

    /// <summary>Opens a device by its name, with settings as they are by default.</summary>
    /// <exception cref="DeviceException">No such device, or not on this machine.</exception>
    public static Device Open(string name, int threads = 0) => Open(new DeviceSettings(name, threads));

    /// <exception cref="DeviceException">No such device, not on this machine, or it cannot do what the settings ask.</exception>
    public static Device Open(DeviceSettings settings)
    {
        var backend = Backend.Open(settings, out var unused);
        var ranks = backend.Connect(settings.Ranks, out var detour);
        return new Device(backend) { Remark = unused ?? detour, Ranks = ranks };
    }

    /// <summary>The names that <see cref="Open(string, int)"/> takes.</summary>
    public static IReadOnlyList<string> Names => Backend.Names;

    /// <summary>The primitives; a recorder stands before them while a step is captured.</summary>
    /// <exception cref="ObjectDisposedException">The device was disposed of.</exception>
    internal Backend Backend => _disposed ? throw Disposed() : _capture?.Recorder ?? _backend;

    /// <summary>The name that it was opened by; <c>auto</c> gives that of what was chosen.</summary>
    public string Name => _backend.Name;

    /// <summary>
    /// What falls short of what may be expected, in one line: why a GPU that may be here is not used, where <c>auto</c> chose the processor
    /// for such a reason, or why sums over ranks go through the host's memory; else null.
    /// </summary>
    public string? Remark { get; private init; }

    /// <summary>The type of new float tensors: float64 on <c>reference</c>, else float32.</summary>
    public ElementType FloatType => _backend.FloatType;

    /// <summary>
    /// The type that layers give their activations: bfloat16 where the device was opened with that <see cref="Precision"/> and has arrays
    /// of it, else <see cref="FloatType"/>. Parameters, statistics and losses are of <see cref="FloatType"/> always.
    /// </summary>
    public ElementType ActivationType => _backend.ActivationType;

    /// <summary>Whether calls return before their work is done, so that the host may prepare what comes next meanwhile.</summary>
    public bool IsAsynchronous => _backend.IsAsynchronous;

    /// <summary>How products and convolutions round what they multiply here.</summary>
    public Precision Precision => _backend.Precision;

    /// <summary>The GPU, or what stands in for it; null on other devices.</summary>
    public GpuProperties? Gpu => _backend.Gpu;

    /// <summary>Whether the memory of its tensors was given back.</summary>
    internal bool IsDisposed => _disposed;

    /// <summary>Whether a step is being captured: nothing can be read back meanwhile.</summary>
    internal bool IsCapturing => _capture is not null;

    /// <summary>Where new tensors come from: the backend's pool, or a captured step's own.</summary>
    /// <exception cref="ObjectDisposedException">The device was disposed of.</exception>
    internal DeviceMemoryPool Memory => _disposed ? throw Disposed() : _capture?.Pool ?? _backend.Memory;

    /// <summary>Bytes of all tensors that are alive.</summary>
    public long LiveBytes => _backend.Memory.LiveBytes + (_capture?.Pool.LiveBytes ?? 0);

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

    /// <summary>The processes that train together with this one; only it where nobody says otherwise.</summary>
    internal Communicator Ranks { get; set; } = Communicator.Alone;

    /// <summary>
    /// When set, batch normalization in training takes its statistics over the batches of all ranks, as if they were one batch.
    /// </summary>
    internal bool SynchronizesStatistics { get; set; }

    /// <summary>Lets <see cref="PeakBytes"/> begin anew.</summary>
    public void ResetPeak() => _backend.Memory.ResetPeak();

    /// <summary>Waits until everything asked so far is done.</summary>
    /// <exception cref="ObjectDisposedException">The device was disposed of.</exception>
    public void Synchronize() => Backend.Synchronize();

    /// <summary>A clock of so many moments, to time work that the host does not wait for.</summary>
    internal DeviceClock CreateClock(int moments) => Backend.CreateClock(moments);

    /// <summary>
    /// Who has computed matrix products and convolutions so far, and how they rounded: a line for each that did, such as
    /// <c>convolutions: cuDNN 9.10.2 in tf32</c>. With <c>bf16</c> a library may have multiplied in another precision than the device's
    /// <see cref="Precision"/>. Empty on a device that has one way to compute.
    /// </summary>
    public IReadOnlyList<string> ComputedBy => _backend.ComputedBy;

    /// <summary>Lets <see cref="ComputedBy"/> begin anew.</summary>
    internal void ForgetComputedBy() => _backend.ForgetComputedBy();

    /// <summary>The way of one op to this device.</summary>
    /// <param name="op">What messages call it.</param>
    /// <exception cref="ObjectDisposedException">The device was disposed of.</exception>
    internal OpCall Call(string op) => new(this, op);

    /// <summary>Tells a step that is being captured that it works on this block.</summary>
    internal void Use(TensorStorage storage) => _capture?.Use(storage);

    /// <summary>
    /// Opens a scope for one training step, or anything else that is done over and over: what is made until it is disposed goes back to the
    /// device then, ready for the next. <code>using (device.Step()) optimizer.Minimize(Loss());</code>
    /// </summary>
    public Scope Step() => new();

    /// <summary>
    /// Runs <paramref name="step"/> once and returns a recording that repeats its device work: same arrays, no allocation, no graph
    /// building. What the step reads must lie in tensors made before (write new data into them), and what it leaves must be written into
    /// such tensors. The recording keeps their memory alive, even when they are disposed of before it.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// A step is being captured already, or this one left tensors of its own alive.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The device was disposed of.</exception>
    public CapturedStep Capture(Action step)
    {
        if (_capture is not null)
            throw new InvalidOperationException("a step is being captured already");
        var capture = new StepCapture(new RecordingBackend(Backend), _backend.Memory.CreatePrivate());
        _capture = capture;
        try
        {
            using (new Scope())
                step();
            if (capture.Pool.LiveBytes != 0)
                throw new InvalidOperationException(
                    $"a captured step left {capture.Pool.LiveBytes} bytes alive; write results into tensors made before the capture");

            // What goes through the host's memory on its way to other ranks is no part of a graph.
            var whole = Ranks.TakesDeviceMemory || !capture.Recorder.Primitives.Contains(nameof(Kernels.Backend.SumOverRanks));
            var captured = new CapturedStep(this, capture, whole ? _backend.CaptureGraph(capture.Recorder.Replay) : null);
            _steps.Add(captured);
            return captured;
        }
        catch
        {
            capture.Dispose();
            throw;
        }
        finally
        {
            _capture = null;
        }
    }

    /// <summary>A captured step is done with.</summary>
    internal void Forget(CapturedStep step) => _steps.Remove(step);

    /// <summary>
    /// Gives back all memory, that of captured steps too. From then on reading a tensor of this device, computing with it and replaying a
    /// step throw <see cref="ObjectDisposedException"/>; to dispose of them does nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">A step is being captured.</exception>
    public void Dispose()
    {
        if (_disposed)
            return;
        if (_capture is not null)
            throw new InvalidOperationException($"the device {Name} cannot be disposed of while a step is being captured on it");
        foreach (var step in _steps.ToArray())
            step.Dispose();
        _disposed = true;
        _backend.Dispose();
    }

    private ObjectDisposedException Disposed() => new(nameof(Device),
        $"the device {Name} was disposed of, and the memory of its tensors with it; read them before");
}

/// <summary>
/// A NaN or an infinity where none may be: an op made one while <see cref="Device.CheckFinite"/> was set, or a network made one that
/// would be drawn, written or counted.
/// </summary>
public sealed class NonFiniteException(string message) : Exception(message);
