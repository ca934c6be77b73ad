using System.Text.Json.Serialization;

namespace CrossModal.Evaluation.Human;

/// <summary>The files beside a rating page.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RatingKey))]
[JsonSerializable(typeof(RatingAnswers))]
[JsonSerializable(typeof(HumanEvaluationReport))]
internal sealed partial class RatingJson : JsonSerializerContext;

/// <summary>What a rating page carries within: one line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RatingPage.PageData))]
internal sealed partial class RatingPageJson : JsonSerializerContext;
