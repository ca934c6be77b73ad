using CrossModal.Audio;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>What both layouts need of the file system: child folders by name whatever its case, and the media files of a folder.</summary>
internal static class DatasetFolder
{
    public static readonly string[] ImageExtensions = [".jpg", ".jpeg", ".png", ".webp", ".bmp"],
        SoundExtensions = SoundFormat.Extensions;

    /// <summary>The child folder called <paramref name="name"/>, its case aside; null where there is none.</summary>
    /// <exception cref="BadInputException">There are two, which differ in case alone.</exception>
    public static string? Child(string folder, string name)
    {
        string[] found = [.. Directory.EnumerateDirectories(folder)
            .Where(child => string.Equals(Path.GetFileName(child), name, StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)];
        return found.Length < 2 ? found.FirstOrDefault() : throw new BadInputException(
            $"{folder}: has {string.Join(" and ", found.Select(Path.GetFileName))}, which differ in case alone; put their files together");
    }

    /// <summary>Names of the child folders, hidden ones left out, in ordinal order.</summary>
    public static string[] Children(string? folder) => folder is null ? [] :
        [.. Directory.EnumerateDirectories(folder).Select(child => Path.GetFileName(child)!).Where(name => !IsHidden(name))
            .Order(StringComparer.Ordinal)];

    /// <summary>
    /// The files with one of the extensions, in ordinal order. Files of other kinds are counted in <paramref name="findings"/>.
    /// </summary>
    public static List<FileInfo> Files(string folder, string[] extensions, DatasetFindings findings)
    {
        var files = new List<FileInfo>();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (IsHidden(file.Name))
                continue;
            if (extensions.Contains(file.Extension, StringComparer.OrdinalIgnoreCase))
                files.Add(file);
            else
                findings.CountForeign(file);
            if (file.LinkTarget is not null)
                findings.CountLink(file);
        }

        foreach (var nested in new DirectoryInfo(folder).EnumerateDirectories())
        {
            if (!IsHidden(nested.Name))
                findings.CountNested(nested);
        }

        files.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return files;
    }

    public static string Relative(string folder, string path) => Path.GetRelativePath(folder, path).Replace('\\', '/');

    /// <summary>What systems and editors leave behind: .DS_Store, ._copy.jpg, Thumbs.db, desktop.ini.</summary>
    private static bool IsHidden(string name) =>
        name.StartsWith('.') || name.Equals("Thumbs.db", StringComparison.OrdinalIgnoreCase)
            || name.Equals("desktop.ini", StringComparison.OrdinalIgnoreCase);
}
