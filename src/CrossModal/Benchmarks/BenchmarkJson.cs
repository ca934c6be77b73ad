using System.Text.Json.Serialization;

namespace CrossModal.Benchmarks;

/// <summary>A table of many rows: one property a line.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KernelBenchmark.Result), TypeInfoPropertyName = "KernelBenchmarkResult")]
internal sealed partial class BenchmarkTableJson : JsonSerializerContext;

/// <summary>One result: one line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StepBenchmark.Result), TypeInfoPropertyName = "StepBenchmarkResult")]
[JsonSerializable(typeof(GenerateBenchmark.Result), TypeInfoPropertyName = "GenerateBenchmarkResult")]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
