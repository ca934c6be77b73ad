using System.CommandLine;
using System.Globalization;
using CrossModal.Evaluation.Human;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary><c>human-eval</c>: what people say about the pictures of a run.</summary>
internal static class HumanEvaluationCommands
{
    private const int MostItems = 500, StandardItems = 60, MostOfEach = 8, StandardOfEach = 2;
    private const string Absent = "–";

    public static Command Build(Terminal terminal) =>
        new("human-eval", "Lets people rate the pictures of a run on the paper's scale, and evaluates their answers.")
    {
        Prepare(terminal), Score(terminal), Sheet(terminal),
    };

    private static Command Prepare(Terminal terminal)
    {
        var runs = Options.RequiredPaths("--run", "DIR",
            "The folder of a run of train s2i; repeat the option to rate several runs on the same data on one page.");
        var items = Options.Whole("--items", "Real pictures, and as many generated ones from each run, spread evenly over the instruments.",
            1, MostItems, StandardItems);
        var seed = Options.Seed("The seed of the sounds, the noise and the order: the same seed gives the same page.", 2017);
        var output = Options.Path("--output", "DIR",
            $"The folder for the page and its key; without it, {HumanEvaluation.DefaultFolder} in the first run's folder.");
        var device = new DeviceOptions();
        var command = new DocumentedCommand(
            "prepare",
            "Writes a web page for raters, one file that needs no network, with real and generated pictures and their sounds in random "
                + "order; and beside it the key that tells which is which.",
            new Example("human-eval prepare --run runs/paper",
                "Writes runs/paper/human-eval/rating.html, to be sent to raters, and key.json, to be kept."),
            new Example("human-eval prepare --run runs/v/S2I-C --run runs/v/S2I-N --run runs/v/S2I-A --output survey",
                "The paper's three variants, trained by `experiment variants`, on one page."),
            new Example("human-eval prepare --run runs/paper --items 26 --output survey",
                "Two real and two generated pictures of each of thirteen instruments, which takes a quarter of an hour."))
        {
            runs, items, seed, output,
        };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            using var interruption = Interruption.Watch(terminal, "stopping…");
            var (page, key, pictures) = HumanEvaluation.Prepare(
                new RatingRequest(parsed.GetValue(runs)!, parsed.GetValue(items)!.Value, parsed.GetValue(seed)), parsed.GetValue(output),
                device.Read(parsed, terminal), terminal.Reporter, interruption.Token);
            terminal.Say($"{pictures} pictures to rate: {SummaryTable.Shorten(Path.GetFullPath(page))}; send this file to the raters, they "
                + $"open it in a browser");
            terminal.Say($"which picture is which: {SummaryTable.Shorten(Path.GetFullPath(key))}; keep it, and keep it from the raters");
            terminal.Say(
                $"then: {CommandTree.ProgramName} human-eval score --key {SummaryTable.Shorten(Path.GetFullPath(key))} ANSWERS.json …");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Score(Terminal terminal)
    {
        var files = new Argument<string[]>("files")
        {
            HelpName = "ANSWERS.json",
            Arity = ArgumentArity.OneOrMore,
            Description = "The files that the raters saved from the page, one each; all from the same page.",
        };
        var key = Options.Path("--key", "key.json",
            "The key of the page; without it, the key.json beside the answers or in the folder above.");
        var output =
            Options.Path("--output", "FILE.json",
            $"The figures to write, a file that is not there yet; without it, {HumanEvaluationReport.FileName} beside the key.",
            ".json");
        var command = new DocumentedCommand(
            "score",
            "Evaluates the answers of raters: mean scores of real and generated pictures with 95 % intervals beside the paper's, by "
                + "instrument, and how well the raters agree.",
            new Example("human-eval score --key runs/paper/human-eval/key.json answers-ann.json answers-ben.json",
                "The table for two raters; also writes human-eval.json beside the key."),
            new Example("human-eval score survey/answers.json --output figures.json",
                "The same, with the key.json that lies beside the answers."))
        {
            files, key, output,
        };
        command.SetAction(parsed => Score(terminal, parsed.GetValue(key), parsed.GetValue(files)!, parsed.GetValue(output)));
        return command;
    }

    private static Command Sheet(Terminal terminal)
    {
        var runs = Options.RequiredPaths("--run", "DIR",
            "The folder of a run of train s2i; repeat the option to see several runs on the same data side by side.");
        var each = Options.Whole("--each", "Validation sounds of each instrument, evenly spread.", 1, MostOfEach, StandardOfEach);
        var seed = Options.Seed("The seed of the noise: the same seed gives the same pictures.", 2017);
        var output = Options.RequiredPath("--output", "FILE.png", "The picture to write; a picture of that name is replaced.", ".png");
        var device = new DeviceOptions();
        var command = new DocumentedCommand(
            "sheet",
            "Draws a contact sheet: a row for each instrument, and for each of some validation sounds the real picture and what each run "
                + "draws of it, side by side.",
            new Example("human-eval sheet --run runs/quick --run runs/best --output sheet.png",
                "Two sounds of each instrument; for each the real picture, quick's and best's."))
        {
            runs, each, seed, output,
        };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(output)!;
            Options.RequireWritable("output", path, ".png");
            using var interruption = Interruption.Watch(terminal, "stopping…");
            ContactSheet.Write(parsed.GetValue(runs)!, parsed.GetValue(each)!.Value, parsed.GetValue(seed), path,
                device.Read(parsed, terminal), terminal.Reporter, interruption.Token);
            terminal.Say($"written: {SummaryTable.Shorten(Path.GetFullPath(path))}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static int Score(Terminal terminal, string? key, string[] files, string? output)
    {
        if (output is not null && File.Exists(output))
            throw new BadInputException($"--output {output}: is there already; choose another name");
        var keyPath = key ?? HumanEvaluation.FindKey(files);
        var report = HumanEvaluation.Score(keyPath, files, terminal.Reporter.Warning);
        var path = output ?? HumanEvaluation.FreeReportPath(Path.GetDirectoryName(Path.GetFullPath(keyPath))!);
        report.Write(path);
        ShowSources(terminal, report);
        ShowInstruments(terminal, report);
        ShowRaters(terminal, report);
        terminal.Say($"written: {SummaryTable.Shorten(Path.GetFullPath(path))}");
        return ExitCodes.Done;
    }

    private static void ShowSources(Terminal terminal, HumanEvaluationReport report)
    {
        var table = Tables.Plain("Pictures", "Mean, 0 to 3>", "95 % interval>", "3>", "2>", "1>", "0>", "Ratings>");
        foreach (var source in report.Sources)
        {
            var score = source.Score;
            table.AddRow(
            [
                Markup.Escape(source.Generated ? $"generated, {source.Name}" : source.Name), Number(score.Mean), Interval(score),
                .. score.Distribution.Reverse().Select(count => score.Ratings == 0 ? Absent
                    : ((double)count / score.Ratings).ToString("0%", CultureInfo.InvariantCulture)), $"{score.Ratings}",
            ]);
        }

        foreach (var paper in report.Paper)
            table.AddRow($"the paper's {Markup.Escape(paper.Name)}", Number(paper.Mean), Absent, Absent, Absent, Absent, Absent, Absent);
        terminal.Console.Write(table);
    }

    private static void ShowInstruments(Terminal terminal, HumanEvaluationReport report)
    {
        var table = Tables.Plain(
            ["Instrument", .. report.Sources.Select(source => $"{(source.Generated ? $"generated, {source.Name}" : source.Name)}>")]);
        foreach (var instrument in report.Sources.SelectMany(source => source.Instruments.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            table.AddRow(
                [Markup.Escape(instrument), .. report.Sources.Select(source => source.Instruments.TryGetValue(instrument, out var score)
                ? Number(score.Mean) + (score.Low is null ? "" : $" ({Interval(score)})")
                : Absent)]);
        }

        terminal.Console.Write(table);
    }

    private static void ShowRaters(Terminal terminal, HumanEvaluationReport report)
    {
        var raters = string.Join(", ",
            report.Raters.Select(rater => $"{rater.Name} {rater.Ratings} of {report.Pictures}, mean {Number(rater.Mean)}"));
        terminal.Say($"{report.Raters.Count} {(report.Raters.Count == 1 ? "rater" : "raters")}: {raters}");
        if (report.Agreement.ExactShare is not { } exact)
            terminal.Say("agreement: not known, it takes two raters of the same pictures");
        else
            terminal.Say($"agreement: Krippendorff's alpha (ordinal) {Number(report.Agreement.AlphaOrdinal)}, the same rating in "
                + $"{exact.ToString("0%", CultureInfo.InvariantCulture)} of pairs");
    }

    private static string Number(double? value) => value?.ToString("0.00", CultureInfo.InvariantCulture) ?? Absent;

    private static string Interval(HumanScore score) => score.Low is null ? Absent : $"{Number(score.Low)} to {Number(score.High)}";
}
