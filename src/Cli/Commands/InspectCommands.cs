using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Verification.Launches;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary><c>inspect</c>: what one block of a kernel does, as the simulator saw it.</summary>
internal static class InspectCommands
{
    public static Command Build(Terminal terminal) => new("inspect", "Shows the inside of what computes.") { Kernel(terminal) };

    private static Command Kernel(Terminal terminal)
    {
        var name = new Argument<string?>("kernel")
        {
            HelpName = "NAME",
            Description = "The kernel, as movement_transpose_4; without it, all kernels are listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var launch = Options.Whole("--launch", "Which of the kernel's launches, counted from 1 as in the list.", 1, 100, 1);
        var block = new Option<Index3>("--block")
        {
            HelpName = "X,Y,Z",
            Description = "The block of the grid to look at, counted from 0.",
            CustomParser = ParseBlock,
            DefaultValueFactory = _ => default,
        };
        var warp = Options.Whole("--warp", "Shows every access of this warp of the block, counted from 0.", 0, 31);
        var events = Options.Whole("--events", "How many events are kept; those beyond are counted.", 1, 10_000_000,
            TraceRequest.StandardEvents);
        var json = new Option<bool>("--json")
        {
            Description = "Prints everything as one JSON object: every access of a warp, and of a thread with its values; with --warp "
                + "those of one warp.",
        };
        var command = new DocumentedCommand(
            "kernel",
            "Runs a small launch of a CUDA kernel on the simulator, without a GPU, and shows what one block does: its phases between "
                + "barriers and, line by line, how many sectors of memory its warps move, which bank conflicts they have, and where lanes "
                + "are idle. Needs a C++ compiler, as --device cuda-sim does.",
            new Example("inspect kernel", "Lists the kernels, what each is for, and the launches that are ready."),
            new Example("inspect kernel movement_transpose_4", "A transpose through shared memory."),
            new Example("inspect kernel softmax_log_1 --block 1,0,0 --warp 2", "Each access of one warp of the second block."),
            new Example("inspect kernel reduction_rows_3_sum --json", "The same for scripts."))
        {
            name, launch, block, warp, events, json,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(name) is { } kernel)
            {
                Inspect(terminal, kernel, parsed.GetValue(launch)!.Value, parsed.GetValue(block), parsed.GetValue(warp),
                    parsed.GetValue(events)!.Value, parsed.GetValue(json));
            }
            else
                List(terminal, parsed.GetValue(json));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Index3 ParseBlock(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var numbers = text.Split(',').Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToArray();
        if (numbers.Length is 1 or 2 or 3 && numbers.All(number => number >= 0))
            return new Index3(numbers[0], numbers.ElementAtOrDefault(1), numbers.ElementAtOrDefault(2));
        result.AddError($"--block {text}: must be one to three whole numbers with commas between, as 0,1,0");
        return default;
    }

    private static void List(Terminal terminal, bool json)
    {
        if (json)
        {
            var kernels = KernelCatalog.All.Select(kernel => (JsonNode)new JsonObject
            {
                ["name"] = kernel.Name,
                ["file"] = $"{kernel.Family}.cu",
                ["purpose"] = kernel.Purpose,
                ["launches"] = new JsonArray([.. kernel.Launches.Select(launch => (JsonNode)launch.Case.Name)]),
            });
            terminal.Output.WriteLine(new JsonArray([.. kernels]).ToJsonString());
            return;
        }

        foreach (var family in KernelCatalog.All.GroupBy(kernel => kernel.Family))
        {
            var table = Tables.Plain($"{family.Key}.cu", "Launches", "What it is for");
            foreach (var kernel in family)
            {
                var launches = kernel.Launches.Select((launch, i) =>
                    $"{i + 1}: {launch.Case.Name}{(launch.Precision == Precision.Float32 ? "" : $", {launch.Precision.Name()}")}");
                table.AddRow(kernel.Name.EscapeMarkup(), string.Join('\n', launches).EscapeMarkup(), kernel.Purpose.EscapeMarkup());
            }

            terminal.Console.Write(table);
        }

        terminal.Say($"{KernelCatalog.All.Count} kernels");
    }

    private static void Inspect(Terminal terminal, string name, int number, Index3 block, int? warp, int events, bool json)
    {
        var launches = KernelCatalog.Find(name).Launches;
        if (number > launches.Count)
            throw new SettingException("launch", $"{number}: {name} has {launches.Count} that are ready");
        var launch = launches[number - 1];
        KernelTrace trace;
        using (var stage = terminal.Reporter.Stage($"recording {name}", 1, "launches"))
        {
            trace = launch.Record(block, events, file => stage.Report(0, $"compiling {file}"));
            stage.Report(1);
        }

        if (warp >= trace.Warps)
            throw new SettingException("warp", $"{warp}: the block has {trace.Warps}, counted from 0");
        var report = TraceReport.Of(launch, trace);
        var accesses = TraceReport.Of(trace, trace.Accesses.Where(access => warp is null || access.Warp == warp));
        if (json)
        {
            terminal.Output.WriteLine((report with
            {
                Accesses = accesses,
                ThreadEvents = TraceReport.Of(trace, trace.Events.Where(one => warp is null || one.Thread / KernelTrace.WarpSize == warp)),
            }).ToJson());
            return;
        }

        Show(terminal, report);
        if (warp is not null)
            ShowAccesses(terminal, report, accesses);
    }

    private static void Show(Terminal terminal, TraceReport report)
    {
        var facts = Tables.Plain(report.Kernel.EscapeMarkup(), "");
        facts.AddRow("for", report.Purpose.EscapeMarkup());
        facts.AddRow("launch", $"{report.Launch}, {report.Precision}, by cuda-sim".EscapeMarkup());
        facts.AddRow("grid", $"{string.Join(" × ", report.Grid)} blocks; this is {string.Join(',', report.BlockIndex)}");
        facts.AddRow("block", $"{string.Join(" × ", report.Block)} threads in {report.Warps} warps");
        foreach (var array in report.Arrays)
            facts.AddRow(array.IsShared ? "shared" : "array", $"{array.Name}: {array.Type}, {array.Bytes} bytes".EscapeMarkup());
        var barriers = report.Phases.Select(phase => phase.Barrier).OfType<string>().Distinct().ToList();
        facts.AddRow("phases", $"{report.Phases.Count}" + (barriers.Count > 0 ? $", cut at {string.Join(", ", barriers)}" : "")
            + $"; accesses of threads: {string.Join(", ", report.Phases.Select(phase => phase.Events))}");
        terminal.Console.Write(facts);

        var table = Tables.Plain("Line", "Access", "Bytes>", "Warps>", "Lanes>", "Idle>", "Sectors>", "Ideal>", "Conflict>");
        foreach (var line in report.Lines)
        {
            var array = report.Arrays[line.Array];
            var (moved, ideal) = array.IsShared ? (line.Requests, line.IdealRequests) : (line.Sectors, line.IdealSectors);
            table.AddRow(line.Place, $"{line.Kind} {array.Name}".EscapeMarkup(), $"{line.Bytes}", $"{line.Accesses}",
                line.Lanes.ToString("0.#", CultureInfo.InvariantCulture), line.Divergent == 0 ? "" : $"{line.Divergent}",
                $"{moved}{(array.IsShared ? " asked" : "")}", $"{ideal}", array.IsShared ? $"{line.WorstConflict}" : "");
        }

        terminal.Console.Write(table);
        terminal.Say("Warps: how often a warp came there; Lanes: of 32, on average; Idle: accesses with lanes that did not take part; "
            + "Sectors: of 32 bytes, beside what the same bytes would take side by side, and for shared memory how often it is asked; "
            + "Conflict: the most words of one bank at once");
        if (report.Dropped > 0)
            terminal.Say($"{report.Dropped} more events were not kept, and nothing above counts them; --events keeps more");
    }

    private static void ShowAccesses(Terminal terminal, TraceReport report, IReadOnlyList<AccessReport> accesses)
    {
        var table = Tables.Plain("Phase>", "Line", "Access", "Lanes", "First offset>", "Sectors>", "Conflict>");
        foreach (var access in accesses)
        {
            var array = report.Arrays[access.Array];
            table.AddRow($"{access.Phase}", access.Place, $"{access.Kind} {array.Name}".EscapeMarkup(), $"{access.Lanes:x8}",
                $"{access.Offsets.First(offset => offset >= 0)}", array.IsShared ? "" : $"{access.Sectors} of {access.IdealSectors}",
                array.IsShared ? $"{access.Conflict}" : "");
        }

        terminal.Console.Write(table);
    }
}
