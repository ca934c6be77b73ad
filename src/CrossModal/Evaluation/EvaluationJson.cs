using System.Text.Json.Serialization;
using CrossModal.Evaluation.Metrics;

namespace CrossModal.Evaluation;

/// <summary>What <c>evaluation.json</c> holds.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(ClassifierReport))]
[JsonSerializable(typeof(ReconstructionReport))]
[JsonSerializable(typeof(MetricsReport))]
internal sealed partial class EvaluationJson : JsonSerializerContext;
