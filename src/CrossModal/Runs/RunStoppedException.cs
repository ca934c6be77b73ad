namespace CrossModal.Runs;

/// <summary>A job was stopped after it had saved, and can be continued.</summary>
/// <param name="message">Where it was stopped.</param>
/// <param name="folder">What it saved into.</param>
internal class RunStoppedException(string message, string folder) : OperationCanceledException(message)
{
    public string Folder => folder;
}
