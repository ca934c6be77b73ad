namespace CrossModal.Data;

/// <summary>
/// The layout of Sub-URMP (Chen et al. 2017): <c>img/SPLIT/CLASS/STEM.jpg</c> belongs to <c>chunk/SPLIT/CLASS/STEM.wav</c>. Pairs are made
/// by stem, never by order: mirrors of the data differ in how they sort.
/// </summary>
internal static class StemPairLayout
{
    private static readonly string[] ValidationNames = ["validation", "valid", "val", "test"];

    public static DatasetIndex Examine(string folder, string img, string chunk)
    {
        var findings = new DatasetFindings();
        (Split Split, string? Images, string? Sounds)[] splits =
        [
            (Split.Train, DatasetFolder.Child(img, "train"), DatasetFolder.Child(chunk, "train")),
            (Split.Validation, Validation(img, findings), Validation(chunk, findings)),
        ];
        string[] classes = [.. splits.SelectMany(split => DatasetFolder.Children(split.Images).Concat(DatasetFolder.Children(split.Sounds)))
            .Distinct()
            .Order(StringComparer.Ordinal)];
        var images = new List<DataFile>();
        var sounds = new List<DataFile>();
        var total = 0;
        foreach (var (split, imageFolder, soundFolder) in splits)
        {
            for (var i = 0; i < classes.Length; i++)
            {
                var seen = ByStem(imageFolder, classes[i], DatasetFolder.ImageExtensions, folder, findings);
                var heard = ByStem(soundFolder, classes[i], DatasetFolder.SoundExtensions, folder, findings);
                total += Math.Max(seen.Count, heard.Count);
                Pair(folder, split, i, seen, heard, images, sounds, findings.Skipped);
            }
        }

        DatasetIndex.CheckClasses(folder, classes, sounds, images, findings);
        if (findings.Skipped.Count * DatasetIndex.TolerableOneIn > total)
        {
            var first = string.Join(", ", findings.Skipped.Take(3).Select(skipped => skipped.RelativePath));
            findings.Errors.Insert(0,
                $"{folder}: {findings.Skipped.Count} of {total} files have no partner of the same name, more than 1 % (first {first}); "
                + "complete the pairs or remove what is left over");
        }

        findings.WarnOfForeign(folder);
        DatasetIndex.Sort(sounds);
        var imageOf = images.ToDictionary(file => (file.Split, file.Class, file.Stem));
        return new DatasetIndex(folder, DatasetLayout.StemPairs, classes, sounds,
            [.. sounds.Select(file => imageOf[(file.Split, file.Class, file.Stem)])],
            findings);
    }

    private static string? Validation(string folder, DatasetFindings findings)
    {
        string[] found = [.. ValidationNames.Select(name => DatasetFolder.Child(folder, name)).OfType<string>()];
        if (found.Length > 1)
        {
            var names = string.Join(" and ", found.Select(Path.GetFileName));
            findings.Warnings.Add($"{folder}: has {names}; the first is used for validation, the others are left aside");
        }

        return found.FirstOrDefault();
    }

    private static Dictionary<string,
        FileInfo> ByStem(string? splitFolder, string className, string[] extensions, string folder, DatasetFindings findings)
    {
        var files = new Dictionary<string, FileInfo>(StringComparer.Ordinal);
        var classFolder = splitFolder is null ? null : Path.Combine(splitFolder, className);
        if (classFolder is null || !Directory.Exists(classFolder))
            return files;
        foreach (var file in DatasetFolder.Files(classFolder, extensions, findings))
        {
            var stem = Path.GetFileNameWithoutExtension(file.Name);
            if (!files.TryAdd(stem, file))
            {
                var (first, second) = (files[stem].Name, DatasetFolder.Relative(folder, file.FullName));
                findings.Errors.Add($"{folder}: {second} and {first} have the same name but for the extension, by which pairs are made; "
                    + $"remove one of them");
            }
        }

        return files;
    }

    private static void Pair(
        string folder,
        Split split,
        int classIndex,
        Dictionary<string, FileInfo> seen,
        Dictionary<string, FileInfo> heard,
        List<DataFile> images,
        List<DataFile> sounds,
        List<SkippedFile> skipped)
    {
        var alone = 0;
        foreach (var (stem, image) in seen)
        {
            if (!heard.TryGetValue(stem, out var sound))
            {
                skipped.Add(new SkippedFile(DatasetFolder.Relative(folder, image.FullName), "image without its sound"));
                continue;
            }

            // A name that tells no song makes a song of its own, so that nothing is taken for its neighbor.
            var (song, time) = SongName.Parse(stem) ?? (1_000_000 + alone++, -1);
            images.Add(Describe(folder, image, classIndex, split, stem, song, time));
            sounds.Add(Describe(folder, sound, classIndex, split, stem, song, time));
        }

        foreach (var (stem, sound) in heard)
            if (!seen.ContainsKey(stem))
                skipped.Add(new SkippedFile(DatasetFolder.Relative(folder, sound.FullName), "sound without its image"));
    }

    internal static DataFile Describe(string folder, FileInfo file, int classIndex, Split split, string stem, int song, int time) =>
        new(DatasetFolder.Relative(folder, file.FullName), classIndex, split, stem, song, time, file.Length, file.LastWriteTimeUtc.Ticks);
}
