using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;

namespace CrossModal.Cli;

/// <summary>All commands of the program.</summary>
internal static class CommandTree
{
    public const string ProgramName = "crossmodal";

    public static RootCommand Build(Terminal terminal)
    {
        var root = new RootCommand(
            "Learns to draw the player of a musical instrument from its sound: conditional GANs on an engine written from scratch.")
        {
            TrainCommands.Build(terminal),
            GenerateCommands.Build(terminal),
            EvaluateCommand.Build(terminal),
            ExportCommands.Build(terminal),
            ExperimentCommands.Build(terminal),
            HumanEvaluationCommands.Build(terminal),
            DataCommands.Build(terminal),
            SelftestCommand.Build(terminal),
            BenchCommands.Build(terminal),
            InspectCommands.Build(terminal),
            DevicesCommand.Build(terminal),
            StudioCommand.Build(terminal),
        };
        foreach (var option in root.Options)
        {
            switch (option)
            {
                case HelpOption:
                    option.Description = "Shows what a command does, its options with their defaults, and examples.";
                    option.Action = new HelpPage(terminal, asked: true);
                    break;
                case VersionOption:
                    option.Description = "Shows the version.";
                    option.Action = new ShowVersion(terminal);
                    break;
            }
        }

        // Nothing asked for: the overview is what a newcomer needs.
        root.Action = new HelpPage(terminal, asked: false);
        return root;
    }

    /// <summary>Words that lead to a command, program's name first.</summary>
    public static string PathOf(Command command)
    {
        var names = new Stack<string>();
        for (Symbol? symbol = command; symbol is Command; symbol = symbol.Parents.FirstOrDefault())
            names.Push(symbol is RootCommand ? ProgramName : symbol.Name);
        return string.Join(' ', names);
    }

    private sealed class ShowVersion(Terminal terminal) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            // The build appends the commit after a plus sign where it knows one.
            var version =
                typeof(CommandTree).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+');
            terminal.Output.WriteLine($"{ProgramName} {version[0]}" + (version.Length > 1 ? $" (commit {version[1]})" : ""));
            return ExitCodes.Done;
        }
    }
}
