using CrossModal.Pipelines;

namespace CrossModal.Studio;

/// <summary>
/// What the layers were given and made when runs were looked into last, a few looks in all: the arithmetic of a number is asked for again
/// and again. For the thread that runs the networks.
/// </summary>
internal sealed class KeptLooks
{
    private const int Most = 4;

    private readonly Queue<(int Number, LiveRun Run, IReadOnlyList<LayerOutput> Outputs)> _looks = new();
    private int _last;

    /// <summary>Keeps a look, and forgets the oldest.</summary>
    /// <returns>Its number.</returns>
    public int Keep(LiveRun run, IReadOnlyList<LayerOutput> outputs)
    {
        if (_looks.Count == Most)
            _looks.Dequeue();
        _looks.Enqueue((++_last, run, outputs));
        return _last;
    }

    /// <summary>A look by its number.</summary>
    /// <exception cref="NotOnShelfException">It was forgotten, or the run's weights have changed since.</exception>
    public IReadOnlyList<LayerOutput> Find(LiveRun run, int number) =>
        _looks.FirstOrDefault(look => look.Number == number && look.Run == run).Outputs
        ?? throw new NotOnShelfException("what the layers made of this sound was forgotten, or the run has learned since; look again");
}
