using System.CommandLine;
using CrossModal.Pipelines;
using CrossModal.Runs;

namespace CrossModal.Cli;

/// <summary><c>export</c>: what was trained, for use elsewhere.</summary>
internal static class ExportCommands
{
    private const double Megabyte = 1e6;

    public static Command Build(Terminal terminal) => new("export", "Writes what was trained for use elsewhere.") { BuildRun(terminal) };

    private static DocumentedCommand BuildRun(Terminal terminal)
    {
        var folder = Options.RequiredPath("--run", "DIR", "The folder of a run of train s2i, train i2s or train cmcgan.");
        var copy = Options.RequiredPath("--out", "DIR", "The folder to make.");
        var command = new DocumentedCommand(
            "run",
            "Writes a small copy of a run, to be handed on: it generates, can be looked into and measured, and cannot be trained further. "
                + "Weights are rounded to float16; optimizers, older checkpoints and pictures are left out.",
            new Example("export run --run runs/small --out models/pose-s2i", "A copy of a few megabytes."))
        {
            folder, copy,
        };
        command.SetAction(parsed =>
        {
            var saved = SavedRun.Open(parsed.GetValue(folder)!, RunKind.All.Where(kind => kind.Directions.Count > 0));
            var bytes = RunExport.Write(saved, parsed.GetValue(copy)!);
            if (!File.Exists(saved.Folder.Evaluation))
                terminal.Reporter.Warning($"{saved.Folder.Path} was not trained to its end: it has no evaluation.json");
            terminal.Output.WriteLine($"{parsed.GetValue(copy)}: {bytes / Megabyte:0.0} MB");
            return ExitCodes.Done;
        });
        return command;
    }
}
