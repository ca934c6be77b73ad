namespace CrossModal.Data;

/// <summary>
/// Folders that name a split: <c>train</c>; <c>validation</c>, <c>valid</c> or <c>val</c>; <c>test</c>, which is taken for validation where
/// there is no other, and else left aside.
/// </summary>
internal static class SplitFolders
{
    private static readonly string[] Training = ["train", "training"], Validation = ["validation", "valid", "val", "test"];

    /// <summary>The folder of the training split in a folder of splits; null where there is none.</summary>
    public static string? TrainIn(string parent, DatasetFindings findings) => First(parent, Training, findings);

    /// <summary>The folder of the validation split, likewise.</summary>
    public static string? ValidationIn(string parent, DatasetFindings findings) => First(parent, Validation, findings);

    /// <summary>Whether a folder's children are splits and not classes.</summary>
    /// <remarks>Where there are both, that is noted as an error: each could be meant.</remarks>
    public static bool AreIn(string parent, DatasetFindings findings)
    {
        var children = DatasetFolder.Children(parent);
        string[] splits = [.. children.Where(IsSplit)], others = [.. children.Where(child => !IsSplit(child))];
        if (splits.Length > 0 && others.Length > 0)
            findings.Errors.Add($"{parent}: has the split '{splits[0]}' beside '{others[0]}', which is none; put classes into the folders "
                + "of the splits, or do without splits");
        return splits.Length > 0;
    }

    /// <summary>The children of a folder that are splits and hold two folders of given names.</summary>
    public static IReadOnlyList<string> Around(string folder, string images, string sounds) =>
        [.. DatasetFolder.Children(folder).Where(IsSplit).Select(name => Path.Combine(folder, name))
            .Where(split => DatasetFolder.Child(split, images) is not null && DatasetFolder.Child(split, sounds) is not null)];

    private static bool IsSplit(string name) => Training.Concat(Validation).Contains(name, StringComparer.OrdinalIgnoreCase);

    private static string? First(string parent, string[] names, DatasetFindings findings)
    {
        string[] found = [.. names.Select(name => DatasetFolder.Child(parent, name)).OfType<string>()];
        if (found.Length > 1)
            findings.Warnings.Add($"{parent}: has {string.Join(" and ", found.Select(Path.GetFileName))}; the first is used for "
                + $"{(names == Training ? "training" : "validation")}, what follows is left aside");
        return found.FirstOrDefault();
    }
}
