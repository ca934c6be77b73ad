using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Adversarial;

/// <summary>The scores of the last step on the device, read with at most two steps on their way.</summary>
internal sealed class ScoreReadback : IDisposable
{
    private readonly Tensor _scores;
    private readonly Readback[] _readbacks;
    private long _begun, _finished;

    public ScoreReadback(Device device)
    {
        using var outside = Scope.Suspended();
        _scores = Tensor.Zeros(device, new Shape(GanScores.Count));
        _readbacks = [_scores.CreateReadback(), _scores.CreateReadback()];
    }

    /// <summary>Part of a step.</summary>
    public void Write(ScoreTensors scores)
    {
        using var pause = Tape.Paused();
        _scores.CopyFrom(scores.Joined());
    }

    public GanScores Read()
    {
        Span<float> scores = stackalloc float[GanScores.Count];
        _scores.Read(scores);
        return GanScores.Of(scores);
    }

    public void Begin()
    {
        if (_begun - _finished == _readbacks.Length)
            throw new InvalidOperationException("scores of two steps are on their way already");
        _scores.BeginReadback(_readbacks[_begun++ % _readbacks.Length]);
    }

    public GanScores Finish() => _finished < _begun
        ? GanScores.Of(MemoryMarshal.Cast<byte, float>(_readbacks[_finished++ % _readbacks.Length].Wait()))
        : throw new InvalidOperationException("no reading of scores was begun");

    public void Dispose()
    {
        foreach (var readback in _readbacks)
            readback.Dispose();
        _scores.Dispose();
    }
}
