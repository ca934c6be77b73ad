using System.Text.Json;

namespace CrossModal.Evaluation.Human;

/// <summary>What a file of an evaluation by people says that it is, before anything else of it is looked at.</summary>
internal readonly record struct RatingFormat(string? Name, int Version)
{
    /// <summary>The format that JSON names; no name and version 0 where it names none.</summary>
    public static RatingFormat Of(JsonElement written) => new(
        written.TryGetProperty("format", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null,
        written.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.Number
            && version.TryGetInt32(out var number) ? number : 0);
}
