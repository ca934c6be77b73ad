namespace CrossModal.Kernels;

/// <summary>
/// What must hold before something is written where a user asked for it, checked before any work. A file that is not the program's own is
/// never written over.
/// </summary>
internal static class OutputFile
{
    /// <summary>What files of the program have near their beginning, by their extension.</summary>
    private static readonly (string Extension, int Offset, byte[] Mark)[] Kinds =
    [
        (".png", 0, [0x89, (byte)'P', (byte)'N', (byte)'G']), (".wav", 0, "RIFF"u8.ToArray()), (".json", 0, "{"u8.ToArray()),
        (".gif", 0, "GIF8"u8.ToArray()), (".webp", 8, "WEBP"u8.ToArray()), (".mp4", 4, "ftyp"u8.ToArray()),
    ];

    /// <summary>Why a file must not be written; null where nothing is there, or a file of the same kind, which is replaced.</summary>
    /// <param name="kind">The extension that files of this kind have.</param>
    /// <param name="inputs">What is read to make it.</param>
    /// <returns>The end of a sentence that begins with the path.</returns>
    public static string? Objection(string path, string kind, params ReadOnlySpan<string> inputs)
    {
        foreach (var input in inputs)
        {
            if (IsSame(path, input))
                return $"is the same file as {input}, which it is made of; choose another name";
        }

        if (Directory.Exists(path))
            return "is a folder; give the name of a file";
        if (!File.Exists(path) || AtomicFile.IsStream(Path.GetFullPath(path)))
            return null;
        var (_, offset, mark) = Kinds.First(known => known.Extension == kind);
        return Begins(path, offset, mark) ? null
            : $"is there already and no {kind} file; choose another name, or remove it";
    }

    /// <summary>
    /// A name for what is written beside a file that was asked for: <c>NAME.png</c>, or where that is taken <c>NAME.spectrogram.png</c>,
    /// <c>NAME.spectrogram-2.png</c> and so on.
    /// </summary>
    /// <param name="extension">Of the name.</param>
    /// <param name="what">What it is, in a word.</param>
    public static string Beside(string path, string extension, string what)
    {
        var free = Path.ChangeExtension(path, extension);
        for (var number = 1; Exists(free); number++)
            free = Path.ChangeExtension(path, number == 1 ? $".{what}{extension}" : $".{what}-{number}{extension}");
        return free;
    }

    /// <summary>Names with numbers that are free: <c>NAME-1.wav</c>, <c>NAME-2.wav</c> and so on, without those that are taken.</summary>
    public static IEnumerable<string> Numbered(string path)
    {
        for (var number = 1; ; number++)
        {
            var name = $"{Path.ChangeExtension(path, null)}-{number}{Path.GetExtension(path)}";
            if (!Exists(name))
                yield return name;
        }
    }

    /// <summary>Whether two paths are one file: by other spellings, through links, or by two names on the disk.</summary>
    private static bool IsSame(string path, string input)
    {
        if (string.Equals(Path.GetFullPath(path), Path.GetFullPath(input), StringComparison.Ordinal))
            return true;
        if (!File.Exists(path) || !File.Exists(input))
            return false;
        if (FileStatus.Of(path) is { } status && FileStatus.Of(input) is { } other)
            return status.IsSameFile(other);
        return string.Equals(Final(path), Final(input), StringComparison.OrdinalIgnoreCase);

        static string Final(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
    }

    /// <summary>Whether anything has the name: also a link that leads nowhere.</summary>
    private static bool Exists(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;

    private static bool Begins(string path, int offset, byte[] mark)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
            Span<byte> read = stackalloc byte[offset + mark.Length];

            // An empty file has nothing to lose: mktemp makes such.
            var count = stream.ReadAtLeast(read, read.Length, throwOnEndOfStream: false);
            return count == 0 || (count == read.Length && read[offset..].SequenceEqual(mark));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
