using System.CommandLine;
using CrossModal.Interchange;
using CrossModal.Pipelines;
using CrossModal.Runs;

namespace CrossModal.Cli;

/// <summary><c>export</c>: what was trained, for use elsewhere.</summary>
internal static class ExportCommands
{
    private const double Megabyte = 1e6;

    public static Command Build(Terminal terminal) => new("export", "Writes what was trained for use elsewhere.")
    {
        BuildRun(terminal), BuildOnnx(terminal), BuildSafeTensors(terminal), BuildCard(terminal),
    };

    private static DocumentedCommand BuildRun(Terminal terminal) => Build(
        new DocumentedCommand(
            "run",
            "Writes a small copy of a run, to be handed on: it generates, can be looked into and measured, and cannot be trained further. "
                + "Weights are rounded to float16; optimizers, older checkpoints and pictures are left out.",
            new Example("export run --run runs/small --out models/pose-s2i", "A copy of a few megabytes.")),
        Options.RequiredPath("--out", "DIR", "The folder to make."),
        (saved, copy) =>
        {
            var bytes = RunExport.Write(saved, copy);
            if (!File.Exists(saved.Folder.Evaluation))
                terminal.Reporter.Warning($"{saved.Folder.Path} was not trained to its end: it has no evaluation.json");
            terminal.Output.WriteLine($"{copy}: {bytes / Megabyte:0.0} MB");
        });

    private static DocumentedCommand BuildOnnx(Terminal terminal) => Build(
        new DocumentedCommand(
            "onnx",
            "Writes the networks of a run as ONNX (opset 17, any batch): generator, discriminator, encoder and judge, and the whole way "
                + "from 22050 samples to a picture, or from a picture to a sound, in one file.",
            new Example("export onnx --run models/pose-s2i --out onnx", "Five files; onnx/sound-to-image.onnx takes sound and noise.")),
        Options.RequiredPath("--out", "DIR", "The folder to make."),
        (saved, folder) => Tell(terminal, folder, OnnxExport.Write(saved, folder)));

    private static DocumentedCommand BuildSafeTensors(Terminal terminal) => Build(
        new DocumentedCommand(
            "safetensors",
            "Writes the weights of a run alone, a file for each network, under PyTorch's names, and a script that loads the generator "
                + "there.",
            new Example("export safetensors --run models/pose-s2i --out weights", "Four files and weights/load.py.")),
        Options.RequiredPath("--out", "DIR", "The folder to make."),
        (saved, folder) => Tell(terminal, folder, WeightsExport.Write(saved, folder)));

    private static DocumentedCommand BuildCard(Terminal terminal) => Build(
        new DocumentedCommand(
            "card",
            "Writes the card of a run: what it does, what it was made of, what was measured, and its limits, with the header that the "
                + "Hugging Face hub reads.",
            new Example("export card --run models/pose-s2i --out README.md", "A page of Markdown.")),
        Options.RequiredPath("--out", "FILE.md", "The file to make.", ".md"),
        (saved, file) =>
        {
            if (!ModelCard.Write(saved, file))
                terminal.Reporter.Warning($"{saved.Folder.Path} was not trained to its end: its card has no figures");
            terminal.Output.WriteLine($"written: {file}");
        });

    private static DocumentedCommand Build(DocumentedCommand command, Option<string> target, Action<SavedRun, string> write)
    {
        var folder = Options.RequiredPath("--run", "DIR", "The folder of a run of train s2i, train i2s or train cmcgan.");
        command.Options.Add(folder);
        command.Options.Add(target);
        command.SetAction(parsed =>
        {
            write(SavedRun.Open(parsed.GetValue(folder)!, RunKind.All.Where(kind => kind.Directions.Count > 0)), parsed.GetValue(target)!);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Tell(Terminal terminal, string folder, IReadOnlyList<(string Name, long Bytes)> files)
    {
        foreach (var (name, bytes) in files.OrderBy(file => file.Name, StringComparer.Ordinal))
            terminal.Output.WriteLine($"{Path.Combine(folder, name)}: {bytes / Megabyte:0.00} MB");
    }
}
