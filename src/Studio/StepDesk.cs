using CrossModal.Pipelines;

namespace CrossModal.Studio;

/// <summary>
/// The run that is stepped through, with what the steps have made of it, and its last step. It is kept until another run is asked for: two
/// pages that step through one run step the same networks.
/// </summary>
internal sealed class StepDesk(PlayDesk desk) : IDisposable
{
    private (string Folder, StepRun Steps)? _open;

    /// <summary>The last step of the run that is open; null before one was made.</summary>
    private StepReport? _last;

    /// <summary>The run as it stands.</summary>
    public Task<T> Look<T>(ShelvedRun run, Func<StepRun, StepReport?, T> work, CancellationToken cancel) => desk.Ask(device =>
    {
        if (_open is not { } open || open.Folder != run.Folder.Path)
        {
            var steps = new StepRun(device, SavedRun.Open(run.Folder.Path, Runs.RunKind.All), cancel);
            _open?.Steps.Dispose();
            _last = null;
            _open = open = (run.Folder.Path, steps);
        }

        return work(open.Steps, _last);
    }, cancel);

    /// <summary>Makes a step.</summary>
    public Task<T> Step<T>(ShelvedRun run, StepWish wish, Func<StepReport, T> work, CancellationToken cancel) =>
        Look(run, (steps, _) => work(_last = steps.Step(wish)), cancel);

    /// <summary>Goes back to the checkpoint.</summary>
    public Task<T> Reset<T>(ShelvedRun run, Func<StepRun, T> work, CancellationToken cancel) => Look(run, (steps, _) =>
    {
        steps.Reset();
        _last = null;
        return work(steps);
    }, cancel);

    /// <summary>Before the desk's own device is.</summary>
    public void Dispose() => desk.Ask(_ =>
    {
        _open?.Steps.Dispose();
        return 0;
    }, CancellationToken.None).Wait(TimeSpan.FromSeconds(10));
}
