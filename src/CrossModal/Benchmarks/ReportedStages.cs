using CrossModal.Runs;

namespace CrossModal.Benchmarks;

/// <summary>Shows work that names its stages as it goes: one bar for each, the one before ended.</summary>
internal sealed class ReportedStages(IRunReporter reporter, string unit) : IDisposable
{
    private readonly Lock _gate = new();
    private string _name = "";
    private IRunStage? _stage;

    public void Report(string name, int done, int total, string next)
    {
        lock (_gate)
        {
            if (name != _name)
            {
                _stage?.Dispose();
                (_name, _stage) = (name, reporter.Stage(name, total, unit));
            }

            _stage!.Report(done, next);
        }
    }

    public void Dispose() => _stage?.Dispose();
}
