using System.CommandLine;
using System.Diagnostics;
using CrossModal.Data.Synthetic;

namespace CrossModal.Cli;

/// <summary><c>data</c>: data sets to train on.</summary>
internal static class DataCommands
{
    /// <summary>One validation pair for so many training pairs.</summary>
    private const int TrainPairsPerValidationPair = 4;

    private static readonly int Instruments = SyntheticDataset.Instruments.Length;

    public static Command Build(Terminal terminal) => new("data", "Makes and examines data sets.") { Synthesize(terminal) };

    private static Command Synthesize(Terminal terminal)
    {
        var defaults = new SyntheticOptions();
        var folder = Options.RequiredPath("--out", "DIR", "The folder to make; it must not exist or be empty.");
        var pairs = Options.Whole("--pairs", $"Training pairs in all, evenly over {Instruments} instruments; a quarter as many are added for validation.", 1, 10_000_000,
            defaults.TrainPairsPerInstrument * Instruments);
        var seed = Options.Seed("What the songs, the players and the rooms are drawn from: the same seed gives the same files.", defaults.Seed);
        var threads = Options.Threads("Songs made at the same time; 0 for one a core. The files do not depend on it.");
        var command = new DocumentedCommand(
            "synthesize",
            "Makes a data set of sounds and pictures of players, in the layout of Sub-URMP: songs of thirteen instruments and, for every half second, the player in the pose that the music asks for.",
            new Example("data synthesize --out data/synthetic", "The standard set, as --data synthetic uses it."),
            new Example("data synthesize --out data/small --pairs 260 --seed 7", "A small set of its own, to look at or to try a change on."))
        {
            folder, pairs, seed, threads,
        };
        command.SetAction(parsed =>
        {
            var options = new SyntheticOptions
            {
                Seed = parsed.GetValue(seed),
                TrainPairsPerInstrument = PerInstrument(parsed.GetValue(pairs)!.Value),
                ValidationPairsPerInstrument = PerInstrument((parsed.GetValue(pairs)!.Value + TrainPairsPerValidationPair - 1) / TrainPairsPerValidationPair),
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
            $"{Path.GetFullPath(folder)}: {Instruments * options.TrainPairsPerInstrument} training and {Instruments * options.ValidationPairsPerInstrument} validation pairs of {Instruments} instruments, "
            + $"seed {options.Seed}, in {StageProgress.Clock(watch.Elapsed)}");
        terminal.Say($"train on it: {CommandTree.ProgramName} train s2i --data {folder}");
        return ExitCodes.Done;
    }
}
