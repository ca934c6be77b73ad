using System.CommandLine;
using CrossModal.Cli;

namespace CrossModal.Tests.Cli;

public class HelpTests
{
    public static TheoryData<string> Commands()
    {
        var data = new TheoryData<string>();
        foreach (var command in AllCommands())
            data.Add(CommandTree.PathOf(command)[CommandTree.ProgramName.Length..].Trim());
        return data;
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void HelpDescribesEveryPartAndEndsWithExamples(string command)
    {
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var help = Invocation.InProcess([.. words, "--help"]);
        Assert.Equal(0, help.ExitCode);
        Assert.Empty(help.Error);
        Assert.Contains($"crossmodal {command}".TrimEnd(), help.Output);
        var examples = help.Output[help.Output.IndexOf("Examples:", StringComparison.Ordinal)..];
        Assert.Contains("  crossmodal " + command, examples);
    }

    [Fact]
    public void EveryCommandAndOptionHasASentence()
    {
        foreach (var command in AllCommands())
        {
            Assert.EndsWith(".", command.Description);
            foreach (var symbol in command.Options.Cast<Symbol>().Concat(command.Arguments))
                Assert.True(symbol.Description?.EndsWith('.') == true,
                    $"{CommandTree.PathOf(command)} {symbol.Name}: '{symbol.Description}' is no sentence");
        }
    }

    [Fact]
    public void ExamplesAreRightUsage()
    {
        using var terminal = new Terminal(TextWriter.Null, TextWriter.Null);
        var root = CommandTree.Build(terminal);
        foreach (var command in AllCommands().OfType<DocumentedCommand>())
        {
            Assert.NotEmpty(command.Examples);
            foreach (var example in command.Examples)
                Assert.Empty(root.Parse(example.Line).Errors);
        }
    }

    [Fact]
    public void NoArgumentsShowTheOverview()
    {
        var overview = Invocation.InProcess();
        Assert.Equal(0, overview.ExitCode);
        Assert.Equal(Invocation.InProcess("--help").Output, overview.Output);
        Assert.Contains("devices", overview.Output);
    }

    [Fact]
    public void HelpWinsOverAWrongValue() => Assert.Equal(0, Invocation.InProcess("devices", "--nonsense", "--help").ExitCode);

    [Fact]
    public void VersionIsOneLine()
    {
        var version = Invocation.InProcess("--version");
        Assert.Equal(0, version.ExitCode);
        Assert.Matches(@"^crossmodal \d+\.\d+\.\d+[^\n]*\n$", version.Output.ReplaceLineEndings("\n"));
    }

    private static IEnumerable<Command> AllCommands()
    {
        using var terminal = new Terminal(TextWriter.Null, TextWriter.Null);
        return Flatten(CommandTree.Build(terminal)).ToList();

        static IEnumerable<Command> Flatten(Command command) => command.Subcommands.SelectMany(Flatten).Prepend(command);
    }
}
