using CrossModal.Layers;

namespace CrossModal.Runs;

/// <summary>What tells the checkpoints of a run that was exported from those that training wrote: text beside the tensors.</summary>
internal static class ExportMark
{
    private const string Key = "exported";

    /// <summary>Marks the text of a checkpoint.</summary>
    public static IReadOnlyDictionary<string, string> Of(IReadOnlyDictionary<string, string> text) =>
        new Dictionary<string, string>(text) { [Key] = "without what training needs; weights in float16" };

    /// <summary>Whether a checkpoint is one that was exported; not where there is none.</summary>
    /// <exception cref="CheckpointException">It is damaged.</exception>
    public static bool IsIn(string path) => File.Exists(path) && Checkpoint.ReadMetadata(path).ContainsKey(Key);
}
