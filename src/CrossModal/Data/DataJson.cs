using System.Text.Json.Serialization;
using CrossModal.Data.Synthetic;

namespace CrossModal.Data;

/// <summary>What a generated data set says of itself.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SyntheticDescription))]
internal sealed partial class DataJson : JsonSerializerContext;

/// <summary>What only this program reads again: properties by their own names.</summary>
[JsonSerializable(typeof(SampleCache.Contents))]
internal sealed partial class CacheJson : JsonSerializerContext;
