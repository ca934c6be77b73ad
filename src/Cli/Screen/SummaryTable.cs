using CrossModal.Runs;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary>How a run ends on the screen: its figures, the pictures to look at, its folder.</summary>
internal static class SummaryTable
{
    public static void Show(Terminal terminal, RunSummary summary)
    {
        var table = Tables.Plain("Result", ">");
        foreach (var (name, value) in summary.Rows)
            table.AddRow(Markup.Escape(name), Markup.Escape(value));
        terminal.Console.Write(table);
        foreach (var picture in summary.Pictures)
            terminal.Say($"look at: {Shorten(picture)}");
        terminal.Say($"all files: {Shorten(summary.Folder)}");
    }

    /// <summary>The path from where the user stands, where that is shorter.</summary>
    public static string Shorten(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.Length < path.Length && !relative.StartsWith("..", StringComparison.Ordinal) ? relative : path;
    }
}
