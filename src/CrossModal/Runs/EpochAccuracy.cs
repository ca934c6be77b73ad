namespace CrossModal.Runs;

/// <summary>Accuracy of generated samples after one epoch, on a part of each split's conditions. Accuracies are shares, 0 to 1.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="TrainAccuracy">Of samples of training conditions.</param>
/// <param name="ValidationAccuracy">Of samples of validation conditions.</param>
public sealed record EpochAccuracy(int Epoch, double TrainAccuracy, double ValidationAccuracy);
