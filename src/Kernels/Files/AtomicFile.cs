using System.Text;

namespace CrossModal.Kernels;

/// <summary>
/// Files that are either whole or absent: written aside in the same folder, synced to the disk, then renamed over the old one, whose mode
/// they keep. A symbolic link stays, and the file that it points to is written. A device or a pipe, such as <c>/dev/stdout</c>, is written
/// to and never replaced.
/// </summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes <paramref name="path"/> through <paramref name="write"/>. On any error the old file stays and nothing half-written is left.
    /// </summary>
    /// <param name="privately">Whether a file that was not there before can be read by this user alone.</param>
    /// <exception cref="BadInputException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, Action<Stream> write, bool privately = false)
    {
        try
        {
            var full = Path.GetFullPath(path);
            if (IsStream(full))
                WriteThrough(full, write);
            else
                Replace(Follow(full), write, privately);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot write {path}: {Reason(error)}; free some space or choose another folder", error);
        }
    }

    /// <summary>Writes text as UTF-8.</summary>
    /// <param name="privately">Whether a file that was not there before can be read by this user alone.</param>
    public static void WriteText(string path, string text, bool privately = false) =>
        Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)), privately);

    private static void Replace(string path, Action<Stream> write, bool privately)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var staged = StagedPath.Begin(path);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 1 << 16,
        };
        UnixFileMode? mode = null;
        if (!OperatingSystem.IsWindows())
        {
            mode = File.Exists(path) ? File.GetUnixFileMode(path)
                : privately ? UnixFileMode.UserRead | UnixFileMode.UserWrite : null;
            options.UnixCreateMode = mode ?? options.UnixCreateMode;
        }

        using (var stream = new FileStream(staged.Aside, options))
        {
            // A new file has only what the user's mask allows of it.
            if (!OperatingSystem.IsWindows() && mode is { } kept)
                File.SetUnixFileMode(stream.SafeFileHandle, kept);
            write(stream);
            stream.Flush(flushToDisk: true);
        }

        staged.ReplaceFile();
    }

    /// <summary>
    /// Whether a path is a device, a pipe, or a stream that the program was started with, which may be a file that others write to as well.
    /// </summary>
    internal static bool IsStream(string path) => FileStatus.Of(path) is { Kind: FileKind.Special }
        || path is "/dev/stdout" or "/dev/stderr" || path.StartsWith("/dev/fd/", StringComparison.Ordinal)
        || path.StartsWith("/proc/self/fd/", StringComparison.Ordinal);

    /// <summary>What cannot be renamed over gets the whole in one go, so that a failure in the making sends nothing.</summary>
    private static void WriteThrough(string path, Action<Stream> write)
    {
        using var whole = new MemoryStream();
        write(whole);
        using var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 0);
        whole.WriteTo(stream);
    }

    /// <exception cref="IOException">Links lead in a circle, or a link lies where everyone may plant one.</exception>
    private static string Follow(string path)
    {
        if (new FileInfo(path).LinkTarget is null)
            return path;
        if (!OperatingSystem.IsWindows()
            && FileStatus.Of(Path.GetDirectoryName(path)!) is { } folder && folder.Mode.HasFlag(UnixFileMode.OtherWrite))
            throw new IOException("it is a link in a folder that everyone may write to");
        return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
    }

    /// <summary>The system's words without the name of the file aside, which tells a user nothing.</summary>
    private static string Reason(Exception error)
    {
        var text = error.Message.TrimEnd('.');
        var aside = text.IndexOf(" : '", StringComparison.Ordinal);
        return aside > 0 ? text[..aside] : text;
    }
}
