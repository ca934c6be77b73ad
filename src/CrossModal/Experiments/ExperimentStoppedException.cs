using CrossModal.Runs;

namespace CrossModal.Experiments;

/// <summary>An experiment was stopped after it had saved, and can be continued.</summary>
/// <param name="message">Where it was stopped.</param>
/// <param name="folder">The folder of the experiment.</param>
internal sealed class ExperimentStoppedException(string message, string folder) : RunStoppedException(message, folder);
