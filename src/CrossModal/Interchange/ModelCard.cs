using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CrossModal.Evaluation;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;

namespace CrossModal.Interchange;

/// <summary>
/// The card of a run: what it does, what it was made of, what was measured, what it is not for. Its header is the one that the Hugging Face
/// hub reads (huggingface.co/docs/hub/model-cards).
/// </summary>
internal static class ModelCard
{
    /// <summary>How the data of a run are called that are made by this program.</summary>
    private const string BuiltIn = "synthetic";

    /// <summary>Writes it.</summary>
    /// <param name="path">The file; nothing is there.</param>
    /// <returns>Whether the run was measured: without that, the card has no figures.</returns>
    /// <exception cref="BadInputException">Something is there, or a file cannot be read or written.</exception>
    public static bool Write(SavedRun saved, string path)
    {
        if (Path.Exists(path))
            throw new SettingException("out", $"{path}: is there already; choose the name of a new file");
        var report = File.Exists(saved.Folder.Evaluation) ? EvaluationReport.Read(saved.Folder.Evaluation) : null;
        AtomicFile.WriteText(path, TextOf(saved, report));
        return report is not null;
    }

    /// <summary>The text.</summary>
    /// <param name="report">Null where nothing was measured.</param>
    internal static string TextOf(SavedRun saved, EvaluationReport? report)
    {
        var (run, folder) = saved;
        var name = Path.GetFileName(folder.Path);
        var text = new StringBuilder(Header(saved, name, report));
        text.Append(CultureInfo.InvariantCulture, $"""

            # {Plain(name)}

            {string.Join(' ', run.Kind.Directions.Select(direction => Purpose(direction, run.Model)))}

            | | |
            |---|---|
            | trained by | `{run.Kind.Command} --preset {Plain(run.Preset)}{(run.Scenario == Runs.Scenario.Pose ? " --scenario pose" : "")}`, seed {run.Seed}, version {Plain(run.Version)} |
            | data | {(IsBuiltIn(saved) ? "the built-in set: synthesized sounds and drawn pictures" : Plain(DataName(saved)))} |
            | classes | {string.Join(", ", run.Classes.Select(Plain))} |
            | networks | conditional GAN; {run.Model.Width} channels next to the image, a code of {run.Model.CodeSize} numbers and noise of {run.Model.NoiseSize}; {run.Gan.Loss.Word} loss |

            ## Figures

            {Figures(saved, report)}
            ## What it takes and makes

            Sounds are 22050 samples at 44.1 kHz, mono, full scale 1. Pictures are {run.Model.ImageSize} × {run.Model.ImageSize} pixels of red, green and blue from −1 (black) to 1 (white).

            ## Limits

            {Limits(saved)}
            """);
        return text.ToString();
    }

    private static string Header(SavedRun saved, string name, EvaluationReport? report)
    {
        var run = saved.Run;
        string[] tags = ["gan", "cross-modal", .. run.Kind.Directions.Select(RunNetworks.NameOf), "audio", "onnx"];
        var header = new StringBuilder();
        header.Append(CultureInfo.InvariantCulture, $"""
            ---
            license: {(IsBuiltIn(saved) ? "mit" : "unknown")}
            library_name: crossmodal
            tags:
            {string.Concat(tags.Select(tag => $"- {tag}\n"))}
            """);
        if (report is not null)
        {
            header.Append(CultureInfo.InvariantCulture, $"model-index:\n- name: {Quoted(name)}\n  results:\n");
            foreach (var (direction, figures) in Reports(saved, report))
            {
                header.Append(CultureInfo.InvariantCulture, $"""
                      - task:
                          type: {RunNetworks.NameOf(direction)}
                        dataset:
                          type: {Quoted(DataName(saved))}
                          name: {Quoted(DataName(saved))}
                          split: validation
                        metrics:
                        - type: accuracy
                          value: {figures.Validation.Accuracy:R}
                          name: {Quoted($"generated {direction.Outputs()} that the judge names right")}

                    """);
            }
        }

        return header.Append("---\n").ToString();
    }

    private static string Purpose(Direction direction, ModelSettings model) => direction == Direction.SoundToImage
        ? $"Half a second of sound to a picture of who plays, {model.ImageSize} × {model.ImageSize} pixels, one for each noise."
        : "A picture of a player to half a second of sound, by way of a spectrogram, one for each noise.";

    private static string Figures(SavedRun saved, EvaluationReport? report)
    {
        if (report is null)
            return "It was not measured.\n";
        var text = new StringBuilder("Each with its 95 % interval in brackets where songs could be drawn again.\n");
        foreach (var (direction, figures) in Reports(saved, report))
        {
            text.Append("\n| | |\n|---|---|\n");
            foreach (var (row, value) in DirectionMeasurement.Rows(direction, figures))
                text.Append(CultureInfo.InvariantCulture, $"| {(value == "" ? $"**{Plain(row)}**" : Plain(row.Trim()))} | {Plain(value)} |\n");
        }

        return text.ToString();
    }

    private static string Limits(SavedRun saved) => $"""
        It knows the {saved.Run.Classes.Count} classes above as its data show them: any other sound or picture is taken for whichever of them it resembles.
        {(IsBuiltIn(saved)
            ? "The data were made by the program that trained it: no recording and no photograph of anybody is in them, and it says nothing about people. Data and weights are under the MIT license."
            : "Its data are not part of this card. What they allow to be done with these weights has to be said by whoever gives them on, as the license above.")}
        The figures were measured by a judge that was trained on the same data, and are not comparable with those of another judge.

        """;

    private static IEnumerable<(Direction Direction, EvaluationReport Report)> Reports(SavedRun saved, EvaluationReport report) =>
        saved.Run.Kind.Directions.Zip(report.ImageToSound is { } other ? [report, other] : new[] { report });

    private static bool IsBuiltIn(SavedRun saved) => saved.Run.Data == BuiltIn;

    /// <summary>Without the folders above, which are nobody's business.</summary>
    private static string DataName(SavedRun saved) => Path.GetFileName(Path.TrimEndingDirectorySeparator(saved.Run.Data));

    /// <summary>A string of JSON is one of YAML too.</summary>
    private static string Quoted(string text) => JsonValue.Create(text).ToJsonString();

    /// <summary>Text that Markdown takes as it is: names of folders may hold anything.</summary>
    private static string Plain(string text) => string.Concat(Excerpt.OneLine(text)
        .Select(letter => letter is '\\' or '|' or '`' or '*' or '_' or '[' or '<' or '#' ? $"\\{letter}" : $"{letter}"));
}
