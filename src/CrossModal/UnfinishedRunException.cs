using CrossModal.Kernels;

namespace CrossModal;

/// <summary>A run lacks a file that its training writes: it was stopped, or the file was removed.</summary>
/// <param name="folder">The run folder.</param>
/// <param name="file">What it lacks.</param>
public sealed class UnfinishedRunException(string folder, string file) : BadInputException($"{file}: not there; the run is not finished")
{
    /// <summary>The run folder.</summary>
    public string Folder => folder;

    /// <summary>What it lacks.</summary>
    public string File => file;
}
