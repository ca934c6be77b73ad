using System.CommandLine;

namespace CrossModal.Cli;

/// <summary><c>evaluate</c>: measures a trained run again.</summary>
internal static class EvaluateCommand
{
    public static Command Build(Terminal terminal)
    {
        var folder = Options.RequiredPath("--run", "DIR", "The folder of a run of train s2i, train i2s or train cmcgan.");
        var data = Options.Path("--data", "synthetic|DIR",
            "Other data with the same classes to measure on; without it, the data of the run.");
        var device = new DeviceOptions();
        var command = new DocumentedCommand(
            "evaluate",
            "Measures a run again: how many generated pictures or spectrograms the judge names right, by class, and more; writes "
                + "evaluation.json and confusion.png into the run folder, and for other data evaluation-NAME.json and "
                + "confusion-NAME.png beside them.",
            new Example("evaluate --run runs/paper", "The figures of the last checkpoint."),
            new Example("evaluate --run runs/paper --data data/Sub-URMP", "The same on other songs of the same instruments."))
        {
            folder, data,
        };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            using var interruption = Interruption.Watch(terminal, "stopping…");
            using var run = TrainedRun.Open(parsed.GetValue(folder)!, device.Read(parsed, terminal));
            var summary = run.Measure(parsed.GetValue(data), terminal.Reporter, interruption.Token).Summary;
            SummaryTable.Show(terminal, summary);
            summary.RequireWritten();
            return ExitCodes.Done;
        });
        return command;
    }
}
