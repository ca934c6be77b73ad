using System.CommandLine;
using System.CommandLine.Parsing;

namespace CrossModal.Cli;

/// <summary>Says in one line what is wrong with a command line: which argument, what is allowed, and where to read more.</summary>
internal static class WrongUsage
{
    public static string Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var reason = Reason(parsed, command);
        return reason + (reason.EndsWith('?') ? " See" : "; see") + $" {CommandTree.PathOf(command)} --help";
    }

    private static string Reason(ParseResult parsed, Command command)
    {
        // A word nobody knows is most likely the cause of whatever else is missing.
        if (parsed.UnmatchedTokens is [var unknown, ..])
            return Unknown(unknown, command);
        var error = parsed.Errors[0];
        return error.SymbolResult switch
        {
            CommandResult when command.Subcommands.Count > 0 =>
                $"{CommandTree.PathOf(command)}: choose one of {Names(command.Subcommands)}",
            CommandResult or null => error.Message,
            OptionResult { IdentifierTokenCount: 0 } option => $"{option.Option.Name} <{option.Option.HelpName}> must be given",
            OptionResult { Tokens.Count: 0 } option => $"{option.Option.Name}: its value <{option.Option.HelpName}> is missing",
            OptionResult { IdentifierTokenCount: > 1 } option =>
                $"{option.Option.Name}: is given {option.IdentifierTokenCount} times, must be given once",
            ArgumentResult { Tokens.Count: 0 } argument when argument.Parent is CommandResult =>
                $"<{argument.Argument.HelpName ?? argument.Argument.Name}> is missing",
            _ => error.Message,
        };
    }

    private static string Unknown(string token, Command command)
    {
        var isOption = token.StartsWith('-') && token.Length > 1;
        if (!isOption && command.Subcommands.Count == 0)
            return $"{token}: unexpected, {CommandTree.PathOf(command)} takes no such argument";
        IEnumerable<Symbol> known = isOption ? command.Options : command.Subcommands;
        var kind = isOption ? "option" : "command";
        var nearest = known.Select(symbol => (symbol.Name, Distance: Distance(token, symbol.Name))).OrderBy(pair => pair.Distance)
            .FirstOrDefault();
        if (nearest.Name is not null && nearest.Distance <= Math.Max(1, token.Length / 3))
            return $"{token}: no such {kind}; did you mean {nearest.Name}?";
        return isOption ? $"{token}: no such option of {CommandTree.PathOf(command)}"
            : $"{token}: no such command; choose one of {Names(command.Subcommands)}";
    }

    private static string Names(IEnumerable<Command> commands) => string.Join(", ", commands.Select(command => command.Name));

    /// <summary>How many letters to insert, delete or change to get from one word to the other (Levenshtein).</summary>
    private static int Distance(string first, string second)
    {
        var previous = Enumerable.Range(0, second.Length + 1).ToArray();
        for (var i = 1; i <= first.Length; i++)
        {
            var current = new int[second.Length + 1];
            current[0] = i;
            for (var j = 1; j <= second.Length; j++)
            {
                var change = previous[j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1);
                current[j] = Math.Min(change, Math.Min(previous[j], current[j - 1]) + 1);
            }

            previous = current;
        }

        return previous[second.Length];
    }
}
