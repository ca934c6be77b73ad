using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Adversarial;

/// <summary>Numbers of the last step on the device, read with at most two steps on their way.</summary>
internal sealed class StepReadback : IDisposable
{
    private readonly Tensor _values;
    private readonly Readback[] _readbacks;
    private long _begun, _finished;

    public StepReadback(Device device, int count)
    {
        using var outside = Scope.Suspended();
        _values = Tensor.Zeros(device, new Shape(count));
        _readbacks = [_values.CreateReadback(), _values.CreateReadback()];
    }

    /// <summary>Part of a step.</summary>
    public void Write(Tensor values) => _values.CopyFrom(values);

    /// <summary>Part of a step whose numbers are those of two tensors, one behind the other.</summary>
    public void Write(Tensor first, Tensor second) => _values.CopyFrom(first, second);

    public void Read(Span<float> values) => _values.Read(values);

    public void Begin()
    {
        if (_begun - _finished == _readbacks.Length)
            throw new InvalidOperationException("scores of two steps are on their way already");
        _values.BeginReadback(_readbacks[_begun++ % _readbacks.Length]);
    }

    /// <summary>The numbers of the earliest step whose reading was begun; they stay until the next but one is begun.</summary>
    public ReadOnlySpan<float> Finish() => _finished < _begun
        ? MemoryMarshal.Cast<byte, float>(_readbacks[_finished++ % _readbacks.Length].Wait())
        : throw new InvalidOperationException("no reading of scores was begun");

    public void Dispose()
    {
        foreach (var readback in _readbacks)
            readback.Dispose();
        _values.Dispose();
    }
}
