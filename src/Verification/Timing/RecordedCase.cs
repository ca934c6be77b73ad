using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>A case on arrays of its own, its primitives recorded: what is timed is the kernels, and no tensor is made.</summary>
internal sealed class RecordedCase : IDisposable
{
    private readonly Tensor[] _inputs;
    private readonly CapturedStep _step;

    public RecordedCase(OpCase opCase, Device device)
    {
        using var outside = Scope.Suspended();
        using var scope = new Scope();
        using var pause = Tape.Paused();
        _inputs = Array.ConvertAll(opCase.AsActivations(device, opCase.CreateInputs(device)), scope.Keep);
        _step = device.Capture(() => Bytes = _inputs.Concat(opCase.Function(device, _inputs)).Sum(tensor => tensor.Bytes));
        Bytes += opCase.BytesReadAgain;
    }

    /// <summary>
    /// Bytes that must move whatever the kernel: each input read once, each result written once, unless every algorithm needs more.
    /// </summary>
    public long Bytes { get; private set; }

    public void Run() => _step.ReplayPrimitives();

    public void Dispose()
    {
        _step.Dispose();
        Array.ForEach(_inputs, input => input.Dispose());
    }
}
