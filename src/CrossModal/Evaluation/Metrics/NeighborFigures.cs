using System.Text.Json.Serialization;

namespace CrossModal.Evaluation.Metrics;

/// <summary>A share of samples with its 95 % interval, beside what real samples would have.</summary>
/// <param name="Value">The share, 0 to 1; of a density the mean, which may be above 1.</param>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound.</param>
/// <param name="RealHalves">The same between two halves of the real samples, split by song, each of them once in the place of generated
/// ones. Left out where there are no halves.</param>
/// <param name="Count">How many samples of each kind were compared.</param>
public sealed record NeighborFigure(double Value, double Low, double High,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? RealHalves, int Count);

/// <summary>What the neighborhoods of samples tell.</summary>
internal sealed record NeighborFigures(NeighborFigure Precision, NeighborFigure Recall, NeighborFigure Density, NeighborFigure Coverage);
