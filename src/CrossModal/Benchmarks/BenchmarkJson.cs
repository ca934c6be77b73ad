using System.Text.Json.Serialization;

namespace CrossModal.Benchmarks;

/// <summary>One result: one line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StepBenchmark.Result), TypeInfoPropertyName = "StepBenchmarkResult")]
[JsonSerializable(typeof(GenerateBenchmark.Result), TypeInfoPropertyName = "GenerateBenchmarkResult")]
[JsonSerializable(typeof(StepProfile.Result), TypeInfoPropertyName = "StepProfileResult")]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
