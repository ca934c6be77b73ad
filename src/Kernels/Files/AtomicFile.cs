namespace CrossModal.Kernels;

/// <summary>
/// Files that are either whole or absent: written aside in the same folder, synced to the disk, then renamed over the old one.
/// </summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes <paramref name="path"/> through <paramref name="write"/>. On any error the old file stays and nothing half-written is left.
    /// </summary>
    /// <exception cref="BadInputException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var aside = $"{path}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var stream = new FileStream(aside, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(aside, path, overwrite: true);
        }
        catch (Exception error)
        {
            try
            {
                File.Delete(aside);
            }
            catch (IOException)
            {
                // The first error is the one to report.
            }

            if (error is IOException or UnauthorizedAccessException)
                throw new BadInputException(
                    $"cannot write {path}: {error.Message.TrimEnd('.')}; free some space or choose another folder", error);
            throw;
        }
    }

    /// <summary>Writes text as UTF-8.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
