namespace CrossModal.Runs;

/// <summary>Turns calls of (stage, done, total) into stages that follow each other. One call at a time, as the callers promise.</summary>
internal sealed class StageSequence(IRunReporter reporter, string unit) : IDisposable
{
    private string? _name;
    private IRunStage? _stage;

    public void Report(string name, int done, int total)
    {
        if (name != _name)
        {
            _stage?.Dispose();
            _stage = reporter.Stage(_name = name, total, unit);
        }

        _stage!.Report(done);
    }

    public void Dispose() => _stage?.Dispose();
}
