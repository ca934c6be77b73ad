using CrossModal.Runs;

namespace CrossModal.Benchmarks;

/// <summary>Shows work that names its stages as it goes: one bar for each, the one before ended.</summary>
internal sealed class ReportedStages(IRunReporter reporter) : IDisposable
{
    private readonly Lock _gate = new();
    private string _name = "";
    private IRunStage? _stage;

    /// <param name="unit">What <paramref name="total"/> counts.</param>
    public void Report(string name, int done, int total, string next, string unit)
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
