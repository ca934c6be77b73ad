using CrossModal.Kernels;

namespace CrossModal.Pipelines;

/// <summary>A folder that is made of a run: whole or not at all, and never over what is there.</summary>
internal static class NewFolder
{
    /// <summary>Makes it.</summary>
    /// <param name="path">Where nothing is.</param>
    /// <param name="run">The folder of the run, which it must not lie in.</param>
    /// <param name="fill">Writes the files; given a folder aside, which may not be there yet.</param>
    /// <returns>The files by their names within, and the bytes of each.</returns>
    /// <exception cref="BadInputException">Something is there, or a file cannot be read or written.</exception>
    public static IReadOnlyList<(string Name, long Bytes)> Make(string path, string run, Action<string> fill)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.Exists(target))
            throw new SettingException("out", $"{target}: is there already; choose the name of a new folder");
        if (target.StartsWith(run + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new SettingException("out", $"{target}: lies within the run itself; choose another folder");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var staged = StagedPath.Begin(target);
            fill(staged.Aside);
            (string, long)[] files =
            [
                .. new DirectoryInfo(staged.Aside).EnumerateFiles("*", SearchOption.AllDirectories)
                    .Select(file => (Path.GetRelativePath(staged.Aside, file.FullName), file.Length)),
            ];
            staged.Place();
            return files;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{target}: cannot be written: {error.Message.TrimEnd('.')}", error);
        }
    }
}
