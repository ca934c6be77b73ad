using System.Text;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>One line of <c>manifest.csv</c>; <see cref="Split"/> is null for a test set left aside.</summary>
internal sealed record ManifestRow(int Line, bool IsImage, string Class, string File, Split? Split);

/// <summary>Reads <c>manifest.csv</c>: comma-separated with a header line, fields quoted where they hold commas (RFC 4180).</summary>
internal static class DatasetManifest
{
    private const string Name = "manifest.csv";

    /// <summary>The rows; null where the folder has no manifest.</summary>
    /// <exception cref="BadInputException">It lacks a column, or a line makes no sense.</exception>
    public static List<ManifestRow>? Read(string folder, DatasetFindings findings)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path))
            return null;
        var lines = Parse(SourceFile.Read(path, "manifest", stream => new StreamReader(stream).ReadToEnd()), path);
        if (lines.Count == 0)
            throw new BadInputException($"{path}: is empty; write the columns modality, instrument, file and split, or remove it");
        string[] header = [.. lines[0].Fields.Select(field => field.Trim().ToLowerInvariant())];
        int modality = Column("modality"), file = Column("file"), split = Column("split");
        var label = Math.Max(Array.IndexOf(header, "instrument"), Array.IndexOf(header, "class"));
        if (label < 0)
            Column("instrument");

        var splits = lines.Skip(1).Where(line => line.Fields.Count > split).Select(line => line.Fields[split].Trim().ToLowerInvariant())
            .ToHashSet();
        var testAside = splits.Contains("test") && splits.Overlaps(["validation", "valid", "val"]);
        if (testAside)
            findings.Warnings.Add($"{path}: has a validation and a test split; validation is used, test is left aside");
        return [.. lines.Skip(1).Select(line => Row(line.Number, line.Fields))];

        int Column(string name) => Array.IndexOf(header, name) is >= 0 and var at ? at
            : throw new BadInputException(
                $"{path}: has no column '{name}' (it has {string.Join(", ", header.Take(8))}); the columns modality, instrument, file and "
                    + $"split are needed");

        ManifestRow Row(int number, List<string> fields)
        {
            if (fields.Count != header.Length)
                throw new BadInputException(
                    $"{path}: line {number} has {fields.Count} fields and the header {header.Length}; quote fields that hold commas");
            var isImage = fields[modality].Trim().ToLowerInvariant() switch
            {
                "image" or "img" or "picture" => true,
                "audio" or "sound" => false,
                var other => throw new BadInputException($"{path}: line {number} has modality '{other}'; write audio or image"),
            };
            Split? use = fields[split].Trim().ToLowerInvariant() switch
            {
                "train" or "training" => Split.Train,
                "validation" or "valid" or "val" => Split.Validation,
                "test" => testAside ? null : Split.Validation,
                var other => throw new BadInputException($"{path}: line {number} has split '{other}'; write train, test or validation"),
            };
            if (fields[label].Trim().Length == 0 || fields[file].Trim().Length == 0)
                throw new BadInputException($"{path}: line {number} has no instrument or no file; fill it in or remove the line");
            return new ManifestRow(number, isImage, fields[label].Trim(), Inside(number, fields[file].Trim().Replace('\\', '/')), use);
        }

        // What a manifest names is read, and shown to whoever rates pictures: it must not name what its author could not see.
        string Inside(int number, string name)
        {
            if (name.Contains('\0') || Path.IsPathRooted(name) || name.Contains(':') && OperatingSystem.IsWindows())
                throw new BadInputException($"{path}: line {number} names {name}, which is no path inside of the data set; copy or link "
                    + "the file into its folder and name it from there");
            if (name.Split('/').Contains(".."))
                throw new BadInputException($"{path}: line {number} names {name}, which may lead out of the data set; copy or link the "
                    + "file into its folder and name it without ..");
            return name;
        }
    }

    /// <summary>Lines with their number in the file; empty lines are left out.</summary>
    private static List<(int Number, List<string> Fields)> Parse(string text, string path)
    {
        var lines = new List<(int, List<string>)>();
        var fields = new List<string>();
        var field = new StringBuilder();
        int number = 1, begun = 1;
        var quoted = false;
        for (var i = 0; i <= text.Length; i++)
        {
            var letter = i < text.Length ? text[i] : '\n';
            if (letter == '\n')
                number++;
            if (quoted)
            {
                if (i == text.Length)
                    throw new BadInputException($"{path}: a quote opened in line {begun} is never closed; close it");
                if (letter != '"')
                    field.Append(letter);
                else if (i + 1 < text.Length && text[i + 1] == '"')
                    field.Append(text[i++]);
                else
                    quoted = false;
            }
            else if (letter == '"' && field.Length == 0)
                quoted = true;
            else if (letter is ',' or '\n')
            {
                fields.Add(field.ToString().TrimEnd('\r'));
                field.Clear();
                if (letter == ',')
                    continue;
                if (fields.Count > 1 || fields[0].Length > 0)
                    lines.Add((begun, fields));
                (fields, begun) = ([], number);
            }
            else
                field.Append(letter);
        }

        return lines;
    }
}
