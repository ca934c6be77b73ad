using System.CommandLine;
using System.Globalization;
using CrossModal.Benchmarks;
using CrossModal.Kernels;
using CrossModal.Kernels.Cpu;
using CrossModal.Tensors;
using CrossModal.Verification;
using Spectre.Console;

namespace CrossModal.Cli;

internal static partial class BenchCommands
{
    private static Command Kernels(Terminal terminal)
    {
        var device = new DeviceOptions(
            "The device to time. On cuda-sim the kernels run on very small networks and only their answers are checked, because its times "
                + "say nothing about a GPU.");
        var batch = Options.Whole(
            "--batch", $"Pairs in a step; {KernelBenchmark.PaperBatch} by default, {KernelBenchmark.SimulatedBatch} on cuda-sim without "
                + "--profile.", 1, 4096);
        var filter = Options.Path("--filter", "TEXT", "Only kernels with this text in their family or name, as shown in the table.");
        var json = Options.Path("--json", "FILE", "Also writes the result to this file, as one JSON object with a row for each kernel.");
        var profile = new ProfileOptions();
        var disassemble = new Option<bool>("--disassemble")
        {
            Description = "Shows the machine code that bfloat16 products on the processor are assembled to, and its speed beside that of "
                + "its main instruction, where the processor has it; times nothing else.",
        };
        var command = new DocumentedCommand(
            "kernels",
            "Checks and times every kernel of a training step of preset paper, at the sizes used there: first its answer, then the median "
                + "time of repeated calls, beside the machine's limits measured in the same run. On cuda, matrix products and convolutions "
                + "are timed twice, with the kernels of this program and with cuBLAS and cuDNN, unless --gemm or --conv chooses one. Many "
                + "calls make one measurement (on cuda, one graph launch), so that neither the clock nor the launches count. The calls "
                + "rotate through up to 16 sets of arrays, which together exceed any cache; a kernel whose arrays take a few megabytes "
                + "may still find them in the cache, and so exceed the memory's limit.",
            new Example("bench kernels", "All kernels on the fastest device, with the paper's batch of 64."),
            new Example("bench kernels --filter convolution --json convolutions.json",
                "Only the convolutions, with a file for later comparison."),
            new Example(
                "bench kernels --device cuda --precision bf16 --filter \"D conv2\"",
                "One layer on the tensor cores of a GPU: the hand-written kernel beside cuDNN."),
            new Example("bench kernels --device cuda-sim", "Runs each kernel without a GPU and checks its answer."),
            new Example("bench kernels --device cuda-sim --profile --filter \"D conv2\"",
                "What one layer's kernels ask of a GPU, and which limit binds them on an H200."),
            new Example("bench kernels --disassemble", "Machine code to study: a tile of a matrix product in bfloat16."))
        {
            batch, filter, json, disassemble,
        };
        profile.AddTo(command);
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(disassemble))
                return Disassemble(terminal);
            var file = FileOf(parsed, json);
            var settings = device.Read(parsed, terminal);
            if (profile.Read(parsed, settings) is { } card)
            {
                var counted = Count(card, settings, parsed.GetValue(batch), parsed.GetValue(filter), terminal.Reporter);
                Show(terminal, counted);
                Write(terminal, file, counted.ToJson());
                return ExitCodes.Done;
            }

            var result = Measure(settings, parsed.GetValue(batch), parsed.GetValue(filter), terminal.Reporter);
            var code = Show(terminal, result);
            Write(terminal, file, result.ToJson());
            return code;
        });
        return command;
    }

    private static int Disassemble(Terminal terminal)
    {
        var form = AssembledListing.Form;
        terminal.Say($"{form.Rows} rows by {16 * form.Vectors} columns of sums of bfloat16 products, assembled for "
            + (TileAssembler.Native == CodeConvention.Windows ? "Windows" : "System V"));
        foreach (var line in AssembledListing.Lines())
            terminal.Say(line);
        if (AssembledListing.Measure() is var (kernel, instruction, float32))
        {
            terminal.Say(Invariant($"one core, operands in the first-level cache: {kernel:0.0} GFLOP/s, of {instruction:0.0} that ")
                + Invariant($"vdpbf16ps gives on registers; the float32 kernel {float32:0.0} GFLOP/s"));
        }

        terminal.Say($"bfloat16 on cpu: {BFloat16Paths.Description}");
        return ExitCodes.Done;
    }

    private static KernelBenchmark.Result Measure(DeviceSettings settings, int? batch, string? filter, IRunReporter reporter)
    {
        using var stages = new ReportedStages(reporter);
        return KernelBenchmark.Run(settings, batch, filter,
            (stage, done, total, next) => stages.Report(stage, done, total, next, "measurements"), reporter.Warning);
    }

    /// <returns>The exit code: failed if an answer is wrong.</returns>
    internal static int Show(Terminal terminal, KernelBenchmark.Result result)
    {
        var timed = result.Rows.Any(row => row.MedianMs is not null);
        var table = timed
            ? Tables.Plain("Kernel", "By", "ms>", "spread>", "GB/s>", "GFLOP/s>", "of limit>", "of tolerance>")
            : Tables.Plain("Kernel", "Sizes", "By", "of tolerance>");
        foreach (var row in result.Rows)
        {
            var name = Markup.Escape($"{row.Family}: {row.Name}");
            var tolerance = row.Correct ? Percent(row.ShareOfTolerance) : "WRONG";
            var by = Markup.Escape(By(row));
            if (timed)
            {
                table.AddRow(name, by, Number(row.MedianMs, "0.0000"), Spread(row), Number(row.GigabytesPerSecond, "0.0"),
                    Number(row.GigaflopsPerSecond, "0"), Percent(row.ShareOfLimit), tolerance);
            }
            else
                table.AddRow(name, Markup.Escape(row.Shape), by, tolerance);
        }

        terminal.Console.Write(table);
        if (timed)
        {
            var (limits, machine) = (result.Limits, result.Machine.Gpu ?? result.Machine.Processor);
            terminal.Say($"{result.Device} in {result.Precision}, batch {result.Batch}, {machine}: limits measured in this run are " +
                Invariant($"{limits.CopyGigabytesPerSecond:0.0} GB/s of a large copy and ") +
                Invariant($"{limits.ProductGigaflopsPerSecond:0} GFLOP/s of a large matrix product"));
        }
        else
            terminal.Say($"{result.Device}: answers only; nothing is timed here");

        var wrong = result.Rows.Where(row => !row.Correct).ToList();
        foreach (var row in wrong)
            terminal.Say($"FAILED {row.Provider}: {row.Failure}");
        terminal.Say(wrong.Count == 0
            ? $"all {result.Rows.Count} answers agree with {result.Judge}"
            : $"{wrong.Count} of {result.Rows.Count} answers are wrong, judged by {result.Judge}");
        return wrong.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    /// <summary>Who multiplied and how exactly, which is not always as was asked; else whose kernel it was.</summary>
    private static string By(KernelBenchmark.Row row) => row.ComputedBy.Count == 0
        ? row.Provider
        : string.Join(", ", row.ComputedBy.Select(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]));

    /// <summary>From the fastest to the slowest round, in percent of the median.</summary>
    private static string Spread(KernelBenchmark.Row row) => row.MedianMs is { } median
        ? Invariant($"{(row.MinMs!.Value / median - 1) * 100:0} to +{(row.MaxMs!.Value / median - 1) * 100:0} %")
        : "";

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static string Percent(double? share) => share is { } value ? Invariant($"{value * 100:0.0} %") : "";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
