using System.Text.Json.Serialization;

namespace CrossModal.Experiments;

/// <summary>The files of an experiment.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ExperimentState))]
[JsonSerializable(typeof(TableReport))]
[JsonSerializable(typeof(ScenariosReport))]
[JsonSerializable(typeof(RepresentationCell))]
[JsonSerializable(typeof(RepresentationsReport))]
internal sealed partial class ExperimentJson : JsonSerializerContext;
