using System.Text.Json.Serialization;

namespace CrossModal.Evaluation.Metrics;

/// <summary>A figure with its 95 % interval. With one song there is nothing to draw again: then both bounds are the value.</summary>
/// <param name="Value">The figure.</param>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound.</param>
public sealed record Interval(double Value, double Low, double High);

/// <summary>A Fréchet distance with its interval, and what it is based on.</summary>
/// <param name="Value">The distance; 0 for the same distribution.</param>
/// <param name="Low">The lower bound of its 95 % interval.</param>
/// <param name="High">The upper bound.</param>
/// <param name="RealHalves">The distance between two halves of the real samples, split by song: what even real samples are apart, in sets
/// half as large. Left out where there are no halves.</param>
/// <param name="Generated">How many generated samples its covariance is of.</param>
/// <param name="Real">How many real samples its covariance is of.</param>
public sealed record FrechetFigure(double Value, double Low, double High,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? RealHalves, int Generated, int Real);

/// <summary>A kernel distance with its interval and standard error, and what it is based on.</summary>
/// <param name="Value">The distance; about 0 for the same distribution.</param>
/// <param name="Low">The lower bound of its 95 % interval.</param>
/// <param name="High">The upper bound.</param>
/// <param name="StandardError">Its standard error.</param>
/// <param name="RealHalves">The distance between two halves of the real samples, split by song. Left out where there are no halves.</param>
/// <param name="Generated">How many generated samples there are.</param>
/// <param name="Real">How many real samples there are.</param>
public sealed record KernelFigure(double Value, double Low, double High, double StandardError,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? RealHalves,
    int Generated, int Real);
