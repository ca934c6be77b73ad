using System.Text.RegularExpressions;

namespace CrossModal.Data;

internal enum Split
{
    Train,
    Validation,
}

/// <summary>One file of a data set.</summary>
/// <param name="RelativePath">From the data set's folder, with forward slashes.</param>
/// <param name="Class">Index into the classes.</param>
/// <param name="Split">What it is used for.</param>
/// <param name="Song">
/// Which recording or video it was cut from, unique within its class and split; where the name does not tell, each file counts as one.
/// </param>
/// <param name="Milliseconds">Place in the song; -1 where the name does not tell.</param>
internal sealed record DataFile(string RelativePath, int Class, Split Split, int Song, int Milliseconds)
{
    /// <summary>File name without extension.</summary>
    public string Stem { get; } = Path.GetFileNameWithoutExtension(RelativePath);

    /// <summary>Size of the file.</summary>
    public required long Bytes { get; init; }

    /// <summary>Time of the last change, UTC, in ticks of 100 ns.</summary>
    public required long Modified { get; init; }

    /// <summary>A file as the file system describes it.</summary>
    /// <param name="folder">The data set's folder.</param>
    internal static DataFile Of(string folder, FileInfo file, int classIndex, Split split, (int Number, int Milliseconds) song) =>
        new(DatasetFolder.Relative(folder, file.FullName), classIndex, split, song.Number, song.Milliseconds)
        {
            Bytes = file.Length,
            Modified = file.LastWriteTimeUtc.Ticks,
        };
}

/// <summary>A file that was left out, and why.</summary>
internal sealed record SkippedFile(string RelativePath, string Reason);

/// <summary>
/// Names like <c>double_bass02_1500</c>: an instrument, the number of a song, and a time in milliseconds (the naming of Sub-URMP).
/// </summary>
internal static partial class SongName
{
    /// <summary>Song and time; null where the stem is no such name.</summary>
    public static (int Song, int Milliseconds)? Parse(string stem) =>
        Pattern().Match(stem) is { Success: true } match && int.TryParse(match.Groups[1].ValueSpan, out var song)
            && int.TryParse(match.Groups[2].ValueSpan, out var time)
            ? (song, time)
            : null;

    [GeneratedRegex(@"^\D+?([0-9]{1,4})_([0-9]+)$")]
    private static partial Regex Pattern();
}
