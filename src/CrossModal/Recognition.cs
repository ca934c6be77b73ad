namespace CrossModal;

/// <summary>What the encoder of a run takes a sound or a picture for.</summary>
/// <param name="Class">One of <see cref="TrainedRun.Classes"/>.</param>
/// <param name="Probability">How sure it is, 0 to 1.</param>
public readonly record struct Recognition(string Class, double Probability);
