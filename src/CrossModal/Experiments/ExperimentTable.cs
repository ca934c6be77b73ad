using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Runs;

namespace CrossModal.Experiments;

/// <summary>A column of a table in Markdown.</summary>
/// <param name="Cell">What stands in it in a row.</param>
internal sealed record TableColumn<T>(string Heading, Func<T, string> Cell);

/// <summary>An experiment whose result is a table: its folder, and the document, the table and the plot that are written there.</summary>
/// <param name="name">As in <c>experiment NAME</c>; its files are called so.</param>
internal sealed class ExperimentTable(string name, RunOptions options) : IDisposable
{
    private ExperimentFolder? _folder;

    public ExperimentSettings Settings { get; } = ExperimentSettings.Of($"experiment {name}", options);

    /// <summary>Where it is written; a second call with the same settings goes on there.</summary>
    /// <exception cref="BadInputException">Another experiment is there.</exception>
    public ExperimentFolder Folder => _folder ??= ExperimentFolder.Open(options.Out, Settings);

    /// <summary>The plot.</summary>
    public string Plot => Folder.In($"{name}.png");

    /// <summary>Trains what was not trained yet.</summary>
    public IReadOnlyList<FinishedRun> Train(IReadOnlyList<PlannedRun> runs, IRunReporter reporter, CancellationToken cancel) =>
        RunSeries.Execute(Settings.Command, Folder, runs, reporter, cancel);

    /// <summary>Writes the document and, in Markdown, what is to be read of it.</summary>
    /// <param name="lines">Of the Markdown.</param>
    public void Write<T>(T report, JsonTypeInfo<T> layout, IEnumerable<string> lines)
    {
        AtomicFile.WriteText(Folder.In($"{name}.json"), JsonSerializer.Serialize(report, layout));
        AtomicFile.WriteText(Folder.In($"{name}.md"), string.Join('\n', lines) + "\n");
    }

    /// <summary>Draws the accuracies by epoch, as Fig. 9 of Chen et al. 2017.</summary>
    /// <param name="what">What is named right, in the plural.</param>
    /// <param name="training">Whether a second panel has those of training conditions.</param>
    public void DrawCurves(string what, IReadOnlyList<FinishedRun> runs, bool training = false)
    {
        var validation = ExperimentRow.Curves("validation", runs, epoch => epoch.ValidationAccuracy);
        CurvePlot.Write(Plot, $"Generated {what} named right, by epoch", "epoch",
            training ? [validation, ExperimentRow.Curves("training", runs, epoch => epoch.TrainAccuracy)] : [validation]);
    }

    /// <summary>What the screen shows at the end.</summary>
    public RunSummary Summarize(IEnumerable<(string Name, string Value)> rows, IReadOnlyList<FinishedRun> runs) => new(
        Folder.Path, [.. rows],
        [Plot, .. runs.Select(run => run.Folder.Sample(run.Report.Epochs[^1].Epoch)).Distinct().Where(File.Exists)]);

    public void Dispose() => _folder?.Dispose();

    /// <summary>A table in Markdown, a line a row.</summary>
    public static IEnumerable<string> Lines<T>(IReadOnlyList<TableColumn<T>> columns, IEnumerable<T> rows) =>
    [
        $"| {string.Join(" | ", columns.Select(column => column.Heading))} |",
        $"|{string.Concat(columns.Select(_ => "---|"))}",
        .. rows.Select(row => $"| {string.Join(" | ", columns.Select(column => column.Cell(row)))} |"),
    ];
}
