using System.Text;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>One line of <c>manifest.csv</c>; <see cref="Split"/> is null for a test set left aside.</summary>
internal sealed record ManifestRow(int Line, bool IsImage, string Class, string File, Split? Split);

/// <summary>Reads <c>manifest.csv</c>: comma-separated with a header line, fields quoted where they hold commas (RFC 4180).</summary>
internal static class DatasetManifest
{
    private const string Name = "manifest.csv", Needed = "the columns modality, instrument, file and split are needed";

    /// <summary>Letters that a line may have, and bytes that the file may.</summary>
    private const int LongestLine = 1 << 16;
    private const long Largest = 4L << 30;

    /// <summary>A line, and whether it is of a test set.</summary>
    private readonly record struct Entry(ManifestRow Row, bool IsTest);

    /// <summary>The rows; null where the folder has no manifest.</summary>
    /// <exception cref="BadInputException">It lacks a column, or a line makes no sense.</exception>
    public static List<ManifestRow>? Read(string folder, DatasetFindings findings)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path))
            return null;
        using var lines = Lines(path).GetEnumerator();
        if (!lines.MoveNext())
            throw new BadInputException($"{path}: is empty; write the columns modality, instrument, file and split, or remove it");
        var columns = new Columns(path, [.. lines.Current.Fields.Select(field => field.Trim().ToLowerInvariant())]);
        var entries = new List<Entry>();
        while (lines.MoveNext())
            entries.Add(columns.Entry(lines.Current.Number, lines.Current.Fields));

        var testAside = entries.Any(entry => entry.IsTest) && entries.Any(entry => !entry.IsTest && entry.Row.Split == Split.Validation);
        if (testAside)
            findings.Warnings.Add($"{path}: has a validation and a test split; validation is used, test is left aside");
        return [.. entries.Select(entry => testAside && entry.IsTest ? entry.Row with { Split = null } : entry.Row)];
    }

    /// <summary>Where the columns are.</summary>
    private sealed class Columns
    {
        private readonly Dictionary<string, string> _classes = new(StringComparer.Ordinal);
        private readonly string _path;
        private readonly int _count, _modality, _file, _split, _label;

        public Columns(string path, string[] header)
        {
            (_path, _count) = (path, header.Length);
            (_modality, _file, _split) = (Column("modality"), Column("file"), Column("split"));
            _label = Math.Max(Array.IndexOf(header, "instrument"), Array.IndexOf(header, "class"));
            if (_label < 0)
                Column("instrument");

            int Column(string name) => Array.IndexOf(header, name) is >= 0 and var at ? at
                : throw new BadInputException($"{path}: has no column '{name}' (it has "
                    + $"{Excerpt.Of(string.Join(", ", header.Take(8)), 200)}); {Needed}");
        }

        public Entry Entry(int number, List<string> fields)
        {
            if (fields.Count != _count)
                throw Refuse(number, $"has {fields.Count} fields and the header {_count}; quote fields that hold commas");
            var isImage = fields[_modality].Trim().ToLowerInvariant() switch
            {
                "image" or "img" or "picture" => true,
                "audio" or "sound" => false,
                var other => throw Refuse(number, $"has modality '{Excerpt.Of(other)}'; write audio or image"),
            };
            var (use, isTest) = fields[_split].Trim().ToLowerInvariant() switch
            {
                "train" or "training" => (Split.Train, false),
                "validation" or "valid" or "val" => (Split.Validation, false),
                "test" => (Split.Validation, true),
                var other => throw Refuse(number, $"has split '{Excerpt.Of(other)}'; write train, test or validation"),
            };
            var (label, file) = (fields[_label].Trim(), fields[_file].Trim().Replace('\\', '/'));
            if (label.Length == 0 || file.Length == 0)
                throw Refuse(number, "has no instrument or no file; fill it in or remove the line");
            if (!_classes.TryGetValue(label, out var known))
                _classes.Add(label, known = label);
            return new Entry(new ManifestRow(number, isImage, known, Inside(number, file), use), isTest);
        }

        /// <summary>
        /// What a manifest names is read, and shown to whoever rates pictures: it must not name what its author could not see.
        /// </summary>
        private string Inside(int number, string name)
        {
            if (name.Contains('\0') || Path.IsPathRooted(name) || name.Contains(':') && OperatingSystem.IsWindows())
                throw Refuse(number, $"names {Excerpt.Of(name, 200)}, which is no path inside of the data set; copy or link the file into "
                     + "its folder and name it from there");
            if (name.Split('/').Contains(".."))
                throw Refuse(number, $"names {Excerpt.Of(name, 200)}, which may lead out of the data set; copy or link the file into its "
                    + "folder and name it without ..");
            return name;
        }

        private BadInputException Refuse(int number, string what) => new($"{_path}: line {number} {what}");
    }

    /// <summary>Lines with their number in the file; empty lines are left out.</summary>
    private static IEnumerable<(int Number, List<string> Fields)> Lines(string path)
    {
        using var reader = new StreamReader(BoundedFile.Open(path, Largest, "manifest", $"{Needed}, or remove it"));
        var fields = new List<string>();
        var field = new StringBuilder();
        int number = 1, begun = 1, length = 0;
        var quoted = false;
        for (var ended = false; !ended;)
        {
            var read = reader.Read();
            ended = read < 0;
            var letter = ended ? '\n' : (char)read;
            if (letter == '\n')
                number++;
            if (++length > LongestLine)
                throw new BadInputException($"{path}: line {begun} has more than {LongestLine} letters ({Excerpt.Of($"{field}", 40)}); "
                    + "close the quote that was opened there, or write a line for each file");
            if (quoted)
            {
                if (ended)
                    throw new BadInputException($"{path}: a quote opened in line {begun} is never closed; close it");
                if (letter != '"')
                    field.Append(letter);
                else if (reader.Peek() == '"')
                    field.Append((char)reader.Read());
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
                    yield return (begun, fields);
                (fields, begun, length) = ([], number, 0);
            }
            else
                field.Append(letter);
        }
    }
}
