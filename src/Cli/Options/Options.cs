using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CrossModal.Kernels;

namespace CrossModal.Cli;

/// <summary>
/// Kinds of options. Each says in its own words what it takes, names itself in every complaint, and refuses a bad value before anything is
/// begun.
/// </summary>
internal static class Options
{
    /// <summary>A whole number, absent unless given.</summary>
    public static Option<int?> Whole(string name, string description, int least = 1, int most = int.MaxValue)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        option.CustomParser = result => ParseWhole(name, result, least, most);
        return option;
    }

    /// <summary>A whole number with a default.</summary>
    public static Option<int?> Whole(string name, string description, int least, int most, int byDefault)
    {
        var option = Whole(name, description, least, most);
        option.DefaultValueFactory = _ => byDefault;
        return option;
    }

    /// <summary>A number, absent unless given.</summary>
    public static Option<double?> Number(string name, string description, double least, double most)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = "X" };
        option.CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                || !(value >= least && value <= most))
                result.AddError($"{name} {text}: must be a number from {least} to {most}");
            return value;
        };
        return option;
    }

    /// <summary>The seed of everything random.</summary>
    public static Option<ulong> Seed(string description, ulong byDefault)
    {
        var option = new Option<ulong>("--seed") { Description = description, HelpName = "N", DefaultValueFactory = _ => byDefault };
        option.CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                result.AddError($"--seed {text}: must be a whole number from 0 to {ulong.MaxValue}");
            return value;
        };
        return option;
    }

    /// <summary>One word out of a few.</summary>
    public static Option<string> Choice(string name, string description, string byDefault, IReadOnlyList<string> choices)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = string.Join('|', choices),
            DefaultValueFactory = _ =>
            byDefault
        };
        option.CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (!choices.Contains(text))
                result.AddError($"{name} {text}: must be one of {string.Join(", ", choices)}");
            return text;
        };
        option.CompletionSources.Add([.. choices]);
        return option;
    }

    /// <summary>A word or a folder, with a default.</summary>
    public static Option<string> Text(string name, string helpName, string description, string byDefault)
    {
        var option = new Option<string>(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => byDefault };
        option.CustomParser = result => ParsePath(name, result, []);
        return option;
    }

    /// <summary>What the user has typed; null where the default stands in.</summary>
    public static string? Given(ParseResult parsed, Option<string> option) =>
        parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option) : null;

    /// <summary>Two options of which at most one may be given.</summary>
    public static void Exclude(Command command, Option first, Option second) => command.Validators.Add(result =>
    {
        if (result.GetResult(first) is { Implicit: false } && result.GetResult(second) is { Implicit: false })
            result.AddError($"{first.Name} and {second.Name} exclude each other: give one of them");
    });

    /// <summary>An option that means nothing without another.</summary>
    /// <param name="what">What the other one names.</param>
    public static void Need(Command command, Option option, Option needed, string what) => command.Validators.Add(result =>
    {
        if (result.GetResult(option) is { Implicit: false } && result.GetResult(needed) is not { Implicit: false })
            result.AddError($"{option.Name}: needs {needed.Name} {needed.HelpName}, {what}");
    });

    /// <summary>A file or folder, absent unless given.</summary>
    /// <param name="endings">What a file's name may end in; none for anything.</param>
    public static Option<string?> Path(string name, string helpName, string description, params string[] endings)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = helpName };
        option.CustomParser = result => ParsePath(name, result, endings);
        return option;
    }

    /// <summary>A file or folder that must be given.</summary>
    public static Option<string> RequiredPath(string name, string helpName, string description, params string[] endings)
    {
        var option = new Option<string>(name) { Description = description, HelpName = helpName, Required = true };
        option.CustomParser = result => ParsePath(name, result, endings);
        return option;
    }

    /// <summary>Refuses a file that must not be written, before anything is made for it.</summary>
    /// <param name="name">Of the option, without dashes.</param>
    /// <param name="kind">The ending that it must have, and whose files may be replaced.</param>
    /// <param name="inputs">What it is made of.</param>
    /// <exception cref="SettingException">It is a folder, an input, or another kind of file.</exception>
    public static void RequireWritable(string name, string path, string kind, params ReadOnlySpan<string> inputs)
    {
        if (OutputFile.Objection(path, kind, inputs) is { } objection)
            throw new SettingException(name, $"{path}: {objection}");
    }

    /// <summary>Files or folders of which at least one must be given; the option is repeated for each.</summary>
    public static Option<string[]> RequiredPaths(string name, string helpName, string description)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            HelpName = helpName,
            Required = true,
            Arity = ArgumentArity.OneOrMore
        };
        option.CustomParser = result =>
        {
            if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
                result.AddError($"{name}: the name of a file or folder must not be empty");
            return [.. result.Tokens.Select(token => token.Value)];
        };
        return option;
    }

    /// <summary>A folder that stands in a place of its own, without an option's name.</summary>
    public static Argument<string> Folder(string description)
    {
        var argument = new Argument<string>("folder") { HelpName = "DIR", Description = description };
        argument.CustomParser = result => ParsePath("<DIR>", result, []);
        return argument;
    }

    public static Option<int?> Threads(string description = "Threads that the device cpu may use; 0 for one a core.") =>
        Whole("--threads", description, 0, 1024, 0);

    private static int? ParseWhole(string name, ArgumentResult result, int least, int most)
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least
            && value <= most)
            return value;
        result.AddError($"{name} {text}: must be a whole number "
            + (most == int.MaxValue ? $"of at least {least}" : $"from {least} to {most}"));
        return null;
    }

    private static string ParsePath(string name, ArgumentResult result, string[] endings)
    {
        var (text, kinds) = (result.Tokens[0].Value, OneOf(endings));
        if (string.IsNullOrWhiteSpace(text))
            result.AddError($"{name}: the name of a {(endings is [] ? "file or folder" : $"{kinds} file")} must not be empty");
        else if (endings is not [] && !endings.Any(ending => text.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            result.AddError($"{name} {text}: must end in {kinds}");
        return text;
    }

    private static string OneOf(string[] words) => words is [.. var first, var last] && first is not []
        ? $"{string.Join(", ", first)} or {last}" : string.Concat(words);
}
