using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace CrossModal.Cli;

/// <summary>
/// What <c>--help</c> prints: what the command does, how it is written, its parts with their defaults, and examples to copy.
/// </summary>
/// <param name="terminal">Where it is printed.</param>
/// <param name="asked">Whether <c>--help</c> was written: then a page is wanted even where the rest of the line is wrong.</param>
internal sealed class HelpPage(Terminal terminal, bool asked) : SynchronousCommandLineAction
{
    private const int WidestFirstColumn = 34, WidestPage = 130;

    public override bool ClearsParseErrors => asked;

    private int Width => Math.Min(terminal.Width, WidestPage);

    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        var root = command is RootCommand;
        foreach (var line in Wrap(command.Description!, Width))
            Line(line);
        Line("");
        Heading("Usage");
        Line("  " + Usage(command));
        Section("Arguments", command.Arguments.Select(argument => ($"<{argument.HelpName ?? argument.Name}>", argument.Description!)));
        Section("Commands", command.Subcommands.Select(child => (child.Name, child.Description!)));
        var inherited = root ? [] : parseResult.RootCommandResult.Command.Options.Where(option => option.Recursive);
        Section("Options", command.Options.Concat(inherited).Distinct().Select(option => (Label(option), Describe(option))));
        Examples(command);
        if (root)
        {
            Line("");
            Line($"From the source folder: dotnet run -- COMMAND. More on a command: {CommandTree.ProgramName} COMMAND --help");
        }

        return ExitCodes.Done;
    }

    private static string Usage(Command command)
    {
        var parts = new List<string> { CommandTree.PathOf(command) };
        parts.AddRange(command.Arguments.Select(argument => $"<{argument.HelpName ?? argument.Name}>"));
        parts.AddRange(command.Options.Where(option => option.Required).Select(Label));
        if (command.Subcommands.Count > 0)
            parts.Add("<command>");
        parts.Add("[options]");
        return string.Join(' ', parts);
    }

    private static string Label(Option option) => option switch
    {
        HelpOption => "-h, --help",
        { HelpName: { } value } => $"{option.Name} <{value}>",
        _ => option.Name,
    };

    private static string Describe(Option option)
    {
        if (option.Required)
            return $"{option.Description} [required]";
        return option.HasDefaultValue && option.GetDefaultValue() is { } value and not bool ? $"{option.Description} [default: {value}]"
            : option.Description!;
    }

    /// <summary>A command's own examples; for a group, the first of each command in it.</summary>
    private static IEnumerable<Example> ExamplesOf(Command command) => command is DocumentedCommand documented
        ? documented.Examples
        : command.Subcommands.SelectMany(child => child is DocumentedCommand leaf ? leaf.Examples.Take(1) : ExamplesOf(child));

    private void Examples(Command command)
    {
        Line("");
        Heading("Examples");
        foreach (var example in ExamplesOf(command))
        {
            Line($"  {CommandTree.ProgramName} {example.Line}");
            foreach (var line in Wrap(example.Meaning, Width - 6))
                Line("      " + line);
        }
    }

    private void Section(string title, IEnumerable<(string Label, string Text)> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
            return;
        Line("");
        Heading(title);
        var width = Math.Min(WidestFirstColumn, all.Max(row => row.Label.Length));
        foreach (var (label, text) in all)
        {
            var lines = Wrap(text, Math.Max(24, Width - width - 4)).ToList();
            if (label.Length > width)
                Line("  " + label);
            else
                Line($"  {label.PadRight(width)}  {lines[0]}");
            foreach (var line in lines.Skip(label.Length > width ? 0 : 1))
                Line(new string(' ', width + 4) + line);
        }
    }

    private void Heading(string text) => Line(text + ":");

    private void Line(string text) => terminal.Output.WriteLine(text);

    private static IEnumerable<string> Wrap(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line += line.Length > 0 ? " " + word : word;
        }

        yield return line;
    }
}
