using System.Text;
using System.Text.Json.Nodes;
using CrossModal.Evaluation;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;

namespace CrossModal.Interchange;

/// <summary>
/// The card of a run: what it does, what it was made of, what was measured, what it is not for. Its header is the one that the Hugging Face
/// hub reads (huggingface.co/docs/hub/model-cards).
/// </summary>
internal sealed class ModelCard
{
    /// <summary>How the data of a run are called that are made by this program.</summary>
    private const string BuiltInData = "synthetic";

    private readonly StringBuilder _text = new();
    private readonly RunSettings _run;
    private readonly string _name, _data;
    private readonly EvaluationReport? _report;

    private ModelCard(SavedRun saved, EvaluationReport? report)
    {
        (_run, _report) = (saved.Run, report);
        _name = Path.GetFileName(saved.Folder.Path);

        // Without the folders above, which are nobody's business.
        _data = Path.GetFileName(Path.TrimEndingDirectorySeparator(_run.Data));
    }

    private bool IsBuiltIn => _run.Data == BuiltInData;

    /// <summary>What was measured, of each direction.</summary>
    private IEnumerable<(Direction Direction, EvaluationReport Report)> Reports => _report is null ? []
        : _run.Kind.Directions.Zip(_report.ImageToSound is { } other ? [_report, other] : new[] { _report });

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
        var card = new ModelCard(saved, report);
        card.Header();
        card.Purpose();
        card.Figures();
        card.Limits();
        return card._text.ToString();
    }

    private void Header()
    {
        Line("---");
        Line($"license: {(IsBuiltIn ? "mit" : "unknown")}");
        Line("library_name: crossmodal");
        Line($"tags: [gan, cross-modal, {string.Join(", ", _run.Kind.Directions.Select(RunNetworks.NameOf))}, audio, onnx]");
        if (_report is not null)
        {
            Line("model-index:");
            Line($"- name: {Quoted(_name)}");
            Line("  results:");
        }

        foreach (var (direction, report) in Reports)
        {
            Line($"  - task: {{type: {RunNetworks.NameOf(direction)}}}");
            Line($"    dataset: {{type: {Quoted(_data)}, name: {Quoted(_data)}, split: validation}}");
            Line("    metrics:");
            Line("    - type: accuracy");
            Line($"      name: generated {direction.Outputs()} that the judge names right");
            Line($"      value: {report.Validation.Accuracy:R}");
        }

        Line("---");
    }

    private void Purpose()
    {
        Line($"\n# {Plain(_name)}\n");
        foreach (var direction in _run.Kind.Directions)
        {
            Line(direction == Direction.SoundToImage
                ? $"Half a second of sound to a picture of who plays, {_run.Model.ImageSize} × {_run.Model.ImageSize} pixels."
                : "A picture of a player to half a second of sound, by way of a spectrogram.");
        }

        Line("Sounds are 22050 samples at 44.1 kHz, mono, full scale 1; pictures are red, green and blue from −1 (black) to 1 (white).");
        Line("Each noise gives another sample.\n");
        var scenario = _run.Kind == RunKind.SoundToImage ? $", scenario {_run.Scenario.ToString().ToLowerInvariant()}" : "";
        Table(
        [
            ("trained by", $"{_run.Kind}, preset {Plain(_run.Preset)}{scenario}, seed {_run.Seed}, version {Plain(_run.Version)}"),
            ("data", IsBuiltIn ? "the built-in set: synthesized sounds and drawn pictures" : Plain(_data)),
            ("classes", string.Join(", ", _run.Classes.Select(Plain))),
            ("networks", $"conditional GAN with {_run.Gan.Loss.Word} loss; {_run.Model.Width} channels next to the picture, a code of "
                + $"{_run.Model.CodeSize} numbers, noise of {_run.Model.NoiseSize}"),
        ]);
    }

    private void Figures()
    {
        Line("\n## Figures\n");
        Line(_report is null ? "It was not measured." : "With 95 % intervals in brackets, where there are several songs to draw again.");
        foreach (var (direction, report) in Reports)
        {
            Line("");
            Table(DirectionMeasurement.Rows(direction, report).Select(row => (Plain(row.Name.Trim()), Plain(row.Value))));
        }
    }

    private void Limits()
    {
        Line("\n## Limits\n");
        Line($"It knows the {_run.Classes.Count} classes above as its data show them: any other sound or picture is taken for whichever");
        Line("of them it resembles.");
        if (IsBuiltIn)
        {
            Line("The data were made by the program that trained it: no recording and no photograph of anybody is in them, and it says");
            Line("nothing about people. Data and weights are under the MIT license.");
        }
        else
        {
            Line("Its data are no part of this card. What they allow to be done with these weights has to be said by whoever gives them");
            Line("on, and written above as the license.");
        }

        Line("The figures are those of a judge that was trained on the same data, and cannot be compared with those of another judge.");
    }

    private void Table(IEnumerable<(string Name, string Value)> rows)
    {
        Line("| | |\n|---|---|");
        foreach (var (name, value) in rows)
            Line(value == "" ? $"| **{name}** | |" : $"| {name} | {value} |");
    }

    private void Line(string text) => _text.Append(text).Append('\n');

    /// <summary>A string of JSON is one of YAML too.</summary>
    private static string Quoted(string text) => JsonValue.Create(text).ToJsonString();

    /// <summary>Text that Markdown takes as it is: names of folders may hold anything.</summary>
    private static string Plain(string text) => string.Concat(Excerpt.OneLine(text)
        .Select(letter => letter is '\\' or '|' or '`' or '*' or '_' or '[' or '<' or '#' ? $"\\{letter}" : $"{letter}"));
}
