using Spectre.Console;

namespace CrossModal.Data;

public sealed partial record DatasetReport
{
    /// <summary>Lines of a list before it is cut.</summary>
    private const int Shown = 8;

    /// <summary>Shows the report on a console: a table of the classes, then what was measured, then what is odd.</summary>
    public void Render(IAnsiConsole console)
    {
        console.MarkupLineInterpolated($"[bold]{Folder}[/]");
        console.MarkupLine(Layout == DatasetLayout.StemPairs
            ? "[gray]Sub-URMP layout: sounds and images are paired by file name[/]"
            : "[gray]one folder a class: sounds and images belong together by class only[/]");
        console.Write(ClassTable());

        var facts = new Table().Border(TableBorder.None).HideHeaders().AddColumn("").AddColumn("");
        if (Durations is { } spread)
            facts.AddRow("sounds last", $"{spread.Least:0.##} to {spread.Greatest:0.##} s, median {spread.Median:0.##} s");
        facts.AddRow("sound formats",
            Markup.Escape(Listed([.. SoundFormats.Select(format => $"{format.SampleRate} Hz × {format.Channels} ({format.Count})")])));
        facts.AddRow("image sizes", Markup.Escape(Listed([.. ImageSizes.Select(size => $"{size.Width} × {size.Height} ({size.Count})")])));
        facts.AddRow("imbalance", Imbalance >= Imbalanced
            ? $"[yellow]{Imbalance:F1} : 1 between the largest and the smallest class; read accuracy as the mean over classes[/]"
            : $"{Imbalance:F1} : 1 between the largest and the smallest class");
        console.Write(facts);

        if (SharedSongs.Count > 0)
        {
            var songs = Listed([.. SharedSongs.Select(song => $"{song.Class} {song.Song}")]);
            console.MarkupLineInterpolated(
                $"[yellow]the same song numbers are in train and validation, which leaks if they are the same songs:[/] {songs}");
        }

        List(console, "yellow", $"{Skipped.Count} files have no partner or are missing",
            [.. Skipped.Select(file => $"{file.RelativePath}: {file.Reason}")]);
        List(console, "red", $"{BadFiles.Count} files cannot be decoded", [.. BadFiles.Select(file => file.Reason)]);
        var examined = PoorSounds.Examined < Classes.Sum(counts => counts.TrainSounds + counts.ValidationSounds)
            ? $" of the {PoorSounds.Examined} that were listened to" : "";
        foreach (var (fault, sounds) in new[]
        {
            ("silent", PoorSounds.Silent), ("clipped: samples stand at full scale in rows", PoorSounds.Clipped),
                ("shorter than 0.5 s and filled up with silence", PoorSounds.Short),
        })
        {
            var (noun, verb) = sounds.Count == 1 ? ("sound", "is") : ("sounds", "are");
            if (sounds.Count > 0)
                console.MarkupLineInterpolated($"[yellow]{sounds.Count} {noun}{examined} {verb} {fault}[/], the first: {sounds[0]}");
        }

        List(console, "yellow", "warnings", Warnings);
        List(console, "red", "it cannot be trained on", Errors);
        if (Errors.Count == 0 && BadFiles.Count == 0 && Skipped.Count == 0 && !PoorSounds.Any)
            console.MarkupLine("[green]every file is in order[/]");
    }

    private Table ClassTable()
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Gray);
        table.AddColumn("class");
        var windows = Classes.Any(counts => counts.TrainWindows != counts.TrainSounds
            || counts.ValidationWindows != counts.ValidationSounds);
        string[] columns = windows ? ["sounds", "windows", "images"] : ["sounds", "images"];
        foreach (var split in new[] { "train", "validation" })
            foreach (var column in columns)
                table.AddColumn(new TableColumn($"{split}\n{column}").RightAligned());
        foreach (var counts in Classes)
            table.AddRow(Row(counts));
        if (Classes.Count == 0)
            return table;
        table.AddEmptyRow();
        return table.AddRow(Row(new ClassCounts(
            "all", Classes.Sum(c => c.TrainSounds), Classes.Sum(c => c.TrainWindows), Classes.Sum(c => c.TrainImages),
            Classes.Sum(c => c.ValidationSounds), Classes.Sum(c => c.ValidationWindows), Classes.Sum(c => c.ValidationImages))));

        string[] Row(ClassCounts counts) => windows
            ? [Markup.Escape(counts.Name), $"{counts.TrainSounds}", $"{counts.TrainWindows}", $"{counts.TrainImages}",
                $"{counts.ValidationSounds}",
                $"{counts.ValidationWindows}", $"{counts.ValidationImages}"]
            : [Markup.Escape(counts.Name), $"{counts.TrainSounds}", $"{counts.TrainImages}", $"{counts.ValidationSounds}",
                $"{counts.ValidationImages}"];
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
            console.MarkupLineInterpolated($"  {line}");
        if (lines.Count > Shown)
            console.MarkupLineInterpolated($"  and {lines.Count - Shown} more");
    }
}
