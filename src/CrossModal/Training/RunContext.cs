using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>A run under way: where it is computed, with which settings and data, into which folder, and who hears of it.</summary>
/// <param name="Cancel">Stops it.</param>
internal sealed record RunContext(
    Device Device, RunSettings Run, RunFolder Folder, TrainingData Data, IRunReporter Reporter, CancellationToken Cancel)
{
    /// <summary>
    /// Whether the run begins now. What its folder has of networks must then say itself what it is of; else the folder's description does.
    /// </summary>
    public bool IsNew { get; init; }

    /// <summary>Whether the data are those of the run, on which its networks may be trained.</summary>
    public bool HasOwnData { get; init; } = true;
}
