using System.Text.RegularExpressions;
using CrossModal.Audio;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>A video of somebody who plays a song.</summary>
/// <param name="File">The file.</param>
/// <param name="Song">Its number among those of the instrument.</param>
internal sealed record VideoSong(string File, string Instrument, int Song, Split Split)
{
    /// <summary>File name without extension of a pair, as Sub-URMP has it: <c>cello01_1500</c>.</summary>
    public string Stem(int milliseconds) => $"{Instrument}{Song:00}_{milliseconds}";

    /// <summary>The folder of its split.</summary>
    public string SplitName => Split == Split.Train ? "train" : "validation";
}

/// <summary>
/// The videos of a folder, one a song, each with the instrument that plays: of the folder that it lies in, or of what its name has before
/// its number. The splits are folders above, or are drawn: about a fifth of the songs of each instrument, as the paper has it, the same
/// ones each time.
/// </summary>
internal static partial class VideoPlan
{
    private const double ValidationShare = 0.2;

    /// <summary>Fixed: who makes the set again with more of its windows has the same songs on each side.</summary>
    private const ulong Seed = 2017;

    private sealed record Found(string File, string Instrument, Split? Split);

    /// <exception cref="BadInputException">There are no videos, their instruments are not told, or an instrument has too few.</exception>
    public static IReadOnlyList<VideoSong> Of(string folder)
    {
        if (!Directory.Exists(folder))
            throw new BadInputException($"{folder}: no such folder; give the folder of the videos");
        var findings = new DatasetFindings(folder);
        var (train, validation) = (SplitFolders.TrainIn(folder, findings), SplitFolders.ValidationIn(folder, findings));
        if (train is null != validation is null)
            throw new BadInputException($"{folder}: has a folder {Path.GetFileName(train ?? validation)} and no "
                + $"{(train is null ? "train" : "validation")}; divide the videos into both, or into none");
        Found[] found = [.. train is null ? In(folder, null) : In(train, Split.Train).Concat(In(validation!, Split.Validation))];
        if (found.Length == 0)
            throw new BadInputException($"{folder}: has no videos; put one for each song there, in a folder for each instrument "
                + $"({string.Join(", ", SoundFormat.VideoExtensions)})");
        var instruments = found.GroupBy(video => video.Instrument, StringComparer.Ordinal)
            .OrderBy(videos => videos.Key, StringComparer.Ordinal).ToArray();
        if (instruments.Length < 2)
            throw new BadInputException($"{folder}: has videos of the one instrument '{instruments[0].Key}'; add those of others");
        return [.. instruments.SelectMany((videos, number) => Divide(folder, [.. videos], number))];
    }

    private static IEnumerable<Found> In(string folder, Split? split)
    {
        foreach (var file in Videos(folder))
        {
            if (NamePattern().Match(Path.GetFileNameWithoutExtension(file)) is not { Success: true } name)
                throw new BadInputException($"{file}: its name tells no instrument; call it violin03{Path.GetExtension(file)}, say, or put "
                    + "it into a folder of the instrument's name");
            yield return new Found(file, name.Groups[1].Value.ToLowerInvariant().Replace(' ', '_'), split);
        }

        foreach (var name in DatasetFolder.Children(folder))
        {
            foreach (var file in Videos(Path.Combine(folder, name)))
                yield return new Found(file, name, split);
        }
    }

    private static IEnumerable<string> Videos(string folder) =>
        DatasetFolder.Files(folder, SoundFormat.VideoExtensions, new DatasetFindings(folder)).Select(file => file.FullName);

    /// <summary>Numbers the songs of an instrument in the order of their names, and divides those that are not yet.</summary>
    private static IEnumerable<VideoSong> Divide(string folder, Found[] videos, int number)
    {
        if (videos[0].Split is null && videos.Length < 2)
            throw new BadInputException($"{folder}: '{videos[0].Instrument}' has one video, so none is left for validation; add another "
                + "song, or remove it");
        int[] order = [.. Enumerable.Range(0, videos.Length)];
        new CountedRandom(Seed, (ulong)number).Shuffle<int>(order);
        var drawn = order[..Math.Max(1, (int)Math.Round(ValidationShare * videos.Length))];
        return videos.Select((video, song) => new VideoSong(video.File, video.Instrument, song,
            video.Split ?? (drawn.Contains(song) ? Split.Validation : Split.Train)));
    }

    /// <summary>Letters, and perhaps a number behind them.</summary>
    [GeneratedRegex(@"^(\p{L}[\p{L} _-]*?)[ _-]*[0-9]*$")]
    private static partial Regex NamePattern();
}
