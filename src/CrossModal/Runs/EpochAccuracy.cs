namespace CrossModal.Runs;

/// <summary>Accuracy of generated samples after one epoch, on a part of each split's conditions.</summary>
public sealed record EpochAccuracy(int Epoch, double TrainAccuracy, double ValidationAccuracy);
