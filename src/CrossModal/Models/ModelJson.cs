using System.Text.Json.Serialization;

namespace CrossModal.Models;

/// <summary>The sizes of the networks as a checkpoint carries them: properties by their own names.</summary>
[JsonSerializable(typeof(ModelSettings))]
internal sealed partial class ModelJson : JsonSerializerContext;
