using System.Text.Json.Serialization;
using CrossModal.Pipelines;

namespace CrossModal.Studio;

/// <summary>A network and its layers.</summary>
internal sealed record NetworkAnswer(string Name, IReadOnlyList<LayerPlan> Layers);

/// <summary>What a layer made of one example.</summary>
internal sealed record LayerAnswer(string Network, string Name, double Milliseconds, PictureOfNumbers Output);

/// <summary>A sound drawn, with all layers' outputs on the way.</summary>
/// <param name="Look">By which the arithmetic of their numbers can be asked for.</param>
internal sealed record LookedAnswer(int Look, DrawnAnswer Drawn, IReadOnlyList<LayerAnswer> Layers);

/// <summary>A map of what moves what.</summary>
/// <param name="Milliseconds">How long the networks took for it.</param>
internal sealed record MapAnswer(PictureOfNumbers Map, double Milliseconds);

/// <summary>A picture before the discriminator.</summary>
internal sealed record ScoredAnswer(string What, float Score, PictureOfNumbers Picture, PictureOfNumbers Map);

/// <summary>How the page Inside is answered.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<NetworkAnswer>), TypeInfoPropertyName = "Networks")]
[JsonSerializable(typeof(LookedAnswer))]
[JsonSerializable(typeof(LayerArithmetic))]
[JsonSerializable(typeof(NormalizationNumbers))]
[JsonSerializable(typeof(PictureOfNumbers))]
[JsonSerializable(typeof(MapAnswer))]
[JsonSerializable(typeof(IReadOnlyList<ScoredAnswer>), TypeInfoPropertyName = "Scored")]
internal sealed partial class InsideJson : JsonSerializerContext;
