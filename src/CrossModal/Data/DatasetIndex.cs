using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>The files of a data set, told apart into classes and splits by names alone; no file is opened but a manifest.</summary>
internal sealed class DatasetIndex
{
    /// <summary>Files that may be missing or unreadable, as a share of all of their kind.</summary>
    internal const int TolerableOneIn = 100;

    internal DatasetIndex(DatasetLayout layout, string[] classes, IReadOnlyList<DataFile> sounds, IReadOnlyList<DataFile> images,
        DatasetFindings findings) =>
        (Layout, Classes, Sounds, Images, Findings) = (layout, classes, sounds, images, findings);

    /// <summary>The folder that the relative paths start from.</summary>
    public string Folder => Findings.Folder;

    public DatasetLayout Layout { get; }

    /// <summary>Names of the classes, in ordinal order.</summary>
    public string[] Classes { get; }

    /// <summary>
    /// Ordered by split, class, song, time and name. In a layout that <see cref="DatasetLayout.IsPaired"/>, entry i belongs to entry i
    /// of <see cref="Images"/>.
    /// </summary>
    public IReadOnlyList<DataFile> Sounds { get; }

    /// <summary>Ordered likewise.</summary>
    public IReadOnlyList<DataFile> Images { get; }

    /// <summary>Files left out, and why.</summary>
    public IReadOnlyList<SkippedFile> Skipped => Findings.Skipped;

    public IReadOnlyList<string> Warnings => Findings.Warnings;

    internal DatasetFindings Findings { get; }

    /// <summary>Looks at a folder in one of the layouts of <see cref="DatasetLayout.All"/>, told apart by looking.</summary>
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
            throw new UnusableDataException(index.Folder, errors);
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
            if (ExamineAlone(folder) is { } index)
                return index;
            DatasetIndex[] within = [.. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(ExamineAlone)
                .OfType<DatasetIndex>()];
            if (within.Length > 1)
                throw new BadInputException($"{folder}: holds {within.Length} data sets "
                    + $"({string.Join(", ", within.Take(3).Select(one => Path.GetFileName(one.Folder)))}); give one of them");
            if (within.Length == 1)
                return within[0];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                $"{folder}: cannot be read ({error.Message.TrimEnd('.')}); check the folder and its permissions", error);
        }

        throw new BadInputException(
            $"{folder}: is not a data set; understood are {string.Join(" and ", DatasetLayout.All.Select(layout => layout.Pattern))}, seen "
            + $"was {Seen(folder)}");
    }

    /// <summary>Looks at a folder itself; null where it is no data set.</summary>
    private static DatasetIndex? ExamineAlone(string folder)
    {
        DatasetIndex[] found = [.. DatasetLayout.All.Select(layout => layout.Examine(folder)).OfType<DatasetIndex>()];
        return found.Length < 2 ? found.FirstOrDefault() : throw new BadInputException(
            $"{folder}: is laid out in two ways ({string.Join(" and ", found.Select(one => one.Layout.Pattern))}); leave one of them "
            + "there");
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
