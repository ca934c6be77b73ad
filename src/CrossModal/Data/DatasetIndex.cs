using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>The files of a data set, told apart into classes and splits by names alone; no file is opened but a manifest.</summary>
public sealed class DatasetIndex
{
    /// <summary>Files that may be missing or unreadable, as a share of all of their kind.</summary>
    internal const int TolerableOneIn = 100;

    internal DatasetIndex(
        string folder, DatasetLayout layout, string[] classes, IReadOnlyList<DataFile> sounds, IReadOnlyList<DataFile> images,
            DatasetFindings findings)
    {
        (Folder, Layout, Classes, Sounds, Images, Findings) = (folder, layout, classes, sounds, images, findings);
    }

    /// <summary>The folder that the relative paths start from.</summary>
    public string Folder { get; }

    public DatasetLayout Layout { get; }

    /// <summary>Names of the classes, in ordinal order.</summary>
    public string[] Classes { get; }

    /// <summary>
    /// Ordered by split, class, song, time and name. With <see cref="DatasetLayout.StemPairs"/> entry i belongs to entry i of
    /// <see cref="Images"/>.
    /// </summary>
    public IReadOnlyList<DataFile> Sounds { get; }

    /// <summary>Ordered likewise.</summary>
    public IReadOnlyList<DataFile> Images { get; }

    /// <summary>Files left out, and why.</summary>
    public IReadOnlyList<SkippedFile> Skipped => Findings.Skipped;

    public IReadOnlyList<string> Warnings => Findings.Warnings;

    internal DatasetFindings Findings { get; }

    /// <summary>Looks at a folder in the Sub-URMP layout or with one folder a class, told apart by looking.</summary>
    /// <param name="folder">The data set's folder, or one that holds it as a child.</param>
    /// <exception cref="BadInputException">
    /// It is no data set; a class is empty, or in one modality only; a split is missing; a file stem is there twice; more
    /// than 1 % of the files miss their partner.
    /// </exception>
    public static DatasetIndex Open(string folder)
    {
        var index = Examine(folder);
        var errors = index.Findings.Errors;
        if (errors.Count > 0)
            throw new BadInputException(errors.Count == 1 ? errors[0]
                : $"{errors[0]} ({errors.Count - 1} more problems: crossmodal data inspect {folder})");
        return index;
    }

    public string FullPath(DataFile file) => Path.Combine(Folder, file.RelativePath);

    /// <summary>As <see cref="Open"/>, but what forbids the use of a data set is only noted, unless nothing like one is there.</summary>
    internal static DatasetIndex Examine(string folder)
    {
        if (File.Exists(folder))
            throw new BadInputException($"{folder}: is a file; give the folder of a data set");
        if (!Directory.Exists(folder))
            throw new BadInputException($"{folder}: no such folder; give the folder of a data set, or 'synthetic'");
        try
        {
            foreach (var root in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Prepend(folder))
            {
                if (DatasetFolder.Child(root, "img") is { } img && DatasetFolder.Child(root, "chunk") is { } chunk)
                    return StemPairLayout.Examine(root, img, chunk);
                if (DatasetFolder.Child(root, "images") is { } images && DatasetFolder.Child(root, "audio") is { } audio)
                    return ClassFolderLayout.Examine(root, images, audio);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                $"{folder}: cannot be read ({error.Message.TrimEnd('.')}); check the folder and its permissions", error);
        }

        throw new BadInputException(
            $"{folder}: is not a data set; understood are img|chunk/train|validation/CLASS/* (Sub-URMP) and images|audio/CLASS/*, "
            + $"seen was {Seen(folder)}");
    }

    /// <summary>Notes classes that cannot be learned: in one modality only, or without files.</summary>
    internal static void CheckClasses(string folder, string[] classes, List<DataFile> sounds, List<DataFile> images,
        DatasetFindings findings)
    {
        if (classes.Length < 2)
        {
            var found = classes.Length == 0 ? "no classes" : $"the one class '{classes[0]}'";
            findings.Errors.Add($"{folder}: has {found}; put sounds and images of at least two instruments there");
        }

        foreach (var split in new[] { Split.Train, Split.Validation })
        {
            var name = split.ToString().ToLowerInvariant();
            if (!sounds.Any(file => file.Split == split) && !images.Any(file => file.Split == split))
            {
                if (classes.Length > 0)
                    findings.Errors.Add($"{folder}: has no {name} split; provide one with songs that are in no other split");
                continue;
            }

            for (var i = 0; i < classes.Length; i++)
            {
                var heard = sounds.Any(file => file.Split == split && file.Class == i);
                var seen = images.Any(file => file.Split == split && file.Class == i);
                if (heard != seen)
                {
                    var found = heard ? "sounds but no images" : "images but no sounds";
                    findings.Errors.Add($"{folder}: class '{classes[i]}' has {found} in {name}; add them or remove the class");
                }
                else if (!heard && split == Split.Train)
                    findings.Errors.Add($"{folder}: class '{classes[i]}' is empty in {name}; add files or remove its folder");
                else if (!heard)
                    findings.Warnings.Add($"{folder}: class '{classes[i]}' is empty in {name}, so nothing is measured on it");
            }
        }
    }

    internal static void Sort(List<DataFile> files) => files.Sort((a, b) =>
        (a.Split, a.Class, a.Song, a.Milliseconds).CompareTo((b.Split, b.Class, b.Song, b.Milliseconds)) is not 0 and var order
            ? order
            : string.CompareOrdinal(a.RelativePath, b.RelativePath));

    private static string Seen(string folder)
    {
        string[] names = [.. Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry))
            .Order(StringComparer.Ordinal)];
        return names.Length == 0
            ? "an empty folder" : string.Join(", ", names.Take(6)) + (names.Length > 6 ? $" and {names.Length - 6} more" : "");
    }
}
