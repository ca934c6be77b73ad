using System.Text.Json.Serialization;

namespace CrossModal.Runs;

/// <summary>
/// <c>run.json</c> and <c>metrics.jsonl</c>. Readers and writers are made at build time: a trimmed program has no reflection to make them
/// with.
/// </summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RunSettings))]
[JsonSerializable(typeof(MetricsLine))]
internal sealed partial class RunJson : JsonSerializerContext;
