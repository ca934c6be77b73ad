using System.CommandLine;
using CrossModal.Benchmarks;
using CrossModal.Kernels;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary><c>bench</c>: how fast is it here?</summary>
internal static partial class BenchCommands
{
    public static Command Build(Terminal terminal) =>
        new("bench", "Measures speed.") { Step(terminal), Generate(terminal), Kernels(terminal) };

    private static Command Step(Terminal terminal)
    {
        var model = Options.Choice("--model", "The model whose step is timed: s2i is sound to image, i2s image to sound.", "s2i",
            ["s2i", "i2s"]);
        var device = new DeviceOptions("The device to time.");
        var batch = Options.Whole("--batch", "Pairs in a step.", 1, 4096, 64);
        var steps = Options.Whole("--steps", "Steps to time, after three warm-up steps; the median counts.", 1, 100_000, 20);
        var profile = new ProfileOptions();
        var json = Options.Path("--json", "FILE", "Also writes the result to this file, as one JSON object.");
        var command = new DocumentedCommand(
            "step",
            "Times whole training steps of preset paper: noise, the discriminator on real, wrong and generated samples and its update, the "
                + "generator and its update; without loading data.",
            new Example("bench step", "A step with the paper's batch of 64 on the fastest device, with all cores."),
            new Example("bench step --batch 16 --threads 1 --json step.json",
                "One thread, a small batch, and a file for later comparison."),
            new Example("bench step --device cuda-sim --profile --precision bf16",
                "No GPU: what each CUDA kernel of the step does, and how long an H200 would take."),
            new Example("bench step --device cuda-sim --profile --card A100 --batch 256 --json profile.json",
                "Another card and a larger batch; the file has every launch, array and limit."))
        {
            model, batch, steps, json,
        };
        profile.AddTo(command);
        device.AddTo(command);
        command.RunsOnRanks = true;
        command.SetAction(parsed =>
        {
            var file = FileOf(parsed, json);
            var asked = device.Read(parsed, terminal);
            if (profile.Read(parsed, asked) is { } card)
            {
                var counted = StepProfile.Run(parsed.GetValue(model)!, card, asked, parsed.GetValue(batch)!.Value, terminal.Reporter);
                Show(terminal, counted.Profile, $"step of {counted.Model} in {counted.Precision}, batch {counted.Batch}");
                Write(terminal, file, counted.ToJson());
                return ExitCodes.Done;
            }

            return OnRanks.Run(terminal, asked, (terminal, settings) =>
            {
                var result = StepBenchmark.Run(parsed.GetValue(model)!, settings, parsed.GetValue(batch)!.Value,
                    parsed.GetValue(steps)!.Value, terminal.Reporter);
                Show(terminal, result);
                if (settings.Ranks.IsFirst)
                    Write(terminal, file, result.ToJson());
                return ExitCodes.Done;
            });
        });
        return command;
    }

    private static Command Generate(Terminal terminal)
    {
        var model = Options.Choice("--model", "The model whose generator is timed: s2i makes images, i2s spectrograms.", "s2i",
            ["s2i", "i2s"]);
        var device = new DeviceOptions("The device to time.");
        var batch = Options.Whole("--batch", "Samples at a time.", 1, 4096, 64);
        var calls = Options.Whole("--calls", "Batches to time, after sixty warm-up batches; the median counts.", 1, 100_000, 20);
        var json = Options.Path("--json", "FILE", "Also writes the result to this file, as one JSON object.");
        var command = new DocumentedCommand(
            "generate",
            "Times the generator of preset paper as it makes samples: with running statistics, without gradients and files.",
            new Example("bench generate", "Batches of 64 on the fastest device, with all cores."),
            new Example("bench generate --batch 1 --calls 200", "One sample at a time: how long a user waits."))
        {
            model, batch, calls, json,
        };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            var file = FileOf(parsed, json);
            var result = GenerateBenchmark.Run(
                parsed.GetValue(model)!, device.Read(parsed, terminal), parsed.GetValue(batch)!.Value, parsed.GetValue(calls)!.Value,
                    terminal.Reporter);
            var table = Tables.Plain($"Generator of {result.Model}", ">");
            table.AddRow("device", $"{result.Device}, {result.Threads} threads");
            table.AddRow("processor", CpuFeatures.Name.EscapeMarkup());
            table.AddRow("batch", $"{result.Batch}");
            table.AddRow("median", $"{result.MedianMs:0.00} ms");
            table.AddRow("fastest", $"{result.MinMs:0.00} ms");
            table.AddRow("samples a second", $"{result.ImagesPerSecond:0.0}");
            terminal.Console.Write(table);
            Write(terminal, file, result.ToJson());
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>The file to write the result to, if any; refused before anything is measured where it must not be written.</summary>
    private static string? FileOf(ParseResult parsed, Option<string?> option)
    {
        var file = parsed.GetValue(option);
        if (file is not null)
            Options.RequireWritable("json", file, ".json");
        return file;
    }

    private static void Write(Terminal terminal, string? file, string json)
    {
        if (file is null)
            return;
        AtomicFile.WriteText(file, json + "\n");
        terminal.Say($"written: {SummaryTable.Shorten(Path.GetFullPath(file))}");
    }

    private static void Show(Terminal terminal, StepBenchmark.Result result)
    {
        var table = Tables.Plain($"Step of {result.Model}", ">");
        table.AddRow("device", $"{result.Device}, {result.Threads} threads");
        table.AddRow("processor", CpuFeatures.Name.EscapeMarkup());
        table.AddRow("batch", result.Ranks == 1 ? $"{result.Batch}" : $"{result.Batch}, shared by {result.Ranks} ranks");
        table.AddRow("median", $"{result.MedianMs:0.0} ms");
        table.AddRow("fastest", $"{result.MinMs:0.0} ms");
        table.AddRow("images a second", $"{result.ImagesPerSecond:0.0}");
        table.AddRow("work a step", $"{result.GflopPerStep:0.0} GFLOP");
        table.AddRow("speed", $"{result.GflopPerStep * 1000 / result.MedianMs:0.0} GFLOP/s");
        if (result.Ranks > 1)
            table.AddRow("sums over ranks", $"{result.SumsMs:0.0} ms a step, {result.SumsMs / result.WallMs:0.0%}, waiting included");
        foreach (var line in result.ComputedBy)
            table.AddRow("computed by", line.EscapeMarkup());
        table.AddRow("peak memory", $"{result.PeakBytes / (double)(1 << 20):0} MiB");
        terminal.Console.Write(table);
    }
}
