using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>A run under way: where it is computed, with which settings and data, into which folder, and who hears of it.</summary>
/// <param name="Cancel">Stops it.</param>
internal sealed record RunContext(
    Device Device, RunSettings Run, RunFolder Folder, TrainingData Data, IRunReporter Reporter, CancellationToken Cancel);
