namespace CrossModal.Data;

/// <summary>What a look at a folder brought to light besides the files: errors that forbid its use, warnings, and files left out.</summary>
/// <param name="folder">The data set's folder.</param>
internal sealed class DatasetFindings(string folder)
{
    /// <summary>Names that are compared with each other.</summary>
    private const int MostCompared = 1000;

    private readonly SortedDictionary<string, (int Count, string First)> _foreign = new(StringComparer.OrdinalIgnoreCase);
    private (int Count, string First) _nested, _outside;
    private string? _root;

    public string Folder => folder;

    public List<string> Errors { get; } = [];

    public List<string> Warnings { get; } = [];

    public List<SkippedFile> Skipped { get; } = [];

    /// <summary>How files were told apart into training and validation, for a report.</summary>
    public string SplitRule { get; set; } = "";

    public void CountForeign(FileInfo file)
    {
        var (count, first) = _foreign.GetValueOrDefault(file.Extension, (0, file.FullName));
        _foreign[file.Extension] = (count + 1, first);
    }

    /// <summary>Notes a folder where files are expected.</summary>
    public void CountNested(DirectoryInfo nested) => _nested = (_nested.Count + 1, _nested.First ?? nested.FullName);

    /// <summary>Notes a link where it leads out of the data set.</summary>
    public void CountLink(FileInfo link)
    {
        _root ??= Path.TrimEndingDirectorySeparator(new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName
            ?? Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        if (link.ResolveLinkTarget(returnFinalTarget: true) is { } target && !target.FullName.StartsWith(_root, StringComparison.Ordinal))
            _outside = (_outside.Count + 1, _outside.First ?? $"{DatasetFolder.Relative(folder, link.FullName)} to {target.FullName}");
    }

    /// <summary>One warning for each kind of what was not read, and one for what lies elsewhere.</summary>
    public void WarnOfForeign()
    {
        if (_outside.Count > 0)
            Warnings.Add($"{folder}: files are links to files outside of the data set, {_outside.Count} in all (first {_outside.First})");
        if (_nested.Count > 0)
            Warnings.Add($"{folder}: folders inside of the folders of classes are not read, {_nested.Count} in all (first "
                + $"{DatasetFolder.Relative(folder, _nested.First)}); move their files up");
        foreach (var (extension, (count, first)) in _foreign)
        {
            var kind = extension.Length > 0 ? $"'{extension}'" : "without extension";
            Warnings.Add($"{folder}: files {kind} are not read, {count} in all (first {DatasetFolder.Relative(folder, first)}); "
                + "sounds are WAV, images JPEG, PNG, WebP or BMP");
        }
    }

    /// <summary>Forbids the use of a data set of which more than 1 % was skipped.</summary>
    /// <param name="total">Files in all.</param>
    /// <param name="what">What the skipped ones are: "are missing".</param>
    /// <param name="remedy">What to do about it.</param>
    public void LimitSkipped(int total, string what, string remedy)
    {
        if (Skipped.Count * DatasetIndex.TolerableOneIn <= total)
            return;
        var first = string.Join(", ", Skipped.Take(3).Select(skipped => skipped.RelativePath));
        Errors.Insert(0, $"{folder}: {Skipped.Count} of {total} files {what}, more than 1 % (first {first}); {remedy}");
    }

    /// <summary>Notes classes that cannot be learned: in one modality only, or without files.</summary>
    public void CheckClasses(string[] classes, List<DataFile> sounds, List<DataFile> images)
    {
        if (classes.Length < 2)
        {
            var found = classes.Length == 0 ? "no classes" : $"the one class '{classes[0]}'";
            Errors.Add($"{folder}: has {found}; put sounds and images of at least two instruments there");
        }

        CheckForms(classes);
        foreach (var split in new[] { Split.Train, Split.Validation })
        {
            var name = split.ToString().ToLowerInvariant();
            var (heard, seen) = (Present(sounds, split, classes.Length), Present(images, split, classes.Length));
            if (!heard.Contains(true) && !seen.Contains(true))
            {
                if (classes.Length > 0)
                    Errors.Add($"{folder}: has no {name} split; provide one with songs that are in no other split");
                continue;
            }

            for (var i = 0; i < classes.Length; i++)
            {
                if (heard[i] != seen[i])
                {
                    var found = heard[i] ? "sounds but no images" : "images but no sounds";
                    Errors.Add($"{folder}: class '{classes[i]}' has {found} in {name}; add them or remove the class");
                }
                else if (!heard[i] && split == Split.Train)
                    Errors.Add($"{folder}: class '{classes[i]}' is empty in {name}; add files or remove its folder");
                else if (!heard[i])
                    Warnings.Add($"{folder}: class '{classes[i]}' is empty in {name}, so nothing is measured on it");
            }
        }
    }

    private static bool[] Present(List<DataFile> files, Split split, int classes)
    {
        var present = new bool[classes];
        foreach (var file in files)
            present[file.Class] |= file.Split == split;
        return present;
    }

    /// <summary>Classes whose names nobody can tell apart on a screen.</summary>
    private void CheckForms(string[] classes)
    {
        string[] marked = [.. classes.Where(UnicodeForm.HasMarks).Take(MostCompared)];
        for (var i = 0; i < marked.Length; i++)
        {
            foreach (var other in marked.AsSpan(i + 1))
            {
                if (UnicodeForm.LooksAs(marked[i], other))
                    Errors.Add($"{folder}: the classes {UnicodeForm.Spelled(marked[i])} and {UnicodeForm.Spelled(other)} look alike "
                        + "and differ in their Unicode form; name their folders in the same form");
            }
        }
    }
}
