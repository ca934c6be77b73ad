using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>
/// One folder a class: <c>images/CLASS/*</c> and <c>audio/CLASS/*</c>. Splits come from <c>manifest.csv</c> (columns modality, instrument
/// or class, file, split); without one, about 15 % of the files of each class are drawn for validation, the same ones on every run.
/// </summary>
internal static class ClassFolderLayout
{
    private const double ValidationShare = 0.15;

    /// <summary>Fixed, and not the seed of a run: a run evaluated under another seed must not meet its training files again.</summary>
    private const ulong SplitSeed = 2017;

    /// <summary>A file before its song is known.</summary>
    private sealed record Entry(FileInfo File, string Class, Split? Split);

    public static DatasetIndex Examine(string folder, string imageFolder, string soundFolder)
    {
        var findings = new DatasetFindings();
        var manifest = DatasetManifest.Read(folder, findings);
        string[] classes =
            [.. (manifest?.Select(row => row.Class) ?? DatasetFolder.Children(imageFolder).Concat(DatasetFolder.Children(soundFolder)))
            .Distinct().Order(StringComparer.Ordinal)];
        var images = Collect(folder, imageFolder, DatasetFolder.ImageExtensions, classes, manifest?.Where(row => row.IsImage).ToList(), 0,
            findings);
        var sounds = Collect(folder, soundFolder, DatasetFolder.SoundExtensions, classes, manifest?.Where(row => !row.IsImage).ToList(), 1,
            findings);
        DatasetIndex.CheckClasses(folder, classes, sounds, images, findings);
        if (manifest is not null && findings.Skipped.Count * DatasetIndex.TolerableOneIn > manifest.Count)
        {
            var first = string.Join(", ", findings.Skipped.Take(3).Select(skipped => skipped.RelativePath));
            findings.Errors.Insert(0,
                $"{folder}: {findings.Skipped.Count} of {manifest.Count} files in manifest.csv are missing, more than 1 % "
                + $"(first {first}); restore them or correct the manifest");
        }

        findings.WarnOfForeign(folder);
        return new DatasetIndex(folder, DatasetLayout.ClassFolders, classes, sounds, images, findings);
    }

    private static List<DataFile> Collect(
        string folder, string mediaFolder, string[] extensions, string[] classes, List<ManifestRow>? manifest, ulong modality,
            DatasetFindings findings)
    {
        var entries = new List<Entry>();
        foreach (var name in DatasetFolder.Children(mediaFolder))
            entries.AddRange(DatasetFolder.Files(Path.Combine(mediaFolder, name), extensions, findings)
                .Select(file => new Entry(file, name, null)));
        if (manifest is not null)
            entries = Listed(folder, entries, manifest, findings);

        var files = new List<DataFile>();
        for (var i = 0; i < classes.Length; i++)
        {
            Entry[] members = [.. entries.Where(entry => entry.Class == classes[i])];
            string[] songs = [.. members.Select(SongOf).Distinct()];
            var numbers = Enumerable.Range(0, songs.Length).ToDictionary(number => songs[number], StringComparer.Ordinal);
            var drawn = manifest is null && members.Length > 0
                ? DrawValidation(folder, classes[i], songs.Length, new CountedRandom(SplitSeed, (ulong)i * 2 + modality), findings)
                : [];
            foreach (var member in members)
            {
                var stem = Path.GetFileNameWithoutExtension(member.File.Name);
                var song = numbers[SongOf(member)];
                var split = member.Split ?? (drawn.Contains(song) ? Split.Validation : Split.Train);
                files.Add(StemPairLayout.Describe(folder, member.File, i, split, stem, song, SongName.Parse(stem)?.Milliseconds ?? -1));
            }
        }

        DatasetIndex.Sort(files);
        return files;
    }

    /// <summary>
    /// Files named like windows of one song stay on one side of the split: neighboring windows are nearly the same sound.
    /// </summary>
    private static string SongOf(Entry entry)
    {
        var stem = Path.GetFileNameWithoutExtension(entry.File.Name);
        return SongName.Parse(stem) is null ? entry.File.Name : stem[..stem.LastIndexOf('_')];
    }

    private static HashSet<int> DrawValidation(string folder, string className, int songs, CountedRandom random, DatasetFindings findings)
    {
        if (songs < 2)
        {
            findings.Errors.Add($"{folder}: class '{className}' has one recording or image only, so none is left for validation; add "
                + $"files, or a manifest.csv");
            return [];
        }

        int[] order = [.. Enumerable.Range(0, songs)];
        random.Shuffle<int>(order);
        return [.. order[..Math.Max(1, (int)Math.Round(songs * ValidationShare))]];
    }

    private static List<Entry> Listed(string folder, List<Entry> found, List<ManifestRow> manifest, DatasetFindings findings)
    {
        var listed = new List<Entry>();
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in manifest)
        {
            var file = new FileInfo(Path.Combine(folder, row.File));
            if (!paths.Add(file.FullName))
                findings.Errors.Add(
                    $"{Path.Combine(folder, "manifest.csv")}: line {row.Line} names {row.File} a second time; remove one of the lines");
            else if (!file.Exists)
                findings.Skipped.Add(new SkippedFile(row.File, $"missing, though manifest.csv names it in line {row.Line}"));
            else if (row.Split is { } split)
                listed.Add(new Entry(file, row.Class, split));
        }

        Entry[] unlisted = [.. found.Where(entry => !paths.Contains(entry.File.FullName))];
        if (unlisted.Length > 0)
        {
            var first = DatasetFolder.Relative(folder, unlisted[0].File.FullName);
            findings.Warnings.Add($"{folder}: files that are not in manifest.csv are left out, {unlisted.Length} in all (first {first})");
        }

        return listed;
    }
}
