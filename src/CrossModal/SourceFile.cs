using CrossModal.Kernels;

namespace CrossModal;

/// <summary>
/// Opens the sounds and pictures that the program is given. Only files are opened: a pipe that nobody writes to would be waited for without
/// end, and a device has no end.
/// </summary>
internal static class SourceFile
{
    /// <summary>Opens a file for reading and uses it.</summary>
    /// <param name="kind">What it should be, for a message: "a WAV file".</param>
    /// <exception cref="BadInputException">It is missing, empty, a folder, a pipe or a device, or cannot be read.</exception>
    public static T Read<T>(string path, string kind, int buffer, Func<FileStream, T> use)
    {
        try
        {
            if (Directory.Exists(path))
                throw new BadInputException($"{path}: is a folder; give the path of {kind}");
            var file = new FileInfo(path);
            if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
                file = target;

            // Pipes, sockets and devices say that they have no bytes, as an empty file does.
            if (file.Exists && file.Length == 0)
                throw new BadInputException($"{path}: is empty (0 bytes), or a pipe or a device; copy or export the file again");
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, buffer, FileOptions.SequentialScan);
            return use(stream);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{path}: no such file; give the path of {kind}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new BadInputException(
                $"{path}: cannot be read ({error.Message.TrimEnd('.')}); check the file and its permissions", error);
        }
    }
}
