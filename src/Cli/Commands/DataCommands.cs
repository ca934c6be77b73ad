using System.CommandLine;
using System.Diagnostics;
using CrossModal.Data;
using CrossModal.Data.Synthetic;
using CrossModal.Kernels;
using CrossModal.Runs;

namespace CrossModal.Cli;

/// <summary><c>data</c>: data sets to train on.</summary>
internal static class DataCommands
{
    /// <summary>One validation pair for so many training pairs.</summary>
    private const int TrainPairsPerValidationPair = 4;

    private static readonly int Instruments = SyntheticDataset.Instruments.Length;

    private static string Patterns => string.Join(" or ", DatasetLayout.All.Select(layout => layout.Pattern));

    public static Command Build(Terminal terminal) =>
        new("data", "Makes and examines data sets.") { Synthesize(terminal), PairCommand.Build(terminal), Inspect(terminal) };

    private static Command Synthesize(Terminal terminal)
    {
        var defaults = new SyntheticOptions();
        var folder = Options.RequiredPath("--out", "DIR", "The folder to make; it must not exist or be empty.");
        var pairs = Options.Whole("--pairs",
            $"Training pairs, spread evenly over {Instruments} instruments; a quarter as many are added for validation.", 1, 10_000_000,
            defaults.TrainPairsPerInstrument * Instruments);
        var seed = Options.Seed("The seed of the songs, the players and the rooms: the same seed gives the same files.",
            defaults.Seed);
        var width = Options.Whole("--width", "Pixels of a picture from left to right; 1920 with --height 1080 is the size of Sub-URMP.",
            SyntheticDataset.SmallestPicture, SyntheticDataset.LargestPicture, defaults.PictureWidth);
        var height = Options.Whole("--height", "Pixels of a picture from top to bottom.", SyntheticDataset.SmallestPicture,
            SyntheticDataset.LargestPicture, defaults.PictureHeight);
        var threads = Options.Threads("Songs to make at the same time; 0 for one per core. The files do not depend on it.");
        var command = new DocumentedCommand(
            "synthesize",
            "Makes a data set of sounds and pictures of players in the layout of Sub-URMP: songs for thirteen instruments and, for every "
                + "half second, the player in the pose that the music asks for.",
            new Example("data synthesize --out data/synthetic", "The standard set, the one that --data synthetic uses."),
            new Example("data synthesize --out data/small --pairs 260 --seed 7",
                "A small set with another seed, to look at or to try a change on."),
            new Example("data synthesize --out data/large --pairs 260 --width 1920 --height 1080",
                "Pictures as large as in the real data set, to see how long they take to read."))
        {
            folder, pairs, seed, width, height, threads,
        };
        command.SetAction(parsed =>
        {
            var options = new SyntheticOptions
            {
                Seed = parsed.GetValue(seed),
                TrainPairsPerInstrument = PerInstrument(parsed.GetValue(pairs)!.Value),
                ValidationPairsPerInstrument = Math.Max(1, PerInstrument(parsed.GetValue(pairs)!.Value) / TrainPairsPerValidationPair),
                PictureWidth = parsed.GetValue(width)!.Value,
                PictureHeight = parsed.GetValue(height)!.Value,
                Threads = parsed.GetValue(threads)!.Value,
            };
            return Generate(terminal, parsed.GetValue(folder)!, options);
        });
        return command;
    }

    private static int PerInstrument(int pairs) => (pairs + Instruments - 1) / Instruments;

    private static int Generate(Terminal terminal, string folder, SyntheticOptions options)
    {
        var watch = Stopwatch.StartNew();
        using (var interruption = Interruption.Watch(terminal, "stopping…"))
        {
            var total = Instruments * (options.TrainPairsPerInstrument + options.ValidationPairsPerInstrument);
            using var stage = terminal.Reporter.Stage("synthesize", total, "pairs");
            SyntheticDataset.Generate(folder, options, (done, _) => stage.Report(done), interruption.Token);
        }

        terminal.Say(
            $"{Path.GetFullPath(folder)}: {Instruments * options.TrainPairsPerInstrument} training and "
                + $"{Instruments * options.ValidationPairsPerInstrument} validation pairs of {Instruments} instruments, "
            + $"seed {options.Seed}, in {StageProgress.Clock(watch.Elapsed)}");
        terminal.Say($"train on it: {CommandTree.ProgramName} train s2i --data {folder}");
        return ExitCodes.Done;
    }

    private static Command Inspect(Terminal terminal)
    {
        var folder =
            Options.Folder($"The data set's folder, laid out as {Patterns}.");
        var quick = new Option<bool>(
            "--headers-only")
        { Description = "Reads only the headers of the files: faster, but damage behind the header is not found." };
        var command = new DocumentedCommand(
            "inspect",
            "Examines every file of a data set and shows what is in it and what is odd about it; the exit code is 1 if it cannot be "
                + "trained on.",
            new Example("data inspect data/Sub-URMP",
                "Shows classes, counts, formats, damaged files, imbalance, and songs that occur in both splits."),
            new Example("data inspect data/Sub-URMP --headers-only", "The same within seconds, because nothing is decoded."))
        {
            folder, quick,
        };
        command.SetAction(parsed => Inspect(terminal, parsed.GetValue(folder)!, decode: !parsed.GetValue(quick)));
        return command;
    }

    private static int Inspect(Terminal terminal, string folder, bool decode)
    {
        DatasetReport report;
        using (var stages = new StageSequence(terminal.Reporter, "files"))
            report = DatasetReport.Collect(folder, decode, stages.Report);
        DatasetReportView.Show(terminal.Console, report);
        if (report.Errors.Count == 0)
            return ExitCodes.Done;
        terminal.Error.WriteLine(
            $"error: {Excerpt.OneLine(folder)}: cannot be trained on for "
            + $"{(report.Errors.Count == 1 ? "the reason" : $"the {report.Errors.Count} reasons")} "
            + $"above");
        return ExitCodes.Failed;
    }
}
