namespace CrossModal.Data;

/// <summary>
/// A file or folder in the making: written under another name beside its place and moved there when whole. A lock file says that its maker
/// lives; what a dead maker left behind is removed by the next one in the same folder.
/// </summary>
internal sealed class StagedPath : IDisposable
{
    private const string Extension = ".tmp", LockExtension = ".lock";

    private readonly FileStream _alive;

    private bool _committed;

    private StagedPath(string path, string aside, FileStream alive) => (Path, Aside, _alive) = (path, aside, alive);

    /// <summary>Where it will be.</summary>
    public string Path { get; }

    /// <summary>Where it is made; nothing exists there at first.</summary>
    public string Aside { get; }

    /// <summary>Begins; the folder of <paramref name="path"/> exists.</summary>
    public static StagedPath Begin(string path)
    {
        RemoveLeftovers(System.IO.Path.GetDirectoryName(path)!);
        var aside = $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}{Extension}";
        return new StagedPath(path, aside, new FileStream(aside + LockExtension, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None));
    }

    /// <summary>Moves what was made to its place. Where another process was quicker, its result stays and this one is dropped.</summary>
    public void Commit()
    {
        if (Directory.Exists(Aside))
        {
            if (!Directory.Exists(Path))
                Directory.Move(Aside, Path);
        }
        else if (!File.Exists(Path))
            File.Move(Aside, Path);

        _committed = !Exists(Aside);
    }

    public void Dispose()
    {
        if (!_committed)
            Remove(Aside);
        _alive.Dispose();
        Remove(_alive.Name);
    }

    /// <summary>Removes what makers that no longer live have left in <paramref name="folder"/>.</summary>
    public static void RemoveLeftovers(string folder)
    {
        foreach (var lockFile in Directory.GetFiles(folder, "*" + Extension + LockExtension))
        {
            try
            {
                // Opens only where nobody holds it, that is, where its maker is dead.
                using (new FileStream(lockFile, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                {
                    Remove(lockFile[..^LockExtension.Length]);
                }

                Remove(lockFile);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Held by a living maker, or already removed by another.
            }
        }
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

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
