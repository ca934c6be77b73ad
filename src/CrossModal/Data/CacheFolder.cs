using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>Where things are kept that can be computed again: <c>CROSSMODAL_CACHE</c>, else <c>crossmodal</c> in the platform's folder for caches.</summary>
public static class CacheFolder
{
    public static string Root
    {
        get
        {
            if (Environment.GetEnvironmentVariable("CROSSMODAL_CACHE") is { Length: > 0 } chosen)
                return Path.GetFullPath(chosen);
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var platform = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
                : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathFullyQualified(xdg) ? xdg
                : Path.Combine(home, ".cache");

            // A service account may have no home; its caches then live where temporary files do.
            return Path.Combine(Path.IsPathFullyQualified(platform) ? platform : Path.GetTempPath(), "crossmodal");
        }
    }

    /// <summary>Makes the folder <paramref name="name"/> under <see cref="Root"/>.</summary>
    /// <exception cref="BadInputException">It cannot be made.</exception>
    public static string Ensure(string name)
    {
        var folder = Path.Combine(Root, name);
        try
        {
            return Directory.CreateDirectory(folder).FullName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                $"the cache folder {folder} cannot be made ({error.Message.TrimEnd('.')}); set CROSSMODAL_CACHE to a folder that can be written", error);
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

    internal static BadInputException CannotReadBack(string path) =>
        new($"the cache {path} cannot be read back; check the disk, or set CROSSMODAL_CACHE to another one");

    internal static BadInputException CannotWrite(string path, Exception error) =>
        new($"cannot write the cache {path} ({error.Message.TrimEnd('.')}); free some space or set CROSSMODAL_CACHE to another disk", error);
}
