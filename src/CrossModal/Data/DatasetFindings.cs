namespace CrossModal.Data;

/// <summary>What a look at a folder brought to light besides the files: errors that forbid its use, warnings, and files left out.</summary>
/// <param name="folder">The data set's folder.</param>
internal sealed class DatasetFindings(string folder)
{
    private readonly SortedDictionary<string, (int Count, string First)> _foreign = new(StringComparer.OrdinalIgnoreCase);

    public string Folder => folder;

    public List<string> Errors { get; } = [];

    public List<string> Warnings { get; } = [];

    public List<SkippedFile> Skipped { get; } = [];

    public void CountForeign(FileInfo file)
    {
        var (count, first) = _foreign.GetValueOrDefault(file.Extension, (0, file.FullName));
        _foreign[file.Extension] = (count + 1, first);
    }

    /// <summary>One warning for each kind of file that was not read.</summary>
    public void WarnOfForeign()
    {
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

        foreach (var split in new[] { Split.Train, Split.Validation })
        {
            var name = split.ToString().ToLowerInvariant();
            if (!sounds.Any(file => file.Split == split) && !images.Any(file => file.Split == split))
            {
                if (classes.Length > 0)
                    Errors.Add($"{folder}: has no {name} split; provide one with songs that are in no other split");
                continue;
            }

            for (var i = 0; i < classes.Length; i++)
            {
                var heard = sounds.Any(file => file.Split == split && file.Class == i);
                var seen = images.Any(file => file.Split == split && file.Class == i);
                if (heard != seen)
                {
                    var found = heard ? "sounds but no images" : "images but no sounds";
                    Errors.Add($"{folder}: class '{classes[i]}' has {found} in {name}; add them or remove the class");
                }
                else if (!heard && split == Split.Train)
                    Errors.Add($"{folder}: class '{classes[i]}' is empty in {name}; add files or remove its folder");
                else if (!heard)
                    Warnings.Add($"{folder}: class '{classes[i]}' is empty in {name}, so nothing is measured on it");
            }
        }
    }
}
