using System.Text;

namespace CrossModal.Kernels;

/// <summary>
/// Files that are read only where they are files, and only up to a size that their kind can have: a pipe that nobody writes to, a device
/// without an end or gigabytes under a known name cost neither time nor memory.
/// </summary>
internal static class BoundedFile
{
    /// <summary>All bytes of a file.</summary>
    /// <param name="most">Bytes that it may have.</param>
    /// <param name="what">What it should be, as in "is no …".</param>
    /// <param name="remedy">What helps where it is none.</param>
    /// <param name="absent">What helps where nothing is there; <paramref name="remedy"/> where this is null.</param>
    /// <exception cref="BadInputException">It is not there, no file, too large, or cannot be read.</exception>
    public static byte[] Read(string path, long most, string what, string remedy, string? absent = null)
    {
        using var stream = Open(path, most, what, remedy, absent);
        return Guard(path, () =>
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        });
    }

    /// <summary>All text of a file: UTF-8, or what its byte order mark says.</summary>
    /// <inheritdoc cref="Read"/>
    public static string ReadText(string path, long most, string what, string remedy, string? absent = null)
    {
        using var reader = Text(new MemoryStream(Read(path, most, what, remedy, absent)));
        try
        {
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException error)
        {
            throw new BadInputException($"{path}: is no {what}, but bytes that are no UTF-8 text; {remedy}", error);
        }
    }

    /// <summary>The lines of a text, numbered from 1; ill-formed UTF-8 becomes U+FFFD.</summary>
    /// <param name="longest">Letters that a line may have. Of a longer one the first letters are given, and one more than this
    /// many.</param> <inheritdoc cref="Read"/>
    public static IEnumerable<(int Number, string Line)> ReadLines(string path, int longest, long most, string what, string remedy)
    {
        using var reader = new StreamReader(Open(path, most, what, remedy));
        var line = new StringBuilder();
        var block = new char[1 << 14];
        var (number, afterReturn) = (1, false);
        for (int read; (read = Guard(path, () => reader.Read(block))) > 0;)
        {
            for (var i = 0; i < read; i++)
            {
                var letter = block[i];
                if (letter is not ('\n' or '\r'))
                {
                    if (line.Length <= longest)
                        line.Append(letter);
                }
                else if (letter == '\r' || !afterReturn)
                {
                    yield return (number++, line.ToString());
                    line.Clear();
                }

                afterReturn = letter == '\r';
            }
        }

        if (line.Length > 0)
            yield return (number, line.ToString());
    }

    /// <summary>Opens a file for reading from its beginning to its end.</summary>
    /// <inheritdoc cref="Read"/>
    public static FileStream Open(string path, long most, string what, string remedy, string? absent = null)
    {
        return Guard(path, () =>
        {
            var file = Target(path);
            if (Directory.Exists(path))
                throw new BadInputException($"{path}: is a folder and no {what}; {remedy}");
            if (FileStatus.Of(path) is { Kind: FileKind.Special })
                throw new BadInputException($"{path}: is a pipe or a device and no {what}; write what it gives to a file, and give that");
            if (!file.Exists)
                throw new BadInputException($"{path}: {(absent is null ? $"no such file; {remedy}" : absent)}");

            // Pipes and devices say that they have no bytes; opening them could wait without end.
            if (file.Length == 0)
                throw new BadInputException($"{path}: is empty, or no file, and no {what}; {remedy}");
            if (file.Length > most)
            {
                var size = file.Length < 1 << 20 ? $"{file.Length} bytes" : $"{file.Length >> 20} MiB";
                throw new BadInputException($"{path}: has {size} and is no {what}; {remedy}");
            }

            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16,
                FileOptions.SequentialScan);
        });
    }

    /// <summary>Whether a path leads to a file with something in it: no folder, pipe or device, and not empty.</summary>
    public static bool HasContent(string path)
    {
        try
        {
            return Target(path) is { Exists: true, Length: > 0 };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    private static FileInfo Target(string path)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
    }

    private static StreamReader Text(Stream stream) =>
        new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new BadInputException(
                $"{path}: cannot be read ({error.Message.TrimEnd('.')}); check the file and its permissions", error);
        }
    }
}
