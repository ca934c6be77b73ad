using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>The cache of data sets and judges, under <see cref="CacheRoot"/>.</summary>
internal static class CacheFolder
{
    public static string Root => CacheRoot.Folder;

    /// <summary>Makes the folder <paramref name="name"/> under <see cref="Root"/>.</summary>
    /// <exception cref="BadInputException">It cannot be made.</exception>
    public static string Ensure(string name) => CacheRoot.Ensure(name);

    /// <summary>
    /// Opens what the cache has at <paramref name="path"/>, or makes it. One process makes it; others that want the same wait, and open
    /// what it made.
    /// </summary>
    /// <param name="path">A file or folder right below a folder of the cache.</param>
    /// <param name="bytes">What it will take.</param>
    /// <param name="open">Gives null where nothing is there, or nothing of use.</param>
    /// <param name="make">Makes it at the path that it is given.</param>
    /// <param name="waits">Called once where another makes it.</param>
    /// <exception cref="BadInputException">The disk is full or cannot be written or read.</exception>
    /// <exception cref="OperationCanceledException">Stopped while it waited.</exception>
    public static T OpenOrMake<T>(string path, long bytes, Func<T?> open, Action<string> make, Action? waits, CancellationToken cancel)
        where T : class
    {
        if (open() is { } found)
            return found;
        try
        {
            using var only = FileLock.Take(path + ".lock", waits, cancel);
            if (open() is { } made)
                return made;
            RequireSpace(Path.GetDirectoryName(path)!, bytes);

            // Whatever stands there did not open as what it should be.
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
            using (var staged = StagedPath.Begin(path))
            {
                make(staged.Aside);
                staged.Place();
            }

            return open() ?? throw CannotReadBack(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, error);
        }
    }

    /// <summary>Refuses work whose result cannot fit, before it begins.</summary>
    /// <exception cref="BadInputException">Less than <paramref name="bytes"/> are free.</exception>
    public static void RequireSpace(string folder, long bytes)
    {
        long free;
        try
        {
            free = new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Some network and container file systems do not tell; a full disk is then found while writing.
            return;
        }

        if (free < bytes)
        {
            throw new BadInputException($"the cache folder {folder} has {free >> 20} MiB free and {(bytes >> 20) + 1} are needed; "
                + "free some space, use fewer pairs, or set CROSSMODAL_CACHE to another disk");
        }
    }

    private static BadInputException CannotReadBack(string path) =>
        new($"the cache {path} cannot be read back; check the disk, or set CROSSMODAL_CACHE to another one");

    private static BadInputException CannotWrite(string path, Exception error) =>
        new($"cannot write the cache {path} ({error.Message.TrimEnd('.')}); free some space or set CROSSMODAL_CACHE to another "
            + $"disk", error);
}
