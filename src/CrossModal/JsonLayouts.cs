using System.Text.Json.Serialization;
using CrossModal.Benchmarks;
using CrossModal.Data;
using CrossModal.Data.Synthetic;
using CrossModal.Evaluation;
using CrossModal.Evaluation.Human;
using CrossModal.Evaluation.Metrics;
using CrossModal.Experiments;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Training;

namespace CrossModal;

// What is written as JSON is listed here, so that its readers and writers are made at build time: a trimmed program has no reflection to
// make them with.

/// <summary>Files for people and programs: snake_case, one property a line.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RunConfiguration))]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(ExperimentState))]
[JsonSerializable(typeof(VariantsReport))]
[JsonSerializable(typeof(OptionsReport))]
[JsonSerializable(typeof(ScenariosReport))]
[JsonSerializable(typeof(RepresentationCell))]
[JsonSerializable(typeof(RepresentationsReport))]
[JsonSerializable(typeof(ClassifierReport))]
[JsonSerializable(typeof(ReconstructionReport))]
[JsonSerializable(typeof(MetricsReport))]
[JsonSerializable(typeof(SyntheticDescription))]
[JsonSerializable(typeof(RatingKey))]
[JsonSerializable(typeof(RatingAnswers))]
[JsonSerializable(typeof(HumanEvaluationReport))]
internal sealed partial class ReportJson : JsonSerializerContext;

/// <summary>One line: snake_case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StepBenchmark.Result), TypeInfoPropertyName = "StepBenchmarkResult")]
[JsonSerializable(typeof(GenerateBenchmark.Result), TypeInfoPropertyName = "GenerateBenchmarkResult")]
[JsonSerializable(typeof(RatingPage.PageData))]
internal sealed partial class LineJson : JsonSerializerContext;

/// <summary>What only this program reads again: properties by their own names.</summary>
[JsonSerializable(typeof(SampleCache.Contents))]
[JsonSerializable(typeof(ModelConfiguration))]
internal sealed partial class PlainJson : JsonSerializerContext;
