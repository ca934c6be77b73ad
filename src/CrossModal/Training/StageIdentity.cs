using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Runs;

namespace CrossModal.Training;

/// <summary>
/// What a network that is trained before a GAN is of: the text beside its tensors says by which stage, from which seed, with which settings
/// and on which data it was trained, so that it is taken for no other.
/// </summary>
internal sealed record StageIdentity(string Stage, ulong Seed, ClassifierSettings Settings, string Data)
{
    private const string StageKey = "stage", SeedKey = "seed", SettingsKey = "settings", DataKey = "data_fingerprint";

    /// <summary>Whether a checkpoint says what it is of; those of version 0.1.0 do not.</summary>
    public static bool IsIn(string path) => Checkpoint.ReadMetadata(path).ContainsKey(StageKey);

    /// <summary>Adds it to the text beside the tensors.</summary>
    public void AddTo(Dictionary<string, string> text)
    {
        text[StageKey] = Stage;
        text[SeedKey] = Seed.ToString(CultureInfo.InvariantCulture);
        text[SettingsKey] = ToJson();
        text[DataKey] = Data;
    }

    /// <summary>Refuses a checkpoint that is of something else.</summary>
    /// <param name="text">Beside its tensors.</param>
    /// <param name="isNew">Whether no description stands beside it that tells of it too, and of the data.</param>
    /// <exception cref="BadInputException">It differs, or does not say what nothing else tells.</exception>
    public void Require(string path, IReadOnlyDictionary<string, string> text, bool isNew)
    {
        const string remedy = "remove it, or choose another folder";
        if (!text.TryGetValue(StageKey, out var stage))
        {
            if (isNew)
                throw new BadInputException($"{path}: does not say what it was trained on, and there was no run.json beside it; {remedy}");
            return;
        }

        var difference = stage != Stage ? $"it is of the stage '{stage}'"
            : text.GetValueOrDefault(SeedKey) is var seed && seed != Seed.ToString(CultureInfo.InvariantCulture) ? $"its seed is {seed}"
            : !HasSettings(text.GetValueOrDefault(SettingsKey)) ? "it was trained with other settings"
            : isNew && text.GetValueOrDefault(DataKey) != Data ? "it was trained on other data" : null;
        if (difference is not null)
            throw new BadInputException($"{path}: is not of this run ({difference}); {remedy}");
    }

    private string ToJson() => JsonSerializer.Serialize(Settings, RunJson.Default.ClassifierSettings);

    /// <summary>What one of both does not know, as versions differ, is no difference.</summary>
    private bool HasSettings(string? json)
    {
        try
        {
            var (theirs, ours) = (JsonNode.Parse(json ?? "")!.AsObject(), JsonNode.Parse(ToJson())!.AsObject());
            return theirs.All(setting => !ours.TryGetPropertyValue(setting.Key, out var own) || JsonNode.DeepEquals(own, setting.Value));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }
}
