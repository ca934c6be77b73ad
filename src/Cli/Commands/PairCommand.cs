using System.CommandLine;
using System.Diagnostics;
using CrossModal.Data;

namespace CrossModal.Cli;

/// <summary><c>data pair</c>: a data set of one's own videos.</summary>
internal static class PairCommand
{
    public static Command Build(Terminal terminal)
    {
        var videos = Options.RequiredPath("--videos", "DIR",
            "A folder of videos, one a song: in a folder for each instrument, or called by it (violin03.mp4). Folders train and validation "
                + "above divide them; else about a fifth of the songs of each instrument are drawn for validation.");
        var folder = Options.RequiredPath("--out", "DIR", "The folder to make; it must not exist or be empty.");
        var step = Options.Whole("--step", "Milliseconds from one window to the next; 100 is that of the public Sub-URMP, whose neighbors "
            + "overlap.", 20, 60_000, 500);
        var command = new DocumentedCommand(
            "pair",
            "Makes a data set in the layout of Sub-URMP of videos, through ffmpeg: windows of half a second, each with the picture at its "
                + "beginning.",
            new Example("data pair --videos recordings --out data/own", "Windows side by side, as in the paper."),
            new Example("data pair --videos recordings --out data/own --step 100", "Five times as many, which overlap."))
        {
            videos, folder, step,
        };
        command.SetAction(parsed => Pair(terminal, parsed.GetValue(videos)!, parsed.GetValue(folder)!, parsed.GetValue(step)!.Value));
        return command;
    }

    private static int Pair(Terminal terminal, string videos, string folder, int step)
    {
        var begin = Stopwatch.GetTimestamp();
        PairedVideos made;
        using (var interruption = Interruption.Watch(terminal, "stopping…"))
            made = new VideoPairs(step, terminal.Reporter, interruption.Token).Make(videos, folder);
        if (made.Silent > 0)
            terminal.Say($"{made.Silent} windows in which nothing is heard are left out");
        terminal.Say($"{Path.GetFullPath(folder)}: {made.TrainPairs} training and {made.ValidationPairs} validation pairs of "
            + $"{made.Instruments} instruments from {made.Videos} videos, in {StageProgress.Clock(Stopwatch.GetElapsedTime(begin))}");
        terminal.Say($"train on it: {CommandTree.ProgramName} train s2i --data {folder}");
        return ExitCodes.Done;
    }
}
