using CrossModal.Data;
using CrossModal.Kernels;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary>A report on a data set on the screen: a table of the classes, then what was measured, then what is odd.</summary>
internal static class DatasetReportView
{
    /// <summary>Lines of a list before it is cut.</summary>
    private const int Shown = 8;

    /// <summary>Classes as unequal as this are pointed out.</summary>
    private const double Imbalanced = 3;

    public static void Show(IAnsiConsole console, DatasetReport report)
    {
        console.MarkupLineInterpolated($"[bold]{Excerpt.OneLine(report.Folder)}[/]");
        console.MarkupLineInterpolated($"[gray]{report.Layout.Meaning}[/]");
        console.Write(ClassTable(report.Classes));
        console.Write(Facts(report));
        if (!report.Decoded)
            console.MarkupLine("[gray]only headers were read: damage behind them and silence are not known[/]");
        if (report.SharedSongs.Count > 0)
        {
            var songs = Listed([.. report.SharedSongs.Select(song => $"{song.Class} {song.Song}")]);
            console.MarkupLineInterpolated(
                $"[yellow]the same song numbers are in train and validation, which leaks if they are the same songs:[/] {songs}");
        }

        List(console, "yellow", $"{report.Skipped.Count} files have no partner or are missing",
            [.. report.Skipped.Select(file => $"{file.RelativePath}: {file.Reason}")]);
        List(console, "red", $"{report.BadFiles.Count} files cannot be decoded", [.. report.BadFiles.Select(file => file.Reason)]);
        ShowPoorSounds(console, report);
        List(console, "yellow", "warnings", report.Warnings);
        List(console, "red", "it cannot be trained on", report.Errors);
        if (report is { Errors.Count: 0, BadFiles.Count: 0, Skipped.Count: 0, Warnings.Count: 0, PoorSounds.Any: false })
            console.MarkupLine($"[green]every {(report.Decoded ? "file" : "header")} is in order[/]");
    }

    private static Table ClassTable(IReadOnlyList<ClassCounts> classes)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Gray);
        table.AddColumn("class");
        var windows = classes.Any(counts => counts.Train.Windows != counts.Train.Sounds
            || counts.Validation.Windows != counts.Validation.Sounds);
        string[] columns = windows ? ["sounds", "windows", "images"] : ["sounds", "images"];
        foreach (var split in new[] { "train", "validation" })
            foreach (var column in columns)
                table.AddColumn(new TableColumn($"{split}\n{column}").RightAligned());
        foreach (var counts in classes)
            table.AddRow(Row(counts));
        if (classes.Count == 0)
            return table;
        table.AddEmptyRow();
        return table.AddRow(Row(new ClassCounts("all", classes.Aggregate(new MediaCounts(), (sum, counts) => sum + counts.Train),
            classes.Aggregate(new MediaCounts(), (sum, counts) => sum + counts.Validation))));

        string[] Row(ClassCounts counts) =>
            [Markup.Escape(Excerpt.OneLine(counts.Name)), .. Cells(counts.Train), .. Cells(counts.Validation)];

        string[] Cells(MediaCounts counts) =>
            windows ? [$"{counts.Sounds}", $"{counts.Windows}", $"{counts.Images}"] : [$"{counts.Sounds}", $"{counts.Images}"];
    }

    private static Table Facts(DatasetReport report)
    {
        var facts = new Table().Border(TableBorder.None).HideHeaders().AddColumn("").AddColumn("");
        if (report.Durations is { } spread)
            facts.AddRow("sounds last", $"{spread.Least:0.##} to {spread.Greatest:0.##} s, median {spread.Median:0.##} s");
        facts.AddRow("split", Markup.Escape(report.SplitRule));
        facts.AddRow("sound formats", Markup.Escape(
            Listed([.. report.SoundFormats.Select(format => $"{format.SampleRate} Hz × {format.Channels} ({format.Count})")])));
        facts.AddRow("image sizes",
            Markup.Escape(Listed([.. report.ImageSizes.Select(size => $"{size.Width} × {size.Height} ({size.Count})")])));
        return facts.AddRow("imbalance", report.Imbalance >= Imbalanced
            ? $"[yellow]{report.Imbalance:F1} : 1 between the largest and the smallest class; read accuracy as the mean over classes[/]"
            : $"{report.Imbalance:F1} : 1 between the largest and the smallest class");
    }

    private static void ShowPoorSounds(IAnsiConsole console, DatasetReport report)
    {
        var poor = report.PoorSounds;
        var examined = poor.Examined < report.Classes.Sum(counts => counts.Train.Sounds + counts.Validation.Sounds)
            ? $" of the {poor.Examined} that were listened to" : "";
        foreach (var (fault, sounds) in new[]
        {
            ("silent", poor.Silent), ("clipped: samples stand at full scale in rows", poor.Clipped),
            ("shorter than 0.5 s and filled up with silence", poor.Short),
        })
        {
            var (noun, verb) = sounds.Count == 1 ? ("sound", "is") : ("sounds", "are");
            if (sounds.Count > 0)
                console.MarkupLineInterpolated(
                    $"[yellow]{sounds.Count} {noun}{examined} {verb} {fault}[/], the first: {Excerpt.OneLine(sounds[0])}");
        }
    }

    private static string Listed(string[] items) =>
        items.Length == 0
            ? "none" : string.Join(", ", items.Take(Shown)) + (items.Length > Shown ? $" and {items.Length - Shown} more" : "");

    private static void List(IAnsiConsole console, string color, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
            return;
        console.MarkupLine($"[{color}]{Markup.Escape(title)}[/]");
        foreach (var line in lines.Take(Shown))
            console.MarkupLineInterpolated($"  {Excerpt.OneLine(line)}");
        if (lines.Count > Shown)
            console.MarkupLineInterpolated($"  and {lines.Count - Shown} more");
    }
}
