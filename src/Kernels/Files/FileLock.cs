namespace CrossModal.Kernels;

/// <summary>
/// A file that one process, and in it one holder, has at a time. The system lets go of it when the holder is killed; the file that is left
/// then says nothing, and the next holder takes it over.
/// </summary>
internal sealed class FileLock : IDisposable
{
    /// <summary>EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.</summary>
    private const int LinuxHeld = 11, MacHeld = 35, WindowsHeld = unchecked((int)0x80070020);

    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>The file.</summary>
    public string Path => _file.Name;

    /// <summary>Takes the lock; null where another holds it.</summary>
    /// <exception cref="IOException">The file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static FileLock? TryTake(string path)
    {
        while (true)
        {
            FileStream file;
            try
            {
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1,
                    OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None);
            }
            catch (IOException error) when (error.HResult == (OperatingSystem.IsWindows() ? WindowsHeld
                : OperatingSystem.IsMacOS() ? MacHeld : LinuxHeld))
            {
                return null;
            }

            // Between opening and locking the holder of before may have removed the file: then the lock is on a file without a name, and
            // another may have made a new one.
            if (FileStatus.Of(file.SafeFileHandle) is not { } locked || FileStatus.Of(path) is { } named && named.IsSameFile(locked))
                return new FileLock(file);
            file.Dispose();
        }
    }

    /// <summary>Takes the lock, and waits where another holds it.</summary>
    /// <param name="waits">Called once where it has to wait.</param>
    /// <exception cref="OperationCanceledException">Stopped while it waited.</exception>
    public static FileLock Take(string path, Action? waits, CancellationToken cancel)
    {
        if (TryTake(path) is { } free)
            return free;
        waits?.Invoke();
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            if (TryTake(path) is { } taken)
                return taken;
            cancel.WaitHandle.WaitOne(AskEvery);
        }
    }

    /// <summary>Lets go of it and removes the file.</summary>
    public void Dispose()
    {
        try
        {
            // While it is still held, so that no other's file is removed.
            if (!OperatingSystem.IsWindows())
                File.Delete(_file.Name);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // An empty file stays, which the next holder takes over.
        }

        _file.Dispose();
    }
}
