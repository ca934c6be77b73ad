using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Adversarial;

/// <summary>The five numbers of <see cref="GanScores"/> on the device, read with at most two steps on their way.</summary>
internal sealed class ScoreReadback : IDisposable
{
    private readonly Tensor _scores;
    private readonly Readback[] _readbacks;
    private long _begun, _finished;

    public ScoreReadback(Device device)
    {
        using var outside = Scope.Suspended();
        _scores = Tensor.Zeros(device, new Shape(5));
        _readbacks = [_scores.CreateReadback(), _scores.CreateReadback()];
    }

    /// <summary>Part of a step: losses and mean scores of real, wrong and fake, each [1].</summary>
    public void Write(Tensor discriminatorLoss, Tensor generatorLoss, Tensor real, Tensor wrong, Tensor fake)
    {
        using var pause = Tape.Paused();
        _scores.CopyFrom(
            Tensor.Concatenate(0, [.. new[] { discriminatorLoss, generatorLoss, real, wrong, fake }.Select(value => value.Reshape(1))]));
    }

    public GanScores Read()
    {
        Span<float> scores = stackalloc float[5];
        _scores.Read(scores);
        return ToScores(scores);
    }

    public void Begin()
    {
        if (_begun - _finished == _readbacks.Length)
            throw new InvalidOperationException("scores of two steps are on their way already");
        _readbacks[_begun++ % _readbacks.Length].Begin(_scores.Array);
    }

    public GanScores Finish() => _finished < _begun
        ? ToScores(MemoryMarshal.Cast<byte, float>(_readbacks[_finished++ % _readbacks.Length].Wait()))
        : throw new InvalidOperationException("no reading of scores was begun");

    public void Dispose()
    {
        foreach (var readback in _readbacks)
            readback.Dispose();
        _scores.Dispose();
    }

    private static GanScores ToScores(ReadOnlySpan<float> scores) => new(scores[0], scores[1], scores[2], scores[3], scores[4]);
}
