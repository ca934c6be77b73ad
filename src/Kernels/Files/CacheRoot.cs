namespace CrossModal.Kernels;

/// <summary>
/// Where things are kept that can be computed again: <c>CROSSMODAL_CACHE</c>, else <c>crossmodal</c> in the platform's folder for caches.
/// </summary>
internal static class CacheRoot
{
    public static string Folder
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

    /// <summary>Makes the folder <paramref name="name"/> under <see cref="Folder"/>.</summary>
    /// <exception cref="BadInputException">It cannot be made.</exception>
    public static string Ensure(string name)
    {
        var folder = Path.Combine(Folder, name);
        try
        {
            return Directory.CreateDirectory(folder).FullName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                $"the cache folder {folder} cannot be made ({error.Message.TrimEnd('.')}); set CROSSMODAL_CACHE to a folder that can be "
                    + $"written", error);
        }
    }
}
