using Spectre.Console;

namespace CrossModal.Cli;

/// <summary>The look that all tables on the screen share: plain rules, no box, so that they can be copied into a report.</summary>
internal static class Tables
{
    /// <summary>A table with these headings; a heading that ends in <c>&gt;</c> stands over figures and is set flush right.</summary>
    public static Table Plain(params string[] headings)
    {
        var table = new Table { Border = TableBorder.Simple, UseSafeBorder = true };
        foreach (var heading in headings)
        {
            var figures = heading.EndsWith('>');
            table.AddColumn(new TableColumn(Markup.Escape(figures ? heading[..^1] : heading))
            {
                Alignment = figures ? Justify.Right
                : Justify.Left
            });
        }

        return table;
    }
}
