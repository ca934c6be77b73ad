using System.Runtime.Versioning;

namespace CrossModal.Kernels;

/// <summary>
/// Where things are kept that can be computed again: <c>CROSSMODAL_CACHE</c>, else <c>crossmodal</c> in the platform's folder for caches. A
/// user without a home has a private folder of temporary files.
/// </summary>
internal static class CacheRoot
{
    private const UnixFileMode UserAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public static string Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("CROSSMODAL_CACHE") is { Length: > 0 } chosen)
                return Path.GetFullPath(chosen);
            return Platform is { } platform ? Path.Combine(platform, "crossmodal") : WithoutHome;
        }
    }

    /// <summary>The platform's folder for caches; null where the home is missing or no path from the root.</summary>
    private static string? Platform
    {
        get
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var platform = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
                : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathFullyQualified(xdg) ? xdg
                : Path.Combine(home, ".cache");
            return Path.IsPathFullyQualified(platform) ? platform : null;
        }
    }

    /// <summary>Where everyone may write: the name is the user's own, and what stands there is looked at before it is used.</summary>
    private static string WithoutHome => Path.Combine(Path.GetTempPath(),
        OperatingSystem.IsWindows() ? "crossmodal" : $"crossmodal-{FileStatus.User}");

    /// <summary>Makes the folder <paramref name="name"/> under <see cref="Folder"/>.</summary>
    /// <exception cref="BadInputException">It cannot be made, or would lie where others may write.</exception>
    public static string Ensure(string name) => Make(Path.Combine(Folder, name), () =>
    {
        if (!OperatingSystem.IsWindows() && Folder == WithoutHome)
            RequireOwn(WithoutHome);
        return Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;
    });

    /// <summary>The same of a folder that only this user may write to, for what is run.</summary>
    /// <exception cref="BadInputException">It cannot be made, or belongs to another user.</exception>
    public static string EnsurePrivate(string name) => MakePrivate(Ensure(name));

    /// <summary>Makes a folder that only this user may write to.</summary>
    /// <exception cref="BadInputException">It cannot be made, or belongs to another user.</exception>
    public static string MakePrivate(string folder) => Make(folder, () =>
    {
        if (OperatingSystem.IsWindows())
            return Directory.CreateDirectory(folder).FullName;
        Directory.CreateDirectory(folder, UserAlone);
        if (FileStatus.Of(folder) is { } status && !status.IsPrivate)
        {
            if (status.Owner != FileStatus.User)
                throw new BadInputException(
                    $"the cache folder {folder} belongs to another user; set CROSSMODAL_CACHE to a folder of your own");
            File.SetUnixFileMode(folder, status.Mode & ~OthersWrite);
        }

        return folder;
    });

    [UnsupportedOSPlatform("windows")]
    private static void RequireOwn(string folder)
    {
        Directory.CreateDirectory(folder, UserAlone);
        if (FileStatus.Of(folder, follow: false) is { } status
            && !(status is { Kind: FileKind.Folder, IsPrivate: true } && (status.Mode & ~UserAlone) == 0))
            throw new BadInputException($"there is no home to keep the cache in, and {folder} is not this user's alone; set HOME, or "
                + "CROSSMODAL_CACHE to a folder of your own");
    }

    private static string Make(string folder, Func<string> make)
    {
        try
        {
            return make();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                $"the cache folder {folder} cannot be made ({error.Message.TrimEnd('.')}); set CROSSMODAL_CACHE to a folder that can be "
                    + $"written", error);
        }
    }
}
