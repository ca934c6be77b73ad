using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>The cache of data sets and judges, under <see cref="CacheRoot"/>.</summary>
internal static class CacheFolder
{
    public static string Root => CacheRoot.Folder;

    /// <summary>Makes the folder <paramref name="name"/> under <see cref="Root"/>.</summary>
    /// <exception cref="BadInputException">It cannot be made.</exception>
    public static string Ensure(string name) => CacheRoot.Ensure(name);

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

    internal static BadInputException CannotReadBack(string path) =>
        new($"the cache {path} cannot be read back; check the disk, or set CROSSMODAL_CACHE to another one");

    internal static BadInputException CannotWrite(string path, Exception error) =>
        new($"cannot write the cache {path} ({error.Message.TrimEnd('.')}); free some space or set CROSSMODAL_CACHE to another "
            + $"disk", error);
}
