namespace CrossModal.Evaluation.Metrics;

/// <summary>A figure with its 95 % interval. With one song there is nothing to draw again: then both bounds are the value.</summary>
public sealed record Interval(double Value, double Low, double High);

/// <summary>A Fréchet distance with its interval, and how many samples each covariance is based on.</summary>
public sealed record FrechetFigure(double Value, double Low, double High, int Generated, int Real);

/// <summary>A kernel distance with its interval and standard error, and how many samples it is based on.</summary>
public sealed record KernelFigure(double Value, double Low, double High, double StandardError, int Generated, int Real);
