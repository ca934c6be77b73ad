namespace CrossModal.Evaluation.Metrics;

/// <summary>How well a network that was trained to tell generated from real samples tells others. Shares are 0 to 1.</summary>
/// <param name="Value">The share that it tells right: 0.5 if nothing can be told, 1 if everything is told.</param>
/// <param name="Low">The lower bound of its 95 % interval.</param>
/// <param name="High">The upper bound.</param>
/// <param name="Halves">The share of each half, told by the network that was trained on the other.</param>
/// <param name="Smaller">The shares of networks that see the same samples made smaller, without their details; the smallest last.</param>
/// <param name="Generated">How many generated samples were told.</param>
/// <param name="Real">How many real ones.</param>
public sealed record TwoSampleFigure(double Value, double Low, double High, IReadOnlyList<double> Halves,
    IReadOnlyList<TwoSampleAt> Smaller, int Generated, int Real);

/// <summary>The share told right of samples that were made smaller.</summary>
/// <param name="Size">Pixels of a side that are left.</param>
/// <param name="Share">The share with its interval.</param>
public sealed record TwoSampleAt(int Size, Interval Share);
