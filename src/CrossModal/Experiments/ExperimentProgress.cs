namespace CrossModal.Experiments;

/// <summary>
/// One bar over a whole experiment. Each part counts by its weight and moves on with its own main stage; what its other stages do stands
/// beside the bar.
/// </summary>
internal sealed class ExperimentProgress : IDisposable
{
    private const int UnitsOfWeight = 1000;

    private readonly IRunReporter _reporter;
    private readonly IRunStage _stage;
    private long _done, _reached;

    public ExperimentProgress(IRunReporter reporter, string name, int totalWeight) =>
        (_reporter, _stage) = (reporter, reporter.Stage(name, (long)totalWeight * UnitsOfWeight, "parts"));

    /// <summary>What a part of this weight reports to.</summary>
    /// <param name="mainStage">The stage that most of its time goes to.</param>
    public IRunReporter Part(string name, int weight, string mainStage) => new PartReporter(this, name, weight, mainStage);

    /// <summary>A part is done, however it was come by.</summary>
    public void Finish(int weight)
    {
        _done += (long)weight * UnitsOfWeight;
        _reached = _done;
        _stage.Report(_done);
    }

    public void Dispose() => _stage.Dispose();

    private sealed class PartReporter(ExperimentProgress whole, string part, int weight, string mainStage) : IRunReporter
    {
        public IRunStage Stage(string name, long total, string unit) =>
            new PartStage(whole, part, name == mainStage ? (long)weight * UnitsOfWeight : 0, name, total);

        public void Message(string text) => whole._reporter.Message($"{part}: {text}");

        public void Warning(string text) => whole._reporter.Warning($"{part}: {text}");

        public bool WantsDetail => whole._reporter.WantsDetail;

        public void Step(TrainingStep step) => whole._reporter.Step(step);
    }

    private sealed class PartStage(ExperimentProgress whole, string part, long units, string name, long total) : IRunStage
    {
        public void Report(long done, string? detail = null)
        {
            var share = total > 0 ? (double)done / total : 1;

            // What comes after the main stage does not take the bar back.
            whole._reached = Math.Max(whole._reached, whole._done + (long)(units * share));
            whole._stage.Report(whole._reached, $"{part}, {name} {share:0%}{(detail is null ? "" : "  " + detail)}");
        }

        public void Dispose()
        {
        }
    }
}
