namespace CrossModal.Kernels;

/// <summary>
/// A folder that one process works in at a time, made where it is missing. It is held before anything in it is looked at: what is seen then
/// stays. A folder that was made for it and is still empty at the end goes again.
/// </summary>
internal sealed class FolderHold : IDisposable
{
    private readonly string _path;
    private readonly FileLock _lock;

    /// <summary>The topmost folder that had to be made; null where all were there.</summary>
    private readonly string? _made;

    private FolderHold(string path, FileLock only, string? made) => (_path, _lock, _made) = (path, only, made);

    /// <summary>Holds a folder; null where another holds it.</summary>
    /// <param name="path">From the root.</param>
    /// <param name="lockName">The file in it that says so.</param>
    /// <exception cref="BadInputException">It cannot be made or written.</exception>
    public static FolderHold? TryTake(string path, string lockName) => TryTake(path, lockName, wasMissing: false);

    /// <param name="wasMissing">Whether it was not there a moment ago: another may have made it since, for the same purpose.</param>
    private static FolderHold? TryTake(string path, string lockName, bool wasMissing)
    {
        try
        {
            while (true)
            {
                var made = wasMissing ? path : null;
                for (var folder = path; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
                    made = folder;
                Directory.CreateDirectory(path);
                try
                {
                    return FileLock.TryTake(Path.Combine(path, lockName)) is { } only ? new FolderHold(path, only, made) : null;
                }
                catch (DirectoryNotFoundException)
                {
                    // Another that held it for a moment has removed it again.
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be written ({error.Message.TrimEnd('.')}); choose another folder", error);
        }
    }

    /// <summary>Holds a folder that is new: the one of this name, or with a number behind it where that is taken.</summary>
    /// <exception cref="BadInputException">None can be made or written.</exception>
    public static (string Path, FolderHold Hold) TakeNew(string name, string lockName)
    {
        for (var number = 1; ; number++)
        {
            // Of two that start in the same second each holds a folder of its own.
            var path = Path.GetFullPath(number == 1 ? name : $"{name}-{number}");
            if (Path.Exists(path) || TryTake(path, lockName, wasMissing: true) is not { } held)
                continue;
            if (held.IsEmpty)
                return (path, held);
            held.Dispose();
        }
    }

    /// <summary>Whether there is nothing in it but the lock.</summary>
    public bool IsEmpty => Directory.EnumerateFileSystemEntries(_path).All(entry => entry == _lock.Path);

    public void Dispose()
    {
        _lock.Dispose();
        if (_made is null)
            return;
        try
        {
            for (var folder = _path; ; folder = Path.GetDirectoryName(folder)!)
            {
                Directory.Delete(folder);
                if (folder == _made)
                    return;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // There is something in it.
        }
    }
}
