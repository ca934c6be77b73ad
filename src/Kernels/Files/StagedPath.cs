using System.Security.Cryptography;

namespace CrossModal.Kernels;

/// <summary>
/// A file or folder in the making: written under a name of its own in the folder where it will be, and moved to its place when whole. A
/// lock beside it says that its maker lives; what a dead maker left behind is removed by the next one in the same folder.
/// </summary>
internal sealed class StagedPath : IDisposable
{
    /// <summary>
    /// The names do not hold that of the place, which may be as long as the disk allows, and nobody can guess them to plant a link there.
    /// </summary>
    private const string Prefix = ".crossmodal-", Extension = ".tmp", LockExtension = ".lock";

    private const int RandomBytes = 12;

    private readonly string _path;
    private readonly FileLock _alive;

    private StagedPath(string path, string aside, FileLock alive) => (_path, Aside, _alive) = (path, aside, alive);

    /// <summary>Told of a place just before something is moved there, and just after: where tests end the process.</summary>
    internal static Action<string>? Moving { get; set; }

    /// <summary>Where it is made; nothing exists there at first.</summary>
    public string Aside { get; }

    /// <summary>Begins.</summary>
    /// <param name="path">Where it will be, from the root; the folder exists.</param>
    public static StagedPath Begin(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        RemoveLeftovers(folder);
        while (true)
        {
            var random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));
            var aside = Path.Combine(folder, Prefix + random + Extension);
            if (FileLock.TryTake(aside + LockExtension) is { } alive)
                return new StagedPath(path, aside, alive);
        }
    }

    /// <summary>Moves a file to its place, over the one that is there.</summary>
    public void ReplaceFile()
    {
        Moving?.Invoke(_path);
        File.Move(Aside, _path, overwrite: true);
        SyncFolder();
        Moving?.Invoke(_path);
    }

    /// <summary>Moves a file or folder to its place, where nothing is.</summary>
    /// <exception cref="IOException">Something is there.</exception>
    public void Place()
    {
        Moving?.Invoke(_path);
        if (Directory.Exists(Aside))
            Directory.Move(Aside, _path);
        else
            File.Move(Aside, _path);
        SyncFolder();
        Moving?.Invoke(_path);
    }

    /// <summary>Ends; what was not moved to its place is removed.</summary>
    public void Dispose()
    {
        Remove(Aside);
        _alive.Dispose();
    }

    /// <summary>Removes what makers that no longer live have left in <paramref name="folder"/>.</summary>
    public static void RemoveLeftovers(string folder)
    {
        try
        {
            foreach (var name in Directory.GetFiles(folder, $"{Prefix}*{Extension}{LockExtension}"))
            {
                // Its maker is dead where nobody holds it.
                using var dead = FileLock.TryTake(name);
                if (dead is not null)
                    Remove(name[..^LockExtension.Length]);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What cannot be seen or removed now is a leftover for the next maker.
        }
    }

    /// <summary>A name is part of the folder: without this, a power cut may lose the move after the file was synced.</summary>
    private void SyncFolder()
    {
        if (OperatingSystem.IsWindows())
            return;
        var folder = UnixCalls.open(Path.GetDirectoryName(_path)!, 0);
        if (folder < 0)
            return;
        _ = UnixCalls.fsync(folder);
        _ = UnixCalls.close(folder);
    }

    private static void Remove(string path)
    {
        try
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What cannot be removed now is a leftover for the next maker.
        }
    }
}
