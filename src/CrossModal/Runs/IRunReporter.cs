namespace CrossModal;

/// <summary>Where a long job tells how far it is. The command line draws bars with the time left; tests listen or stay silent.</summary>
public interface IRunReporter
{
    /// <summary>Opens a stage of <paramref name="total"/> units, shown as one bar until it is disposed.</summary>
    IRunStage Stage(string name, long total, string unit);

    /// <summary>One line for the reader, kept on the screen.</summary>
    void Message(string text);

    /// <summary>One line that asks for attention.</summary>
    void Warning(string text);

    /// <summary>
    /// A step of a GAN was made, and its losses were read. Called by the thread that trains, thousands of times: it must return at once.
    /// Does nothing unless it is implemented.
    /// </summary>
    void Step(TrainingStep step)
    {
    }

    /// <summary>
    /// Whether the steps that come are to bring <see cref="TrainingStep.Detail"/>; asked before each, and false unless it is implemented.
    /// What is trained is the same bit for bit. Each change of the answer has a step built anew, so it should not change often.
    /// </summary>
    bool WantsDetail => false;
}

/// <summary>One stage of a job.</summary>
public interface IRunStage : IDisposable
{
    /// <summary>
    /// Units done so far, and what to show beside the bar (live losses, say). The work goes on once this returns, so a listener can pause
    /// it here; the pause is not counted as part of a step.
    /// </summary>
    void Report(long done, string? detail = null);
}

/// <summary>A reporter that says nothing.</summary>
internal sealed class SilentReporter : IRunReporter, IRunStage
{
    public IRunStage Stage(string name, long total, string unit) => this;

    public void Message(string text)
    {
    }

    public void Warning(string text)
    {
    }

    public void Report(long done, string? detail = null)
    {
    }

    public void Dispose()
    {
    }
}
