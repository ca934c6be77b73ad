using CrossModal.Kernels;

namespace CrossModal;

/// <summary>
/// Opens the sounds and pictures that the program is given. Only files are opened: a pipe that nobody writes to would be waited for without
/// end, and a device has no end.
/// </summary>
internal static class SourceFile
{
    /// <summary>Opens a file for reading and uses it.</summary>
    /// <param name="kind">What it should be, for a message: "WAV file".</param>
    /// <exception cref="BadInputException">It is missing, empty, a folder, a pipe or a device, or cannot be read.</exception>
    public static T Read<T>(string path, string kind, Func<FileStream, T> use)
    {
        try
        {
            using var stream = BoundedFile.Open(path, long.MaxValue, kind, "copy or export the file again",
                $"no such file; give the path of a {kind}");
            return use(stream);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new BadInputException(
                $"{path}: cannot be read ({error.Message.TrimEnd('.')}); check the file and its permissions", error);
        }
    }
}
